namespace Mesh.Synchronise.Clocks;

/// <summary>Clock models from pairs of device time and true time, whose errors are small and lie on both sides.</summary>
internal static class PairLines
{
    /// <summary>Steps of pairs below it are not looked for, nanoseconds.</summary>
    public const double LeastJumpNs = 100_000;

    private const int MaxForSlope = 300;
    private const int WanderBlocks = 20;
    private const int FewPairs = 5;

    /// <summary>
    /// Puts the segments of a one-way model on the pairs: a line through those of a segment that has two or more; the others keep their shape and
    /// are moved by what the pairs tell of the least delay.
    /// </summary>
    /// <returns>The segments, and whether any rests on its own pairs.</returns>
    public static (ClockSegment[] Segments, bool AnyLine) Place(IReadOnlyList<ClockSegment> segments, ReadOnlySpan<ClockPair> pairs)
    {
        var own = segments.Select(_ => new List<ClockPair>()).ToArray();
        foreach (var pair in pairs)
        {
            int place = -1;
            double nearest = double.MaxValue;
            for (int s = 0; s < segments.Count; s++)
            {
                if (pair.DeviceNs < segments[s].FromNs || pair.DeviceNs > segments[s].ToNs) continue;
                double distance = Math.Abs((double)pair.TrueNs - segments[s].ToHost(pair.DeviceNs));
                if (distance < nearest) (nearest, place) = (distance, s);
            }

            if (place >= 0) own[place].Add(pair);
        }

        double[] errors = [.. own.SelectMany((list, s) => list.Select(pair => (double)(pair.TrueNs - segments[s].ToHost(pair.DeviceNs))))];
        if (errors.Length == 0) return ([.. segments], false);
        double delay = Quantile.Of(errors, 0.5);
        var result = new ClockSegment[segments.Count];
        bool anyLine = false;
        for (int s = 0; s < result.Length; s++)
        {
            if (own[s].Count >= 2 && Line(own[s], segments[s].FromNs, segments[s].ToNs, segments[s].ReceivedFromNs) is { } line)
            {
                anyLine = true;
                result[s] = own[s].Count >= FewPairs ? line : line with
                {
                    Knots = [.. line.Knots.Select(knot => knot with { HalfWidthNs = Math.Max(knot.HalfWidthNs, segments[s].HalfWidthAt(knot.DeviceNs)) })],
                };
            }
            else
            {
                result[s] = segments[s] with { Knots = [.. segments[s].Knots.Select(knot => knot with { OffsetNs = knot.OffsetNs + (long)Math.Round(delay) })] };
            }
        }

        return (result, anyLine);
    }

    /// <summary>A line by Theil and Sen with its band; null when the pairs do not span any time.</summary>
    public static ClockSegment? Line(IReadOnlyList<ClockPair> pairs, long fromNs, long toNs, long receivedFromNs)
    {
        var (x, y, xBase, yBase) = Differences(pairs);
        if (x.Max() == x.Min()) return null;
        double slope = TheilSen(x, y);
        var residuals = new double[x.Length];
        for (int i = 0; i < x.Length; i++) residuals[i] = y[i] - slope * x[i];
        double level = Quantile.Of([.. residuals], 0.5);
        double deviation = Math.Max(1, Quantile.ScaledDeviation(residuals));
        double centre = x.Average(), spread = x.Sum(value => (value - centre) * (value - centre));

        // Twice the standard error, more for few pairs, and a quarter for what a robust line wastes.
        double factor = (2 + 8.0 / x.Length) * 1.25 * deviation;
        return new ClockSegment(receivedFromNs, pairs.Count, [Knot(fromNs), .. centre > fromNs - xBase && centre < toNs - xBase ? [Knot(xBase + (long)centre)] : Array.Empty<ClockKnot>(), Knot(toNs)]);

        ClockKnot Knot(long deviceNs)
        {
            double at = deviceNs - xBase;
            double halfWidth = factor * Math.Sqrt(1.0 / x.Length + (at - centre) * (at - centre) / spread);
            return new ClockKnot(deviceNs, yBase + (long)Math.Round(level + slope * at), (long)Math.Ceiling(halfWidth) + 1);
        }
    }

