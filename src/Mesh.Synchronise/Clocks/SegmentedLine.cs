namespace Mesh.Synchronise.Clocks;

/// <summary>Lines below the points, one per segment between cuts, of one slope or each of its own.</summary>
internal sealed class SegmentedLine
{
    // In the unit of the data, nanoseconds: stamps have no finer resolution, and a logarithm needs something to bite on.
    private const double LeastMean = 0.5;
    private const double SteepestSlope = 2e-3;
    private readonly LowerHull[] hulls;
    private readonly double[] slopes;

    private SegmentedLine(int[] cuts, int count, LowerHull[] hulls, double[] slopes)
    {
        Cuts = cuts;
        Count = count;
        this.hulls = hulls;
        this.slopes = slopes;
        double excess = 0;
        for (int i = 0; i < hulls.Length; i++) excess += hulls[i].Excess(slopes[i]);
        MeanExcess = Math.Max(excess / count, LeastMean);
    }

    /// <summary>First points of all segments but the first.</summary>
    public int[] Cuts { get; }

    public int Count { get; }

    /// <summary>Mean distance of the points above their line.</summary>
    public double MeanExcess { get; }

    public int Segments => hulls.Length;

    /// <summary>Fits lines of one slope: the least sum of distances, with every point on or above its line.</summary>
    public static SegmentedLine Fit(ReadOnlySpan<double> x, ReadOnlySpan<double> y, int[] cuts, int part = 0, int parts = 1)
    {
        var hulls = HullsOf(x, y, cuts, part, parts);
        double slope = BestSlope(hulls);
        return new SegmentedLine(cuts, x.Length, hulls, [.. hulls.Select(_ => slope)]);
    }

    /// <summary>The same segments, each with the slope that suits it best.</summary>
    public SegmentedLine WithOwnSlopes() => new(Cuts, Count, hulls, [.. hulls.Select(hull => BestSlope([hull]))]);

    public double Slope(int segment) => slopes[segment];

    public double MeanX(int segment) => hulls[segment].MeanX;

    public double MeanExcessOf(int segment) => hulls[segment].Excess(slopes[segment]) / hulls[segment].Points;

    public double At(int segment, double x) => hulls[segment].Intercept(slopes[segment]) + slopes[segment] * (x - hulls[segment].Origin);

    public int Begin(int segment) => segment == 0 ? 0 : Cuts[segment - 1];

    public int End(int segment) => segment == Cuts.Length ? Count : Cuts[segment];

    /// <summary>Distances of the points of a segment above its line.</summary>
    public double[] Residuals(int segment, ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        var result = new double[End(segment) - Begin(segment)];
        for (int i = 0; i < result.Length; i++) result[i] = y[Begin(segment) + i] - At(segment, x[Begin(segment) + i]);
        return result;
    }

    private static LowerHull[] HullsOf(ReadOnlySpan<double> x, ReadOnlySpan<double> y, int[] cuts, int part, int parts)
    {
        var hulls = new LowerHull[cuts.Length + 1];
        for (int i = 0; i < hulls.Length; i++)
        {
            int begin = i == 0 ? 0 : cuts[i - 1];
            int end = i == cuts.Length ? x.Length : cuts[i];
            hulls[i] = LowerHull.Of(x[begin..end], y[begin..end], part, parts);
        }

        return hulls;
    }

    // The gradient grows with the slope, in steps: halving finds the edge where its sign changes.
    private static double BestSlope(LowerHull[] hulls)
    {
        double low = -SteepestSlope, high = SteepestSlope;
        for (int i = 0; i < 64; i++)
        {
            double middle = (low + high) / 2;
            double gradient = 0;
            foreach (var hull in hulls) gradient += hull.Gradient(middle);
            if (gradient < 0) low = middle;
            else high = middle;
        }

        return (low + high) / 2;
    }
}
