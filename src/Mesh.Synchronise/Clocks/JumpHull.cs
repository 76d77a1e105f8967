namespace Mesh.Synchronise.Clocks;

/// <summary>Lines below one-way delays between the steps of a clock, with bands.</summary>
internal sealed class JumpHull
{
    private const int SmallSubsamples = 4;
    private const int SmallestSubsamples = 16;
    private const int MaxIndexReach = 64;
    private const double MaxStepNs = 4e18;
    private const double LeastChance = 1e-4;

    private readonly StampSeries stamps;
    private readonly double quantumNs;

    private JumpHull(StampSeries stamps, SegmentedLine line, JumpDetector detector, double quantumNs)
    {
        this.stamps = stamps;
        this.quantumNs = quantumNs;
        Line = line;
        DetectableNs = detector.DetectableNs;
        DoubtfulNs = detector.DoubtfulNs;
    }

    public SegmentedLine Line { get; }

    public double DetectableNs { get; }

    /// <summary>Largest step that may be there but is not certain, nanoseconds; joins the band.</summary>
    public double DoubtfulNs { get; }

    /// <summary>How the least delay falls with the number of messages: 1 for exponential delays, less where few are near the least.</summary>
    public double LeastExponent { get; private set; } = 1;

    /// <summary>Uncertainty of the drift, parts per million.</summary>
    public double DriftErrorPpm { get; private set; }

    /// <param name="stamps">The stamps.</param>
    /// <param name="coarseSlope">Drift to find steps with.</param>
    /// <param name="quantumNs">Resolution of the receive stamps where it is coarse; joins the band.</param>
    public static JumpHull Fit(StampSeries stamps, double coarseSlope, double quantumNs)
    {
        var detector = new JumpDetector(stamps);
        var line = detector.Detect(coarseSlope);
        if (line.Segments > 1)
        {
            // A device that was switched off and on may come back with another rate.
            var free = line.WithOwnSlopes();
            if (stamps.Count * Math.Log(line.MeanExcess / free.MeanExcess) > 6 * Math.Log(stamps.Count)) line = free;
        }

        return new JumpHull(stamps, line, detector, quantumNs);
    }

    /// <summary>The segments with their bands; fills what is told about the uncertainty.</summary>
    public ClockSegment[] Segments()
    {
        int segments = Line.Segments;
        bool own = segments > 1 && Line.Slope(0) != Line.Slope(1);
        var small = Subsamples(SmallSubsamples, own);
        var smallest = Subsamples(SmallestSubsamples, own);
        var result = new ClockSegment[segments];
        for (int s = 0; s < segments; s++)
        {
            int begin = Line.Begin(s), end = Line.End(s);
            double centre = Line.MeanX(s), level = Line.At(s, centre);
            var residuals = Line.Residuals(s, stamps.X, stamps.Y);
            double lowest = Quantile.Of(residuals, 0.01);
            double mean = Line.MeanExcessOf(s);
            double basis = Math.Max(4.74 * mean / residuals.Length, lowest);
            basis = Math.Max(basis, 2 * Bias(small, smallest, s, centre, level));
            double from = double.MaxValue, to = double.MinValue;
            for (int i = begin; i < end; i++)
            {
                from = Math.Min(from, stamps.X[i]);
                to = Math.Max(to, stamps.X[i]);
            }

            double atFrom = basis, atTo = basis;
            foreach (var sub in small)
            {
                atFrom = Math.Max(atFrom, Math.Abs(sub.At(s, from) - Line.At(s, from)));
                atTo = Math.Max(atTo, Math.Abs(sub.At(s, to) - Line.At(s, to)));
                DriftErrorPpm = Math.Max(DriftErrorPpm, Math.Abs(sub.Slope(s) - Line.Slope(s)) * 1e6);
            }

            result[s] = new ClockSegment(stamps.Receive[begin], end - begin, [Knot(s, from, atFrom), Knot(s, to, atTo)]);
        }

        return result;
    }

