using System.Numerics;

namespace Mesh.Synchronise;

/// <summary>How a number between two samples is made.</summary>
/// <typeparam name="T">The number.</typeparam>
internal interface IBetween<T>
{
    /// <summary>Whether a value could be another just as well.</summary>
    bool CanBeAmbiguous { get; }

    /// <summary>The value; false when there is none.</summary>
    bool TryBetween(T a, T b, in Match match, out T value, ref bool isAmbiguous);
}

/// <summary>Floating-point numbers on a line; what is not finite makes nothing.</summary>
internal readonly struct LinearBetween<T>(FieldRule rule) : IBetween<T>
    where T : struct, IFloatingPointIeee754<T>
{
    private readonly double maxPerNs = FieldRate.PerNs(rule);

    public bool CanBeAmbiguous => false;

    public bool TryBetween(T a, T b, in Match match, out T value, ref bool isAmbiguous)
    {
        double from = double.CreateTruncating(a), to = double.CreateTruncating(b);
        value = T.CreateTruncating(Interpolation.Linear(from, to, match.U));
        return T.IsFinite(value) && Math.Abs(to - from) <= maxPerNs * match.GapNs;
    }
}

/// <summary>Whole numbers on a line, rounded.</summary>
internal readonly struct IntegerBetween<T>(FieldRule rule) : IBetween<T>
    where T : struct, IBinaryInteger<T>
{
    private readonly double maxPerNs = FieldRate.PerNs(rule);

    public bool CanBeAmbiguous => false;

    public bool TryBetween(T a, T b, in Match match, out T value, ref bool isAmbiguous)
    {
        long from = long.CreateTruncating(a), to = long.CreateTruncating(b);
        value = T.CreateTruncating(Interpolation.Integer(from, to, match.BeforeAgeNs, match.GapNs));
        return (double)Int128.Abs((Int128)to - from) <= maxPerNs * match.GapNs;
    }
}

/// <summary>Angles the shorter way round.</summary>
internal readonly struct AngleBetween<T>(FieldRule rule) : IBetween<T>
    where T : struct, IFloatingPointIeee754<T>
{
    private readonly double period = rule.Period;
    private readonly double maxPerNs = FieldRate.PerNs(rule);

    public bool CanBeAmbiguous => true;

    public bool TryBetween(T a, T b, in Match match, out T value, ref bool isAmbiguous)
    {
        value = T.CreateTruncating(Interpolation.Angle(
            double.CreateTruncating(a), double.CreateTruncating(b), match.U, period, out double difference, out bool isHalfTurn));
        if (!T.IsFinite(value)) return false;

        // Faster than is believed: it may have gone the other way round, or round more than once.
        bool isTooFast = Math.Abs(difference) > maxPerNs * match.GapNs;
        isAmbiguous |= isHalfTurn || isTooFast;
        return !isTooFast;
    }
}

/// <summary>Limits of rates.</summary>
internal static class FieldRate
{
    private const double NanosecondsPerSecond = 1e9;

    public static double PerNs(FieldRule rule) => (rule.MaxRate ?? double.PositiveInfinity) / NanosecondsPerSecond;
}
