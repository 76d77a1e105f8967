namespace Mesh.Training.Tracking.Layout;

/// <summary>Limits that keep a hostile folder from taking the process down.</summary>
public sealed record LayoutLimits
{
    /// <summary>Largest <c>meta.yaml</c>, parameter or tag, in bytes (default: 256 KiB).</summary>
    public long MaxTextBytes { get; init; } = 256 << 10;

    /// <summary>Largest file of a metric's values, in bytes (default: 64 MiB).</summary>
    public long MaxMetricBytes { get; init; } = 64 << 20;

    /// <summary>Most files below one folder of a run (default: 100,000).</summary>
    public int MaxFiles { get; init; } = 100_000;

    /// <summary>Deepest folders below a run (default: 32).</summary>
    public int MaxDepth { get; init; } = 32;
}
