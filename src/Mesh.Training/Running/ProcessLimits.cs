namespace Mesh.Training.Running;

/// <summary>What a trainer and all that it starts may use.</summary>
internal sealed record ProcessLimits
{
    /// <summary>Numbers of the CPUs it runs on; empty for all.</summary>
    public IReadOnlyList<int> Cpus { get; init; } = [];

    /// <summary>Bytes of memory; null for no limit.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>How the limits are held, for the job's log; null when there are none.</summary>
    public string? Describe() => (Cpus.Count, MemoryBytes) switch
    {
        (0, null) => null,
        (0, { } bytes) => $"memory {bytes:N0} bytes, by watching the resident memory of its processes",
        (_, null) => $"CPUs {string.Join(',', Cpus)}, by affinity",
        (_, { } bytes) => $"CPUs {string.Join(',', Cpus)}, by affinity; memory {bytes:N0} bytes, by watching the resident memory of its processes",
    };
}
