namespace Mesh.Streaming.Topologies;

/// <summary>The section <c>limits</c>: what one worker of a topology may use.</summary>
/// <param name="MemoryBytes">Bytes of recordings and batches held at a time over all uploads (default: 512 MiB).</param>
/// <param name="Parallelism">Uploads worked on at a time (default: 2).</param>
public sealed record LimitsSection(long MemoryBytes = 512L << 20, int Parallelism = 2)
{
    private const long LeastMemory = 64L << 20;
    private const int MostParallelism = 256;

    /// <summary>Reads the section; what is wrong is added to the topology's errors.</summary>
    public static LimitsSection Read(Topology topology)
    {
        var limits = new LimitsSection();
        if (topology.Section("limits") is not { } section) return limits;
        section.AllowKeys("memory", "parallelism");
        long memory = section.GetBytes("memory", limits.MemoryBytes);
        long parallelism = section.GetInteger("parallelism", limits.Parallelism);
        if (memory < LeastMemory)
        {
            section.Get("memory")!.Report("limits.memory must be at least 64MiB: a chunk of a recording and its rows have to fit.");
            memory = limits.MemoryBytes;
        }

        if (parallelism is < 1 or > MostParallelism)
        {
            section.Get("parallelism")!.Report($"limits.parallelism must be from 1 to {MostParallelism}.");
            parallelism = limits.Parallelism;
        }

        return new LimitsSection(memory, (int)parallelism);
    }
}
