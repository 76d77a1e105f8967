namespace Mesh.Synchronise.Matching;

/// <summary>
/// Multiplies durations by 1 + age penalty with the rounding of the reference, which decides ties at nanosecond scale. Results beyond the
/// range of <see cref="long"/> saturate.
/// </summary>
internal readonly struct AgeFactor
{
    private const long Second = 1_000_000_000;
    private readonly double factor;
    private readonly ulong mantissa;
    private readonly int shift;
    private readonly ApproximateTimeArithmetic arithmetic;

    public AgeFactor(double agePenalty, ApproximateTimeArithmetic arithmetic)
    {
        factor = 1.0 + agePenalty;
        this.arithmetic = arithmetic;

        // factor >= 1 and below 2^52 is normal: mantissa * 2^-shift, the hidden bit made plain.
        long bits = BitConverter.DoubleToInt64Bits(factor);
        mantissa = (ulong)(bits & ((1L << 52) - 1)) | (1UL << 52);
        shift = 52 - ((int)(bits >> 52) - 1023);
    }

    public long Times(long duration) => arithmetic == ApproximateTimeArithmetic.Ros1 ? TimesSeconds(duration) : TimesExtended(duration);

    private long TimesSeconds(long duration)
    {
        long seconds = Math.DivRem(duration, Second, out long nanoseconds);
        if (nanoseconds < 0)
        {
            seconds--;
            nanoseconds += Second;
        }

        double product = ((double)seconds + 1e-9 * (double)nanoseconds) * factor;
        double whole = Math.Floor(product);
        if (whole >= 9_223_372_036) return long.MaxValue;
        if (whole < -9_223_372_036) return long.MinValue;
        return (long)whole * Second + (long)Math.Round((product - whole) * 1e9, MidpointRounding.AwayFromZero);
    }

    // The product in x87 extended precision: rounded to 64 significant bits, ties to even, before the fraction is cut off.
    private long TimesExtended(long duration)
    {
        ulong magnitude = duration < 0 ? unchecked((ulong)-duration) : (ulong)duration;
        UInt128 product = (UInt128)magnitude * mantissa;
        int excess = 64 - (int)UInt128.LeadingZeroCount(product);
        if (excess > 0)
        {
            UInt128 rest = product & ((UInt128.One << excess) - 1);
            UInt128 half = UInt128.One << (excess - 1);
            product >>= excess;
            if (rest > half || (rest == half && !UInt128.IsEvenInteger(product))) product++;
            product <<= excess;
        }

        UInt128 whole = product >> shift;
        if (duration < 0) return whole > (UInt128)long.MaxValue ? long.MinValue : -(long)whole;
        return whole > (UInt128)long.MaxValue ? long.MaxValue : (long)whole;
    }
}
