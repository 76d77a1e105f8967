namespace Mesh.Simulation;

/// <summary>
/// How a sensor's times relate to true time <c>t</c> of a sample. Header stamp: <c>t + OffsetNs + DriftPpm/10⁶ · (t − start)</c>.
/// Publish time: <c>t + 0.4 · LatencyNs</c>, true. Log time: <c>t + LatencyNs + jitter</c>, true, never before the channel's previous one.
/// </summary>
/// <param name="LatencyNs">From sample to recorder without jitter, nanoseconds.</param>
/// <param name="JitterNs">Standard deviation of the delay's half-normal jitter, nanoseconds.</param>
/// <param name="OffsetNs">The sensor's clock ahead of true time at the start, nanoseconds.</param>
/// <param name="DriftPpm">How much faster the sensor's clock runs, parts per million.</param>
public sealed record SensorClock(long LatencyNs, long JitterNs, long OffsetNs, double DriftPpm)
{
    /// <summary>What the sensor's clock shows at a true time.</summary>
    public long StampNs(long timeNs, long startNs) => timeNs + OffsetNs + (long)Math.Round((timeNs - startNs) * DriftPpm * 1e-6);
}
