namespace Mesh.Synchronise.Clocks;

/// <summary>Whether a line is the wrong shape for a clock: its rate wanders.</summary>
internal static class WanderTest
{
    /// <summary>Above it the rate wanders; clocks of constant rate stay below 3.2, wandering ones of 0.3 ppm and more reach 5.7.</summary>
    public const double Limit = 5;

    private const int Blocks = 20;
    private const double FloorNs = 200;
    private const double QuarterScale = 4;

    /// <summary>How much higher the least delays of blocks lie above the line than those of their quarters differ.</summary>
    /// <param name="residuals">Distances above the line in message order.</param>
    public static double Statistic(double[] residuals)
    {
        int size = residuals.Length / Blocks;
        if (size < 8) return 0;
        var least = new double[Blocks];
        var unrest = new double[Blocks];
        Span<double> quarters = stackalloc double[4];
        for (int i = 0; i < Blocks; i++)
        {
            for (int q = 0; q < 4; q++) quarters[q] = Min(residuals.AsSpan(i * size + q * size / 4, size / 4));
            least[i] = Min(quarters);

            // The third difference: neither rate nor curvature of a wandering clock is taken for unrest. Scaled to the median difference
            // of the least delays of two halves of gamma delays; of exponential ones it is up to twice that.
            unrest[i] = Math.Abs(quarters[3] - quarters[0] + 3 * (quarters[1] - quarters[2])) / QuarterScale;
        }

        return Quantile.Of(least, 0.75) / (Quantile.Of(unrest, 0.5) + FloorNs);
    }

    private static double Min(ReadOnlySpan<double> values)
    {
        double least = double.MaxValue;
        foreach (double value in values) least = Math.Min(least, value);
        return least;
    }
}