    /// <summary>Model of a clock that is known by pairs alone, in order: steps where neighbours differ, then lines, or medians where the rate wanders.</summary>
    public static ClockModel Model(IReadOnlyList<ClockPair> pairs)
    {
        var usable = pairs.Where(pair => pair.DeviceNs is < 1L << 62 and > -(1L << 62) && pair.TrueNs is < 1L << 62 and > -(1L << 62)).ToList();
        if (usable.Count < 2) return ClockModel.Refused("MESH3211", $"The truth channel gives {usable.Count} usable pairs of times; at least 2 are needed.", pairs.Count);
        var (x, y, _, _) = Differences(usable);
        double slope = TheilSen(x, y);
        if (Math.Abs(slope) > 5e-4) return ClockModel.Refused("MESH3206", $"The truth channel's time passes {slope * 1e6:0} ppm differently, beyond 500 ppm: it is of another unit or no time.", pairs.Count);
        var steps = new double[x.Length - 1];
        for (int i = 0; i < steps.Length; i++) steps[i] = y[i + 1] - y[i] - slope * (x[i + 1] - x[i]);
        double threshold = Math.Max(LeastJumpNs, 10 * Quantile.ScaledDeviation(steps));

        var segments = new List<ClockSegment>();
        var starts = new List<int>();
        int begin = 0;
        for (int i = 1; i <= usable.Count; i++)
        {
            if (i < usable.Count && Math.Abs(steps[i - 1]) <= threshold) continue;
            var part = usable.GetRange(begin, i - begin).OrderBy(pair => pair.DeviceNs).ToList();
            if (part.Count >= 2 && Line(part, part[0].DeviceNs, part[^1].DeviceNs, usable[begin].DeviceNs) is { } line)
            {
                segments.Add(Curve(part, line) ?? line);
                starts.Add(begin);
            }

            begin = i;
        }

        if (segments.Count == 0 || segments.Count > 1 + usable.Count / 10)
        {
            return ClockModel.Refused("MESH3208", $"The {usable.Count} pairs of the truth channel jump too often to tell one time from another.", pairs.Count);
        }

        var jumps = new ClockJump[segments.Count - 1];
        for (int i = 0; i < jumps.Length; i++)
        {
            long at = segments[i + 1].FromNs;
            double delta = segments[i + 1].ToHost(at) - segments[i].ToHost(at);
            long halfWidth = segments[i].HalfWidthNs + segments[i + 1].HalfWidthNs;
            jumps[i] = new ClockJump(starts[i + 1], starts[i + 1], at, at, (long)delta, halfWidth) { Cause = ClockCauses.OfJump(delta, halfWidth) };
        }

        return new ClockModel { Kind = ClockModelKind.Pairs, Segments = segments, Jumps = jumps, Samples = pairs.Count, DetectableJumpNs = (long)threshold };
    }

    // Medians of blocks that lie off the line by far more than their own error: the line is the wrong shape.
    private static ClockSegment? Curve(List<ClockPair> pairs, ClockSegment line)
    {
        int size = pairs.Count / WanderBlocks;
        if (size < 5) return null;
        var knots = new List<ClockKnot>();
        var off = new List<double>();
        for (int block = 0; block < WanderBlocks; block++)
        {
            var part = pairs.GetRange(block * size, block == WanderBlocks - 1 ? pairs.Count - block * size : size);
            double[] errors = [.. part.Select(pair => (double)(pair.TrueNs - line.ToHost(pair.DeviceNs)))];
            double error = 1.25 * Quantile.ScaledDeviation(errors) / Math.Sqrt(errors.Length) + 1;
            double median = Quantile.Of(errors, 0.5);
            off.Add(Math.Abs(median) / error);
            long at = part[part.Count / 2].DeviceNs;
            knots.Add(new ClockKnot(at, line.ToHost(at) - at + (long)median, (long)Math.Ceiling(Math.Abs(median) / 2 + 2 * error)));
        }

        return Quantile.Of([.. off], 0.5) > 5 && knots.Zip(knots.Skip(1)).All(pair => pair.First.DeviceNs < pair.Second.DeviceNs) ? line with { Knots = knots } : null;
    }

    private static (double[] X, double[] Y, long XBase, long YBase) Differences(IReadOnlyList<ClockPair> pairs)
    {
        long xBase = pairs[0].DeviceNs, yBase = pairs[0].TrueNs - pairs[0].DeviceNs;
        var x = new double[pairs.Count];
        var y = new double[pairs.Count];
        for (int i = 0; i < x.Length; i++)
        {
            x[i] = pairs[i].DeviceNs - xBase;
            y[i] = pairs[i].TrueNs - pairs[i].DeviceNs - yBase;
        }

        return (x, y, xBase, yBase);
    }

    private static double TheilSen(double[] x, double[] y)
    {
        int step = Math.Max(1, x.Length / MaxForSlope);
        var slopes = new List<double>();
        for (int i = 0; i < x.Length; i += step)
        {
            for (int j = i + step; j < x.Length; j += step)
            {
                if (x[j] != x[i]) slopes.Add((y[j] - y[i]) / (x[j] - x[i]));
            }
        }

        return slopes.Count == 0 ? 0 : Quantile.Of([.. slopes], 0.5);
    }
}
