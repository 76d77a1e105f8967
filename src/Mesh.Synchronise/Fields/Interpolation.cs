namespace Mesh.Synchronise;

/// <summary>
/// Values between two samples. Times enter as a fraction of two exact 64-bit differences: absolute nanoseconds as double would be off by up
/// to 128 ns.
/// </summary>
internal static class Interpolation
{
    // Below it the sine quotients lose digits; the normalised blend is off by less than angle³/50.
    private const double SmallAngle = 1e-4;
    private const double NormTolerance = 1e-3;
    private const double AmbiguousDot = 1e-6;

    /// <summary>On the line from a to b: exact at both ends and monotone. a + u(b-a) alone misses b at u = 1 by an ulp.</summary>
    public static double Linear(double a, double b, double u) => u < 0.5 ? a + u * (b - a) : b - (1 - u) * (b - a);

    /// <summary>The whole number closest to the line from a to b, halves away from zero.</summary>
    public static long Integer(long a, long b, long numerator, long denominator)
    {
        Int128 scaled = ((Int128)b - a) * numerator;
        Int128 half = denominator / 2;

        // For odd denominators there is no half, so rounding down of the half is exact; for even ones a half goes away from zero.
        Int128 offset = scaled >= 0 ? (scaled + half) / denominator : -((-scaled + half) / denominator);
        return (long)(a + offset);
    }

    /// <summary>
    /// The shorter way round a circle, in the range the neighbours are in: [0, period) when neither is negative, (-period/2, period/2] when one
    /// is, unwrapped when one lies beyond a whole circle.
    /// </summary>
    /// <param name="a">At u = 0.</param>
    /// <param name="b">At u = 1.</param>
    /// <param name="u">Fraction of the way.</param>
    /// <param name="period">Full circle.</param>
    /// <param name="difference">The way taken, signed.</param>
    /// <param name="isAmbiguous">The two are half a circle apart: the positive way is taken.</param>
    public static double Angle(double a, double b, double u, double period, out double difference, out bool isAmbiguous)
    {
        difference = Math.IEEERemainder(b - a, period);
        isAmbiguous = Math.Abs(difference) == period / 2;
        if (isAmbiguous) difference = period / 2;
        double value = u < 0.5 ? a + u * difference : b - (1 - u) * difference;
        if (Math.Abs(a) > period || Math.Abs(b) > period) return value;
        if (a < 0 || b < 0)
        {
            if (value > period / 2) value -= period;
            else if (value <= -period / 2) value += period;
            return value;
        }

        if (value < 0) value += period;
        return value >= period ? value - period : value;
    }

    /// <summary>Spherical interpolation of orientations, the shorter way.</summary>
    /// <param name="a">x, y, z, w at u = 0.</param>
    /// <param name="b">x, y, z, w at u = 1.</param>
    /// <param name="u">Fraction of the way.</param>
    /// <param name="result">Of length one.</param>
    /// <param name="angle">Between the two orientations, radians.</param>
    /// <param name="isAmbiguous">Half a turn lies between them, so that the axis is not determined.</param>
    /// <returns>False when either is no orientation: its length is not one, or not a number.</returns>
    public static bool Slerp(in Vector4D a, in Vector4D b, double u, out Vector4D result, out double angle, out bool isAmbiguous)
    {
        result = default;
        angle = 0;
        isAmbiguous = false;
        double lengthA = a.Length, lengthB = b.Length;
        if (!(Math.Abs(lengthA - 1) <= NormTolerance) || !(Math.Abs(lengthB - 1) <= NormTolerance)) return false;

        var from = a * (1 / lengthA);
        var to = b * (1 / lengthB);
        double dot = Vector4D.Dot(from, to);
        isAmbiguous = Math.Abs(dot) < AmbiguousDot;
        if (dot < 0) to *= -1;

        // The arc cosine of the dot product has no correct digit below 5e-10 rad.
        double half = 2 * Math.Atan2((to - from).Length, (to + from).Length);
        angle = 2 * half;
        if (half < SmallAngle) result = from * (1 - u) + to * u;
        else
        {
            double sine = Math.Sin(half);
            result = from * (Math.Sin((1 - u) * half) / sine) + to * (Math.Sin(u * half) / sine);
        }

        result *= 1 / result.Length;
        return true;
    }

    /// <summary>Four numbers.</summary>
    internal readonly record struct Vector4D(double X, double Y, double Z, double W)
    {
        public double Length => Math.Sqrt(Dot(this, this));

        public static double Dot(in Vector4D a, in Vector4D b) => a.X * b.X + a.Y * b.Y + a.Z * b.Z + a.W * b.W;

        public static Vector4D operator *(Vector4D vector, double factor) => new(vector.X * factor, vector.Y * factor, vector.Z * factor, vector.W * factor);

        public static Vector4D operator +(Vector4D a, Vector4D b) => new(a.X + b.X, a.Y + b.Y, a.Z + b.Z, a.W + b.W);

        public static Vector4D operator -(Vector4D a, Vector4D b) => new(a.X - b.X, a.Y - b.Y, a.Z - b.Z, a.W - b.W);
    }
}
