namespace Mesh.Synchronise.Clocks;

/// <summary>
/// Finds the steps of a clock in stamps whose delay is one-sided: candidates from window minima, places by likelihood, survivors by backward
/// elimination and a local check.
/// </summary>
internal sealed class JumpDetector(StampSeries stamps)
{
    /// <summary>Steps below it are not looked for, nanoseconds.</summary>
    public const double LeastJumpNs = 300_000;

    /// <summary>Fewest messages of a segment.</summary>
    public const int MinSegment = 10;

    private const int MaxPerWindow = 10;
    private const int MaxCuts = 12;
    private const int MergeWithin = 24;
    private const int TestReach = 400;
    private const int RefineReach = 64;
    private const int VerifyReach = 240;
    private const int VerifyBlock = 16;
    private const double TestGain = 12;
    private static readonly int[] Windows = [8, 16, 32, 64];

    private readonly double[] x = stamps.X;
    private readonly double[] y = stamps.Y;
    private List<(int Index, double Step)> widest = [];

    /// <summary>Steps smaller than this stay unseen in these stamps, nanoseconds.</summary>
    public double DetectableNs { get; private set; } = double.MaxValue;

    /// <summary>Largest step that looked like one and was not certain enough, nanoseconds; 0 when there was none.</summary>
    public double DoubtfulNs { get; private set; }

    /// <summary>The cuts and the lines between them.</summary>
    public SegmentedLine Detect(double coarseSlope)
    {
        var candidates = Candidates(stamps.Detrended(coarseSlope));
        int[] cuts = [.. candidates.Select(candidate => candidate.Index)];
        var line = SegmentedLine.Fit(x, y, cuts);
        for (int round = 0; round < 2 && cuts.Length > 0; round++)
        {
            cuts = Refine(stamps.Detrended(line.Slope(0)), cuts);
            line = SegmentedLine.Fit(x, y, cuts);
        }

        line = Eliminate(line);
        int[] verified = Verify(stamps.Detrended(line.Slope(0)), line.Cuts);
        foreach (var (index, step) in widest)
        {
            if (Array.TrueForAll(verified, cut => Math.Abs(cut - index) > RefineReach)) DoubtfulNs = Math.Max(DoubtfulNs, Math.Abs(step));
        }

        return verified.Length == line.Cuts.Length ? line : SegmentedLine.Fit(x, y, verified);
    }

    private (int Index, double Step)[] Candidates(double[] v)
    {
        var found = new List<(int Index, double Step)>();
        foreach (int window in Windows)
        {
            if (v.Length < 6 * window) continue;
            double[] minima = WindowMinima(v, window);

            // minima[i] is that of v[i .. i + window).
            var steps = new double[v.Length - 2 * window + 1];
            for (int i = 0; i < steps.Length; i++) steps[i] = minima[i + window] - minima[i];
            double threshold = Math.Max(6 * Quantile.ScaledDeviation(steps), LeastJumpNs);
            DetectableNs = Math.Min(DetectableNs, threshold);
            widest = [.. Runs(steps, threshold, window).OrderByDescending(run => Math.Abs(run.Step)).Take(MaxPerWindow)];
            found.AddRange(widest);
        }

        var kept = new List<(int Index, double Step)>();
        foreach (var run in found.OrderByDescending(run => Math.Abs(run.Step)))
        {
            if (run.Index < MinSegment || run.Index > v.Length - MinSegment) continue;
            if (kept.TrueForAll(other => Math.Abs(other.Index - run.Index) > MergeWithin)) kept.Add(run);
        }

        // Minima of many messages rarely differ by chance: what is seen there and does not survive stays in doubt.
        widest.RemoveAll(run => run.Index < MinSegment || run.Index > v.Length - MinSegment || Gain(v, run.Index) <= TestGain);
        return [.. kept.Select(run => (Run: run, Gain: Gain(v, run.Index))).Where(cut => cut.Gain > TestGain)
            .OrderByDescending(cut => cut.Gain).Take(MaxCuts).Select(cut => cut.Run).OrderBy(run => run.Index)];
    }

    // The minimum after a step up is high once the window behind it is all new, before a step down low as long as the window before it is
    // all old: hence the first or the last place near the peak.
    private static IEnumerable<(int Index, double Step)> Runs(double[] steps, double threshold, int window)
    {
        for (int i = 0; i < steps.Length; i++)
        {
            if (Math.Abs(steps[i]) <= threshold) continue;
            int begin = i, sign = Math.Sign(steps[i]);
            double peak = 0;
            for (; i < steps.Length && steps[i] * sign > threshold; i++) peak = Math.Max(peak, steps[i] * sign);
            int place = sign > 0 ? begin : i - 1;
            while (steps[place] * sign < 0.9 * peak) place += sign;
            yield return (place + window, sign * peak);
        }
    }

