namespace Mesh.Training.Tracking;

/// <summary>What <see cref="MetricsFollower"/> read at once.</summary>
/// <param name="Points">Values, in the order of the file.</param>
/// <param name="Offset">Bytes of the file that are accounted for: where to go on reading.</param>
public readonly record struct MetricsBatch(IReadOnlyList<MetricPoint> Points, long Offset);
