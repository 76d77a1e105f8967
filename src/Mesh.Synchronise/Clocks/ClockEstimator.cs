using System.Globalization;

namespace Mesh.Synchronise.Clocks;

/// <summary>
/// Estimates how a device's clock relates to the host's from device and receive stamps, whose delay is one-sided and unknown. Pure; deterministic;
/// whatever the stamps are, the answer is a model or a refusal.
/// </summary>
public static class ClockEstimator
{
    private const long MinQuantumNs = 1_000_000;
    private const double FewNearLeast = 0.6;

    /// <summary>Estimates from stamps in message order.</summary>
    /// <param name="deviceNs">The sensor's own stamps, nanoseconds.</param>
    /// <param name="receiveNs">When the host received them, nanoseconds; as many.</param>
    /// <param name="pairs">Instants known on both clocks; empty when there are none.</param>
    /// <param name="options">Limits.</param>
    public static ClockModel Estimate(
        ReadOnlySpan<long> deviceNs, ReadOnlySpan<long> receiveNs, ReadOnlySpan<ClockPair> pairs = default, ClockEstimatorOptions? options = null)
    {
        if (deviceNs.Length != receiveNs.Length) throw new ArgumentException("There must be as many receive stamps as device stamps.", nameof(receiveNs));
        var stamps = new StampReservoir();
        for (int i = 0; i < deviceNs.Length; i++) stamps.Add(deviceNs[i], receiveNs[i]);
        return Estimate(stamps, pairs, options);
    }

    /// <summary>Estimates from pairs alone, in order.</summary>
    public static ClockModel EstimateFromPairs(IReadOnlyList<ClockPair> pairs) => PairLines.Model(pairs);

    /// <summary>Estimates from what a reservoir has kept.</summary>
    public static ClockModel Estimate(StampReservoir reservoir, ReadOnlySpan<ClockPair> pairs = default, ClockEstimatorOptions? options = null)
    {
        options ??= new ClockEstimatorOptions();
        long samples = reservoir.Added;
        if (samples - reservoir.BeyondRange < options.MinSamples)
        {
            return ClockModel.Refused("MESH3201", Text($"{samples - reservoir.BeyondRange} usable stamps are too few; at least {options.MinSamples} are needed."), samples);
        }

        if (reservoir.BeyondRange * 100 > samples)
        {
            return ClockModel.Refused("MESH3209", Text($"{reservoir.BeyondRange} of {samples} stamps lie beyond 2^62 ns, where no clock is."), samples);
        }

        if (reservoir.Repeated * 5 > samples)
        {
            return ClockModel.Refused("MESH3203", Text($"{reservoir.Repeated} of {samples} stamps repeat the one before: the stamp does not tell the time of the message."), samples);
        }

        var stamps = reservoir.ToSeries();
        double span = stamps.Receive.Max() - (double)stamps.Receive.Min();
        if (span < options.MinSpanNs)
        {
            return ClockModel.Refused("MESH3202", Text($"{span / 1e9:0.0} s are too short; at least {options.MinSpanNs / 1e9:0.#} s are needed."), samples);
        }

        double coarse = StampSeries.CoarseSlope(stamps.X, stamps.Y);
        if (Math.Abs(coarse) * 1e6 > options.MaxDriftPpm) return RefuseDrift(coarse, options, samples);
        return FitLines(reservoir, stamps, coarse, span, pairs, options);
    }

    private static ClockModel FitLines(
        StampReservoir reservoir, StampSeries stamps, double coarse, double span, ReadOnlySpan<ClockPair> pairs, ClockEstimatorOptions options)
    {
        long samples = reservoir.Added;
        long quantum = Quantum(stamps.Receive);
        var hull = JumpHull.Fit(stamps, coarse, quantum);
        var line = hull.Line;
        if (line.Cuts.Length > Math.Max(1, span / 60e9))
        {
            return ClockModel.Refused("MESH3208", Text($"{line.Cuts.Length} steps in {span / 1e9:0} s are more than one a minute: this is no clock that steps now and then."), samples);
        }

        if ((reservoir.Decreasing - line.Cuts.Length) * 100 > samples)
        {
            return ClockModel.Refused("MESH3204", Text($"{reservoir.Decreasing} of {samples} stamps lie before the one before, outside of steps: the messages are not in the order they were stamped."), samples);
        }

        if (Math.Abs(line.Slope(0)) * 1e6 > options.MaxDriftPpm) return RefuseDrift(line.Slope(0), options, samples);
        var segments = hull.Segments();
        var notes = new List<string>();
        if (quantum > 0) notes.Add(Text($"receive stamps are multiples of {quantum} ns, which the band includes"));
        if (reservoir.Added > stamps.Count + reservoir.BeyondRange) notes.Add(Text($"of {samples} stamps {stamps.Count} with the least delays were used"));
        if (ClockCauses.OfOffset(stamps.YBase) is { } cause) notes.Add(cause);

        var kind = ClockModelKind.Hull;
        var jumps = hull.Jumps(segments);
        if (Wander(line, stamps) > WanderTest.Limit)
        {
            if (stamps.Count < line.Segments * 3 * KalmanSmoother.MinBlock)
            {
                return ClockModel.Refused("MESH3210", Text($"The clock's rate wanders, and {stamps.Count} stamps are too few to follow it."), samples);
            }

            kind = ClockModelKind.Kalman;
            segments = Smoothed(stamps, line, segments, quantum);
            if (hull.LeastExponent < FewNearLeast) notes.Add("the rate wanders, and few messages are near the least delay: the curve tells the shape, its level is uncertain beyond the band");
        }
        else if (hull.DriftErrorPpm > options.MaxDriftErrorPpm && pairs.Length < 2)
        {
            return ClockModel.Refused("MESH3206", Text($"The drift is uncertain by {hull.DriftErrorPpm:0} ppm, more than {options.MaxDriftErrorPpm:0} ppm: the delays are too irregular for so short a time."), samples);
        }

        if (pairs.Length > 0)
        {
            (segments, bool anyLine) = PairLines.Place(segments, pairs);
            if (anyLine) kind = ClockModelKind.Pairs;
            else notes.Add("the level is that of the pairs of times");
        }

        long widest = segments.Max(segment => segment.HalfWidthNs);
        if (options.MaxHalfWidthNs is { } limit && widest > limit)
        {
            return ClockModel.Refused("MESH3207", Text($"The band is {widest / 1e6:0.###} ms wide on each side, more than the {limit / 1e6:0.###} ms asked for."), samples);
        }

        return new ClockModel
        {
            Kind = kind, Segments = segments, Jumps = jumps, Notes = notes, Samples = samples,
            DetectableJumpNs = hull.DetectableNs >= long.MaxValue ? long.MaxValue : (long)hull.DetectableNs,
        };
    }

