namespace Mesh.Training.Tracking;

/// <summary>One value of a metric.</summary>
/// <param name="Key">Name of the metric.</param>
/// <param name="Value">Value; NaN and the infinities are values too.</param>
/// <param name="Step">Step it belongs to: the trainer's step, else its epoch, else 0.</param>
/// <param name="Time">When it was measured; null when the trainer did not say.</param>
/// <param name="Epoch">Epoch it belongs to; null when the trainer did not say.</param>
public readonly record struct MetricPoint(string Key, double Value, long Step, DateTimeOffset? Time, long? Epoch = null);