    private static double[] WindowMinima(double[] v, int window)
    {
        var minima = new double[v.Length - window + 1];
        var queue = new int[v.Length];
        int head = 0, tail = 0;
        for (int i = 0; i < v.Length; i++)
        {
            while (tail > head && v[queue[tail - 1]] >= v[i]) tail--;
            queue[tail++] = i;
            if (queue[head] <= i - window) head++;
            if (i >= window - 1) minima[i - window + 1] = v[queue[head]];
        }

        return minima;
    }

    /// <summary>What a split gains in log likelihood of delays that are exponential above a constant.</summary>
    private static double Gain(double[] v, int cut)
    {
        var left = v.AsSpan(Math.Max(0, cut - TestReach)..cut);
        var right = v.AsSpan(cut..Math.Min(v.Length, cut + TestReach));
        var both = v.AsSpan(Math.Max(0, cut - TestReach)..Math.Min(v.Length, cut + TestReach));
        double apart = (ExcessOf(left) + ExcessOf(right)) / both.Length;
        return both.Length * Math.Log(Mean(ExcessOf(both) / both.Length) / Mean(apart));
    }

    private static double ExcessOf(ReadOnlySpan<double> v)
    {
        double least = double.MaxValue, sum = 0;
        foreach (double value in v)
        {
            least = Math.Min(least, value);
            sum += value;
        }

        return sum - v.Length * least;
    }

    private static double Mean(double mean) => Math.Max(mean, 0.5);

    /// <summary>Moves each cut to the most likely place within reach, by running minima from both sides.</summary>
    private static int[] Refine(double[] v, int[] cuts)
    {
        var result = new List<int>(cuts.Length);
        for (int c = 0; c < cuts.Length; c++)
        {
            int begin = Math.Max(c == 0 ? 0 : result[^1], cuts[c] - TestReach);
            int end = Math.Min(c + 1 == cuts.Length ? v.Length : cuts[c + 1], cuts[c] + TestReach);
            int first = Math.Max(begin + MinSegment, cuts[c] - RefineReach), last = Math.Min(end - MinSegment, cuts[c] + RefineReach);
            if (first > last)
            {
                // Too near to another cut to be one of its own.
                continue;
            }

            var excess = new double[end - begin + 1];
            double least = double.MaxValue, sum = 0;
            for (int i = begin; i < end; i++)
            {
                least = Math.Min(least, v[i]);
                sum += v[i];
                excess[i + 1 - begin] = sum - (i + 1 - begin) * least;
            }

            (least, sum) = (double.MaxValue, 0);
            int best = first;
            double bestExcess = double.MaxValue;
            for (int i = end - 1; i >= first; i--)
            {
                least = Math.Min(least, v[i]);
                sum += v[i];
                double total = excess[i - begin] + sum - (end - i) * least;
                if (i <= last && total < bestExcess) (best, bestExcess) = (i, total);
            }

            result.Add(best);
        }

        return [.. result];
    }

    private SegmentedLine Eliminate(SegmentedLine line)
    {
        double worth = 6 * Math.Log(x.Length);
        while (line.Cuts.Length > 0)
        {
            SegmentedLine? best = null;
            for (int c = 0; c < line.Cuts.Length; c++)
            {
                var without = SegmentedLine.Fit(x, y, [.. line.Cuts[..c], .. line.Cuts[(c + 1)..]]);
                if (best is null || without.MeanExcess < best.MeanExcess) best = without;
            }

            if (x.Length * Math.Log(best!.MeanExcess / line.MeanExcess) >= worth) break;
            line = best;
        }

        return line;
    }

    /// <summary>Keeps the cuts where lines through the neighbourhoods of both sides differ by more than their own unrest.</summary>
    private int[] Verify(double[] v, int[] cuts)
    {
        var kept = new List<int>(cuts.Length);
        for (int c = 0; c < cuts.Length; c++)
        {
            int cut = cuts[c];
            int begin = Math.Max(c == 0 ? 0 : cuts[c - 1], cut - VerifyReach), end = Math.Min(c + 1 == cuts.Length ? v.Length : cuts[c + 1], cut + VerifyReach);
            var left = SegmentedLine.Fit(x.AsSpan(begin..cut), v.AsSpan(begin..cut), []);
            var right = SegmentedLine.Fit(x.AsSpan(cut..end), v.AsSpan(cut..end), []);
            double step = right.At(0, x[cut]) - left.At(0, x[cut - 1]);
            double[] unrest = [.. BlockMinima(left.Residuals(0, x.AsSpan(begin..cut), v.AsSpan(begin..cut))), .. BlockMinima(right.Residuals(0, x.AsSpan(cut..end), v.AsSpan(cut..end)))];
            if (Math.Abs(step) > Math.Max(LeastJumpNs, 3 * Quantile.Of(unrest, 0.8))) kept.Add(cut);
        }

        return [.. kept];
    }

    private static IEnumerable<double> BlockMinima(double[] residuals)
    {
        for (int i = 0; i < residuals.Length; i += VerifyBlock) yield return residuals.AsSpan(i..Math.Min(residuals.Length, i + VerifyBlock)).ToArray().Min();
    }
}
