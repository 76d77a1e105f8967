namespace Mesh.Simulation.Vehicle;

/// <summary>
/// Trigonometry from additions and multiplications alone. The C library's differs in the last digit between machines, and then recordings
/// of one seed would differ.
/// </summary>
internal static class ExactMath
{
    private const double HalfPi = 1.57079632679489661923;

    public static (double Sin, double Cos) SinCos(double angle)
    {
        double quarter = Math.Round(angle / HalfPi);
        double x = angle - quarter * HalfPi;
        double x2 = x * x;
        // Taylor series: |x| is at most a quarter of π, so the first term left out is below 1e-13.
        double sin = x * (1 - x2 / 6 * (1 - x2 / 20 * (1 - x2 / 42 * (1 - x2 / 72 * (1 - x2 / 110)))));
        double cos = 1 - x2 / 2 * (1 - x2 / 12 * (1 - x2 / 30 * (1 - x2 / 56 * (1 - x2 / 90 * (1 - x2 / 132)))));
        return ((long)quarter & 3) switch
        {
            0 => (sin, cos),
            1 => (cos, -sin),
            2 => (-sin, -cos),
            _ => (-cos, sin),
        };
    }

    public static double Tan(double angle)
    {
        var (sin, cos) = SinCos(angle);
        return sin / cos;
    }

    /// <summary>Arc tangent of small slopes (below 0.5, to five digits), which is what steering needs.</summary>
    public static double SmallAtan(double slope) => slope * (15 + 4 * slope * slope) / (15 + 9 * slope * slope);
}
