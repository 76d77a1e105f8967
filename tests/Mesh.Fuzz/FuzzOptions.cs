namespace Mesh.Fuzz;

/// <summary>How long inputs are tried, and what one of them may cost.</summary>
public sealed record FuzzOptions
{
    /// <summary>Chooses the mutations (default: 1). Same seed, same corpus, same inputs.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>First input (default: 0).</summary>
    public int First { get; init; }

    /// <summary>Inputs at most (default: no limit).</summary>
    public int MaxInputs { get; init; } = int.MaxValue;

    /// <summary>After which no further input is begun (default: no limit).</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.MaxValue;

    /// <summary>Processor time after which an input counts as a hang (default: 20 s). Wall-clock time says little on a busy machine.</summary>
    public TimeSpan MaxCpu { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Time after which an input counts as a hang even if it does nothing (default: 5 minutes).</summary>
    public TimeSpan MaxWall { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Managed bytes that all readings of one input together may allocate (default: 512 MiB).</summary>
    public long MaxAllocatedBytes { get; init; } = 512L << 20;

    /// <summary>Where inputs that fail are written; null for nowhere.</summary>
    public string? FindingsFolder { get; init; }
}
