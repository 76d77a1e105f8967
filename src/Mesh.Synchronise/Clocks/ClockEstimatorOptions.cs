namespace Mesh.Synchronise.Clocks;

/// <summary>When a clock is not estimated.</summary>
public sealed record ClockEstimatorOptions
{
    /// <summary>Fewest messages (default: 30).</summary>
    public int MinSamples { get; init; } = 30;

    /// <summary>Shortest time between first and last message, nanoseconds (default: 5 s).</summary>
    public long MinSpanNs { get; init; } = 5_000_000_000;

    /// <summary>Largest drift believed, parts per million (default: 500); beyond it stamps are of another unit or scale.</summary>
    public double MaxDriftPpm { get; init; } = 500;

    /// <summary>Widest uncertainty of the drift, parts per million (default: 50).</summary>
    public double MaxDriftErrorPpm { get; init; } = 50;

    /// <summary>Widest half width of the band that is of use, nanoseconds (default: none).</summary>
    public long? MaxHalfWidthNs { get; init; }
}