    private static double Wander(SegmentedLine line, StampSeries stamps)
    {
        double highest = 0;
        for (int s = 0; s < line.Segments; s++) highest = Math.Max(highest, WanderTest.Statistic(line.Residuals(s, stamps.X, stamps.Y)));
        return highest;
    }

    // The band: twice the filter's deviation, and what lies between the least delays and the curve.
    private static ClockSegment[] Smoothed(StampSeries stamps, SegmentedLine line, ClockSegment[] lines, long quantum)
    {
        var curve = new KalmanSmoother(stamps, line).Smooth();
        var result = new ClockSegment[lines.Length];
        for (int s = 0; s < result.Length; s++)
        {
            var points = curve.Where(point => point.Segment == s).OrderBy(point => point.X).ToList();
            var knots = points.Select(point => new ClockKnot(
                stamps.XBase + (long)point.X, stamps.YBase + (long)Math.Round(line.At(s, point.X) + point.Offset), (long)Math.Ceiling(2 * point.Deviation))).ToList();
            if (knots[0].DeviceNs > lines[s].FromNs) knots.Insert(0, End(lines[s].FromNs, knots));
            if (knots[^1].DeviceNs < lines[s].ToNs) knots.Add(End(lines[s].ToNs, knots));
            var segment = lines[s] with { Knots = knots };
            double[] residuals = new double[line.End(s) - line.Begin(s)];
            for (int i = 0; i < residuals.Length; i++)
            {
                int at = line.Begin(s) + i;
                residuals[i] = stamps.Receive[at] - segment.ToHost(stamps.Device[at]);
            }

            Array.Sort(residuals);
            long least = (long)Math.Ceiling(Math.Abs(Quantile.OfSorted(residuals, 0.01)) + Math.Abs(Quantile.OfSorted(residuals, 0.001))) + quantum;
            result[s] = segment with { Knots = [.. knots.Select(knot => knot with { HalfWidthNs = knot.HalfWidthNs + least })] };
        }

        return result;

        static ClockKnot End(long deviceNs, List<ClockKnot> knots)
        {
            var segment = new ClockSegment(0, 0, knots);
            return new ClockKnot(deviceNs, segment.ToHost(deviceNs) - deviceNs, segment.HalfWidthAt(deviceNs));
        }
    }

    private static ClockModel RefuseDrift(double slope, ClockEstimatorOptions options, long samples) =>
        ClockCauses.OfRatio(1 + slope) is { } cause
            ? ClockModel.Refused("MESH3205", Text($"Host time passes {1 + slope:0.######} times as fast as the stamps: {cause}."), samples)
            : ClockModel.Refused("MESH3206", Text($"The stamps drift by {slope * 1e6:0} ppm, beyond {options.MaxDriftPpm:0} ppm: they are of another unit or scale, or no clock."), samples);

    /// <summary>Resolution of the receive stamps, when it is coarse; else 0. Messages at one pace without any jitter say nothing of it.</summary>
    private static long Quantum(long[] receive)
    {
        long divisor = 0, least = long.MaxValue, most = 0;
        for (int i = 1; i < receive.Length; i++)
        {
            long difference = Math.Abs(receive[i] - receive[i - 1]);
            (least, most) = (Math.Min(least, difference), Math.Max(most, difference));
            for (long a = difference; a != 0;) (divisor, a) = (a, divisor % a);
            if (divisor is > 0 and < MinQuantumNs) return 0;
        }

        return least == most ? 0 : divisor;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
