using System.Runtime.CompilerServices;

namespace Mesh.Formats.Mdf.Decoding;

/// <summary>What happens to a raw value between the record and the column. Structs, so that loops are compiled for each.</summary>
internal interface IConvert<TRaw, T>
{
    T Convert(TRaw raw);
}

/// <summary>Nothing.</summary>
internal readonly struct Same<T> : IConvert<T, T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Convert(T raw) => raw;
}

/// <summary>64-bit unsigned integers need the decimal column.</summary>
internal readonly struct ToDecimal : IConvert<ulong, Int128>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Int128 Convert(ulong raw) => raw;
}

/// <summary>The nearest double.</summary>
internal readonly struct ToDouble<TRaw> : IConvert<TRaw, double>
    where TRaw : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Convert(TRaw raw) => Of(raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Of(TRaw raw)
    {
        if (typeof(TRaw) == typeof(int)) return Unsafe.BitCast<TRaw, int>(raw);
        if (typeof(TRaw) == typeof(long)) return Unsafe.BitCast<TRaw, long>(raw);
        if (typeof(TRaw) == typeof(ulong)) return Unsafe.BitCast<TRaw, ulong>(raw);
        if (typeof(TRaw) == typeof(float)) return Unsafe.BitCast<TRaw, float>(raw);
        return Unsafe.BitCast<TRaw, double>(raw);
    }

    /// <summary>The integer's bits; of a floating-point value, those of its integer part.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Bits(TRaw raw)
    {
        if (typeof(TRaw) == typeof(int)) return Unsafe.BitCast<TRaw, int>(raw);
        if (typeof(TRaw) == typeof(long) || typeof(TRaw) == typeof(ulong)) return Unsafe.BitCast<TRaw, long>(raw);
        return (long)Of(raw);
    }
}

/// <summary><see cref="MdfConversionKind.Linear"/>.</summary>
internal readonly struct LinearOf<TRaw>(double offset, double factor) : IConvert<TRaw, double>
    where TRaw : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Convert(TRaw raw) => (ToDouble<TRaw>.Of(raw) * factor) + offset;
}
