namespace Mesh.Synchronise.Clocks;

/// <summary>Order statistics.</summary>
internal static class Quantile
{
    /// <summary>The value below which a share of the values lies; sorts them.</summary>
    public static double Of(double[] values, double share)
    {
        if (values.Length == 0) return 0;
        Array.Sort(values);
        return OfSorted(values, share);
    }

    public static double OfSorted(ReadOnlySpan<double> sorted, double share)
    {
        double place = share * (sorted.Length - 1);
        int below = (int)place;
        return below + 1 >= sorted.Length ? sorted[^1] : sorted[below] + (place - below) * (sorted[below + 1] - sorted[below]);
    }

    /// <summary>Median distance from the median, scaled to the standard deviation of a normal distribution.</summary>
    public static double ScaledDeviation(ReadOnlySpan<double> values)
    {
        if (values.IsEmpty) return 0;
        var copy = values.ToArray();
        double median = Of(copy, 0.5);
        for (int i = 0; i < copy.Length; i++) copy[i] = Math.Abs(copy[i] - median);
        return 1.4826 * Of(copy, 0.5);
    }
}
