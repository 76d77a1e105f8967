using Mesh.Simulation.Vehicle;

namespace Mesh.Simulation;

/// <summary>
/// How a sensor's times relate to true time <c>t</c> of a sample. Header stamp: <c>t + OffsetNs + DriftPpm/10⁶ · (t − start)</c>, and where the clock
/// has such faults, its step and the integral of its wander. Publish time: <c>t + 0.4 · LatencyNs</c>, true. Log time:
/// <c>t + LatencyNs + jitter</c>, true, never before the channel's previous one.
/// </summary>
/// <param name="LatencyNs">From sample to recorder without jitter, nanoseconds.</param>
/// <param name="JitterNs">Standard deviation of the delay's half-normal jitter, nanoseconds.</param>
/// <param name="OffsetNs">The sensor's clock ahead of true time at the start, nanoseconds.</param>
/// <param name="DriftPpm">How much faster the sensor's clock runs, parts per million.</param>
public sealed record SensorClock(long LatencyNs, long JitterNs, long OffsetNs, double DriftPpm)
{
    private const double TwoPi = 6.28318530717958647693;

    /// <summary>By how much the clock steps forward, nanoseconds (default: 0, it does not).</summary>
    public long JumpNs { get; init; }

    /// <summary>When it steps, nanoseconds after the start.</summary>
    public long JumpAfterNs { get; init; }

    /// <summary>Amplitude of a rate that swings as a cosine of time, parts per million (default: 0, it does not).</summary>
    public double WanderPpm { get; init; }

    /// <summary>Period of the swing, nanoseconds.</summary>
    public long WanderPeriodNs { get; init; } = 60_000_000_000;

    /// <summary>What the sensor's clock shows at a true time.</summary>
    public long StampNs(long timeNs, long startNs)
    {
        long since = timeNs - startNs;
        long stamp = timeNs + OffsetNs + (long)Math.Round(since * DriftPpm * 1e-6);
        if (JumpNs != 0 && since >= JumpAfterNs) stamp += JumpNs;
        if (WanderPpm == 0) return stamp;
        var (sin, _) = ExactMath.SinCos(TwoPi * (since % WanderPeriodNs) / WanderPeriodNs);
        return stamp + (long)Math.Round(WanderPpm * 1e-6 * WanderPeriodNs / TwoPi * sin);
    }
}
