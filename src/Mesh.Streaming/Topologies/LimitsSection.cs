namespace Mesh.Streaming.Topologies;

/// <summary>The section <c>limits</c>: what one worker of a topology may use.</summary>
/// <param name="MemoryBytes">Bytes of recordings and batches held at a time over all uploads (default: 512 MiB).</param>
/// <param name="Parallelism">Uploads worked on at a time (default: 2).</param>
/// <param name="LargeUploadBytes">Size from which a recording counts as large and leaves one place to the others (default: 4 GiB).</param>
/// <param name="MaxMessageBytes">Largest message of a recording (default: 128 MiB, at most 255 MiB); a longer one is a dead letter.</param>
public sealed record LimitsSection(long MemoryBytes = 512L << 20, int Parallelism = 2, long LargeUploadBytes = 4L << 30, long MaxMessageBytes = 128L << 20)
{
    private const long LeastMemory = 64L << 20;
    private const int MostParallelism = 256;

    // A value is a page of a data file, and no page may have more than 256 MiB.
    private const long MostMessage = 255L << 20;

    /// <summary>Reads the section; what is wrong is added to the topology's errors.</summary>
    public static LimitsSection Read(Topology topology)
    {
        var limits = new LimitsSection();
        if (topology.Section("limits") is not { } section) return limits;
        section.AllowKeys("memory", "parallelism", "largeUpload", "maxMessage");
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

        long largeUpload = section.GetBytes("largeUpload", limits.LargeUploadBytes);
        if (largeUpload < 1)
        {
            section.Get("largeUpload")!.Report("limits.largeUpload must be at least one byte.");
            largeUpload = limits.LargeUploadBytes;
        }

        long maxMessage = section.GetBytes("maxMessage", limits.MaxMessageBytes);
        if (maxMessage is < 1 or > MostMessage)
        {
            section.Get("maxMessage")!.Report("limits.maxMessage must be from one byte to 255MiB, which is what a page of a data file holds.");
            maxMessage = limits.MaxMessageBytes;
        }

        return new LimitsSection(memory, (int)parallelism, largeUpload, maxMessage);
    }
}
