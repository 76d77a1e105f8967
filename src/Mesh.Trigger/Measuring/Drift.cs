namespace Mesh.Trigger.Measuring;

/// <summary>Measures how far two distributions are apart.</summary>
internal static class Drift
{
    /// <summary>Share that an empty bin counts as in the population stability index, whose logarithm has no value there.</summary>
    public const double EmptyShare = 0.0001;

    /// <summary>The measure of two sketches that are not empty; aligns their bins.</summary>
    public static double Of(DriftMeasure measure, DistributionSketch reference, DistributionSketch current, int bins)
    {
        DistributionSketch.Align(reference, current);
        if (measure == DriftMeasure.Ks) return KolmogorovSmirnov(reference, current);
        var shares = Shares(reference, current, bins);
        return measure == DriftMeasure.Psi ? StabilityIndex(shares) : JensenShannon(shares);
    }

    private static double StabilityIndex(IEnumerable<(double Reference, double Current)> shares)
    {
        double sum = 0;
        foreach (var (reference, current) in shares)
        {
            double p = reference > 0 ? reference : EmptyShare;
            double q = current > 0 ? current : EmptyShare;
            sum += (q - p) * Math.Log(q / p);
        }

        return sum;
    }

    private static double JensenShannon(IEnumerable<(double Reference, double Current)> shares)
    {
        double sum = 0;
        foreach (var (p, q) in shares)
        {
            double middle = (p + q) / 2;
            if (p > 0) sum += p * Math.Log2(p / middle) / 2;
            if (q > 0) sum += q * Math.Log2(q / middle) / 2;
        }

        return sum;
    }

    private static double KolmogorovSmirnov(DistributionSketch reference, DistributionSketch current)
    {
        double greatest = 0;
        double below = 0;
        foreach (var (p, q) in Merge(reference.Numbers, current.Numbers))
        {
            below += ((double)p / reference.Count) - ((double)q / current.Count);
            greatest = Math.Max(greatest, Math.Abs(below));
        }

        foreach (string text in reference.Texts.Keys.Union(current.Texts.Keys))
        {
            double distance = ((double)reference.Texts.GetValueOrDefault(text) / reference.Count) - ((double)current.Texts.GetValueOrDefault(text) / current.Count);
            greatest = Math.Max(greatest, Math.Abs(distance));
        }

        return greatest;
    }

    /// <summary>Shares by bin: numbers cut where the reference has reached the next share of its rows, texts one by one.</summary>
    private static List<(double Reference, double Current)> Shares(DistributionSketch reference, DistributionSketch current, int bins)
    {
        var shares = new List<(double, double)>();
        long all = reference.Numbers.Sum(bin => bin.Value);
        long seen = 0;
        long p = 0;
        long q = 0;
        int cut = 1;
        foreach (var (inReference, inCurrent) in Merge(reference.Numbers, current.Numbers))
        {
            p += inReference;
            q += inCurrent;
            seen += inReference;

            // What lies beyond the last row of the reference belongs to the last bin.
            if (cut >= bins || seen * bins < all * cut || p == 0) continue;
            shares.Add(((double)p / reference.Count, (double)q / current.Count));
            (p, q) = (0, 0);
            while (cut < bins && seen * bins >= all * cut) cut++;
        }

        if (p > 0 || shares.Count == 0) shares.Add(((double)p / reference.Count, (double)q / current.Count));
        else if (q > 0) shares[^1] = (shares[^1].Item1, shares[^1].Item2 + ((double)q / current.Count));
        foreach (string text in reference.Texts.Keys.Union(current.Texts.Keys))
        {
            shares.Add(((double)reference.Texts.GetValueOrDefault(text) / reference.Count, (double)current.Texts.GetValueOrDefault(text) / current.Count));
        }

        return shares;
    }

    private static IEnumerable<(long Reference, long Current)> Merge(IReadOnlyList<KeyValuePair<long, long>> reference, IReadOnlyList<KeyValuePair<long, long>> current)
    {
        int i = 0;
        int j = 0;
        while (i < reference.Count || j < current.Count)
        {
            long bin = Math.Min(i < reference.Count ? reference[i].Key : long.MaxValue, j < current.Count ? current[j].Key : long.MaxValue);
            long p = i < reference.Count && reference[i].Key == bin ? reference[i++].Value : 0;
            long q = j < current.Count && current[j].Key == bin ? current[j++].Value : 0;
            yield return (p, q);
        }
    }
}