    /// <summary>The steps between the segments.</summary>
    public ClockJump[] Jumps(ClockSegment[] segments)
    {
        var jumps = new ClockJump[Line.Cuts.Length];
        for (int c = 0; c < jumps.Length; c++)
        {
            int cut = Line.Cuts[c];
            double tolerance = segments[c].HalfWidthNs + segments[c + 1].HalfWidthNs;
            double[] old = Sorted(c), late = Sorted(c + 1);
            int first = cut, last = cut;
            int floor = Math.Max(Line.Begin(c) + 1, cut - MaxIndexReach), ceiling = Math.Min(Line.End(c + 1) - 1, cut + MaxIndexReach);

            // The place is open as long as the messages between are possible on the other side too: not before its line, and not so
            // late, one after the other, as is unlikely there.
            for (double chance = 1; first > floor && (chance *= ChanceOf(first - 1, c + 1, late)) > LeastChance;) first--;
            for (double chance = 1; last < ceiling && (chance *= ChanceOf(last, c, old)) > LeastChance;) last++;
            double slope = Line.Slope(c + 1);
            double delta = (Line.At(c + 1, stamps.X[cut]) - Line.At(c, stamps.X[cut])) / (1 + slope);
            jumps[c] = new ClockJump(
                stamps.IndexOf(first - 1) + 1, stamps.IndexOf(last), stamps.Device[cut], stamps.Receive[cut], (long)Math.Round(Math.Clamp(delta, -MaxStepNs, MaxStepNs)), (long)Math.Ceiling(tolerance))
            {
                Cause = ClockCauses.OfJump(delta, tolerance),
                OpenAfterNs = stamps.Receive[first - 1],
                OpenUntilNs = stamps.Receive[last],
            };
        }

        return jumps;

        double[] Sorted(int segment)
        {
            var residuals = Line.Residuals(segment, stamps.X, stamps.Y);
            Array.Sort(residuals);
            return residuals;
        }

        // Share of a segment's messages that were as late.
        double ChanceOf(int position, int segment, double[] sorted)
        {
            double residual = stamps.Y[position] - Line.At(segment, stamps.X[position]);
            if (residual < 0) return 0;
            int place = Array.BinarySearch(sorted, residual);
            return (double)(sorted.Length - (place < 0 ? ~place : place)) / sorted.Length;
        }
    }

    private ClockKnot Knot(int segment, double x, double halfWidth) => new(
        stamps.XBase + (long)x, stamps.YBase + (long)Math.Round(Line.At(segment, x)), (long)Math.Ceiling(halfWidth + quantumNs + DoubtfulNs));

    private SegmentedLine[] Subsamples(int parts, bool own)
    {
        if (stamps.Count < parts * 3 * Line.Segments) return [];
        var result = new SegmentedLine[parts];
        for (int i = 0; i < parts; i++)
        {
            var sub = SegmentedLine.Fit(stamps.X, stamps.Y, Line.Cuts, i, parts);
            result[i] = own ? sub.WithOwnSlopes() : sub;
        }

        return result;
    }

    // How far the least delay of n messages still lies above the least possible one: extrapolated from a quarter and a sixteenth of them, for
    // an excess that falls as a power of n.
    private double Bias(SegmentedLine[] small, SegmentedLine[] smallest, int segment, double centre, double level)
    {
        if (small.Length == 0) return Line.MeanExcessOf(segment);
        double quarter = small.Average(sub => sub.At(segment, centre)) - level;
        if (quarter <= 0) return 0;
        double ratio = smallest.Length == 0 ? 2.5 : (smallest.Average(sub => sub.At(segment, centre)) - level) / quarter;
        double growth = Math.Clamp(ratio - 1, 1.25, 2.5);
        LeastExponent = Math.Min(LeastExponent, Math.Log(Math.Max(ratio - 1, 1)) / Math.Log(4));
        return quarter / (growth - 1);
    }
}
