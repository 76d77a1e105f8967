using Mesh.Kafka.Events;

namespace Mesh.Training.Pools;

/// <summary>What a job asks for; what it does not say is decided by the pool.</summary>
public sealed record JobNeeds
{
    /// <summary>Class of accelerator, with <c>*</c> at the end for all that begin so; empty when the job names a pool or does not mind.</summary>
    public string Accelerator { get; init; } = "";

    /// <summary>Accelerators; 0 for the pool's default.</summary>
    public int Accelerators { get; init; }

    /// <summary>Cores; 0 for the pool's default.</summary>
    public double Cores { get; init; }

    /// <summary>Bytes of memory; 0 for the pool's default.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Longest run of one attempt in seconds; 0 for the server's limit.</summary>
    public long MaxSeconds { get; init; }

    /// <summary>Whether machines that may be taken away will not do.</summary>
    public bool OnDemandOnly { get; init; }

    /// <summary>What a request asks for.</summary>
    public static JobNeeds Of(JobRequested request) => new()
    {
        Accelerator = request.Accelerator,
        Accelerators = request.Accelerators,
        Cores = request.Cores,
        MemoryBytes = request.MemoryBytes,
        MaxSeconds = request.MaxSeconds,
        OnDemandOnly = request.OnDemandOnly,
    };
}
