namespace Mesh.Training.Handoff.Bom;

/// <summary>Confidence interval of a share: Wilson's score interval at 95 %.</summary>
internal static class Wilson
{
    private const double Z = 1.959963984540054;

    /// <summary>The interval.</summary>
    /// <param name="share">Share that was measured, 0 to 1.</param>
    /// <param name="count">Of so many.</param>
    public static (double Low, double High) Interval(double share, double count)
    {
        double square = Z * Z;
        double centre = (share + square / (2 * count)) / (1 + square / count);
        double half = Z / (1 + square / count) * Math.Sqrt(share * (1 - share) / count + square / (4 * count * count));
        return (Math.Max(0, centre - half), Math.Min(1, centre + half));
    }
}
