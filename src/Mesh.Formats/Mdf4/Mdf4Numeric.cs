using Mesh.Formats.Mdf;

namespace Mesh.Formats.Mdf4;

/// <summary>Single values of master channels: any integer or float, and the numeric conversions.</summary>
internal static class Mdf4Numeric
{
    public static bool IsNumeric(MdfConversion conversion) => conversion.Kind switch
    {
        MdfConversionKind.Identity => true,
        MdfConversionKind.Linear => conversion.Values.Count >= 2,
        MdfConversionKind.Rational => conversion.Values.Count >= 6,
        MdfConversionKind.TableInterpolated or MdfConversionKind.Table => conversion.Values.Count >= 2,
        _ => false,
    };

    /// <summary>The raw value of a channel as a number.</summary>
    public static double Read(MdfChannelLayout channel, ReadOnlySpan<byte> value)
    {
        int bytes = (channel.BitOffset + channel.BitCount + 7) / 8;
        bool bigEndian = channel.DataType is MdfDataType.UnsignedBigEndian or MdfDataType.SignedBigEndian or MdfDataType.FloatBigEndian;
        UInt128 bits = 0;
        for (int i = 0; i < bytes; i++) bits |= (UInt128)value[bigEndian ? bytes - 1 - i : i] << (8 * i);
        ulong raw = (ulong)(bits >> channel.BitOffset);
        if (channel.BitCount < 64) raw &= (1UL << channel.BitCount) - 1;
        switch (channel.DataType)
        {
            case MdfDataType.FloatLittleEndian or MdfDataType.FloatBigEndian:
                return channel.BitCount switch
                {
                    64 => BitConverter.UInt64BitsToDouble(raw), 32 => BitConverter.UInt32BitsToSingle((uint)raw), _ => (double)BitConverter.UInt16BitsToHalf((ushort)raw),
                };
            case MdfDataType.SignedLittleEndian or MdfDataType.SignedBigEndian:
                int unused = 64 - channel.BitCount;
                return (long)(raw << unused) >> unused;
            default:
                return raw;
        }
    }

    public static double Convert(MdfConversion conversion, double x)
    {
        var p = conversion.Values;
        return conversion.Kind switch
        {
            MdfConversionKind.Linear => (p[1] * x) + p[0],
            MdfConversionKind.Rational => ((p[0] * x * x) + (p[1] * x) + p[2]) / ((p[3] * x * x) + (p[4] * x) + p[5]),
            MdfConversionKind.Table or MdfConversionKind.TableInterpolated => Table(p, x, conversion.Kind == MdfConversionKind.TableInterpolated),
            _ => x,
        };
    }

    private static double Table(IReadOnlyList<double> pairs, double x, bool interpolate)
    {
        int count = pairs.Count / 2;
        if (x <= pairs[0]) return pairs[1];
        for (int i = 1; i < count; i++)
        {
            double low = pairs[(i - 1) * 2], high = pairs[i * 2];
            if (!(x <= high)) continue;
            double before = pairs[((i - 1) * 2) + 1], after = pairs[(i * 2) + 1];
            if (interpolate) return high > low ? before + ((x - low) / (high - low) * (after - before)) : after;
            return x - low <= high - x ? before : after;
        }

        return pairs[(count * 2) - 1];
    }
}
