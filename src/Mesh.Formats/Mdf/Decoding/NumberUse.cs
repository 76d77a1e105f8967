using Mesh.Columnar;
using Mesh.Formats.Mdf.Conversions;

namespace Mesh.Formats.Mdf.Decoding;

/// <summary>Makes the column of a number from its read and its conversion.</summary>
internal readonly struct NumberUse(CompiledConversion conversion, Invalidation invalidation) : IReadUse<ChannelColumn>
{
    public ChannelColumn Use<TRead, TRaw>(TRead read)
        where TRead : struct, IRead<TRaw>
        where TRaw : unmanaged
    {
        if (conversion.Text is { } text) return new NumberTextColumn<TRead, TRaw>(read, text) { Invalidation = invalidation };
        if (conversion.Numeric is LinearConversion linear)
        {
            return new FixedColumn<TRead, TRaw, LinearOf<TRaw>, double>(DataType.Float64, read, new(linear.Offset, linear.Factor), null) { Invalidation = invalidation };
        }

        if (conversion.Numeric is { } numeric)
        {
            return new FixedColumn<TRead, TRaw, ToDouble<TRaw>, double>(DataType.Float64, read, default, numeric) { Invalidation = invalidation };
        }

        if (read is IRead<ulong> wide && typeof(TRaw) == typeof(ulong)) return Decimal(wide);
        return new FixedColumn<TRead, TRaw, Same<TRaw>, TRaw>(TypeOf<TRaw>(), read, default, null) { Invalidation = invalidation };
    }

    // The type parameter's constraint is known to hold here, but not to the compiler: the call goes through the few reads that give 64 bits.
    private ChannelColumn Decimal(IRead<ulong> read) => read switch
    {
        Aligned<ulong> it => Decimal(it),
        Swapped<ulong> it => Decimal(it),
        UnsignedBits<LittleNine> it => Decimal(it),
        UnsignedBits<BigNine> it => Decimal(it),
        _ => throw new InvalidOperationException("64 bits are whole bytes or span nine."),
    };

    private FixedColumn<TRead, ulong, ToDecimal, Int128> Decimal<TRead>(TRead read)
        where TRead : struct, IRead<ulong> => new(new DecimalType(20, 0), read, default, null) { Invalidation = invalidation };

    private static DataType TypeOf<TRaw>() =>
        typeof(TRaw) == typeof(int) ? DataType.Int32
        : typeof(TRaw) == typeof(long) ? DataType.Int64
        : typeof(TRaw) == typeof(float) ? DataType.Float32
        : DataType.Float64;
}
