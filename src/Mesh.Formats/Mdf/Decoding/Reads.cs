using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Mesh.Formats.Mdf.Decoding;

/// <summary>Takes a raw value out of a record. Structs, so that loops are compiled for each.</summary>
/// <typeparam name="T">int, long, ulong, float or double: the narrowest of them that holds every value.</typeparam>
internal unsafe interface IRead<T>
    where T : unmanaged
{
    T Read(byte* record);
}

/// <summary>Whole bytes in the machine's order.</summary>
internal readonly unsafe struct Aligned<TStored>(int at) : IRead<int>, IRead<long>, IRead<ulong>, IRead<float>, IRead<double>
    where TStored : unmanaged, INumberBase<TStored>
{
    public int At => at;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    int IRead<int>.Read(byte* record) => int.CreateTruncating(Unsafe.ReadUnaligned<TStored>(record + at));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    long IRead<long>.Read(byte* record) => long.CreateTruncating(Unsafe.ReadUnaligned<TStored>(record + at));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    ulong IRead<ulong>.Read(byte* record) => ulong.CreateTruncating(Unsafe.ReadUnaligned<TStored>(record + at));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    float IRead<float>.Read(byte* record) => float.CreateTruncating(Unsafe.ReadUnaligned<TStored>(record + at));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    double IRead<double>.Read(byte* record) => double.CreateTruncating(Unsafe.ReadUnaligned<TStored>(record + at));
}

/// <summary>Whole bytes in the other order.</summary>
internal readonly unsafe struct Swapped<TStored>(int at) : IRead<int>, IRead<long>, IRead<ulong>, IRead<float>, IRead<double>
    where TStored : unmanaged, INumberBase<TStored>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    int IRead<int>.Read(byte* record) => int.CreateTruncating(Load(record));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    long IRead<long>.Read(byte* record) => long.CreateTruncating(Load(record));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    ulong IRead<ulong>.Read(byte* record) => ulong.CreateTruncating(Load(record));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    float IRead<float>.Read(byte* record) => float.CreateTruncating(Load(record));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    double IRead<double>.Read(byte* record) => double.CreateTruncating(Load(record));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TStored Load(byte* record)
    {
        if (sizeof(TStored) == 2) return Unsafe.BitCast<ushort, TStored>(BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ushort>(record + at)));
        if (sizeof(TStored) == 4) return Unsafe.BitCast<uint, TStored>(BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<uint>(record + at)));
        return Unsafe.BitCast<ulong, TStored>(BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(record + at)));
    }
}

/// <summary>An unsigned integer of any width: shifted up until its highest bit is the word's, then down to its place.</summary>
internal readonly unsafe struct UnsignedBits<TLoad>(TLoad load, int up, int down) : IRead<int>, IRead<long>, IRead<ulong>
    where TLoad : struct, IBitLoad
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    int IRead<int>.Read(byte* record) => (int)(load.Load(record) << up >> down);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    long IRead<long>.Read(byte* record) => (long)(load.Load(record) << up >> down);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    ulong IRead<ulong>.Read(byte* record) => load.Load(record) << up >> down;
}

/// <summary>A two's complement integer of any width.</summary>
internal readonly unsafe struct SignedBits<TLoad>(TLoad load, int up, int down) : IRead<int>, IRead<long>
    where TLoad : struct, IBitLoad
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    int IRead<int>.Read(byte* record) => (int)((long)(load.Load(record) << up) >> down);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    long IRead<long>.Read(byte* record) => (long)(load.Load(record) << up) >> down;
}

/// <summary>A floating-point value that does not begin at a byte.</summary>
internal readonly unsafe struct FloatBits<TLoad>(TLoad load, int up, int bits) : IRead<float>, IRead<double>
    where TLoad : struct, IBitLoad
{
    float IRead<float>.Read(byte* record)
    {
        ulong value = load.Load(record) << up >> (64 - bits);
        return bits == 16 ? (float)BitConverter.UInt16BitsToHalf((ushort)value) : BitConverter.UInt32BitsToSingle((uint)value);
    }

    double IRead<double>.Read(byte* record) => BitConverter.UInt64BitsToDouble(load.Load(record));
}

/// <summary>
/// VAX floating point (MDF 3.30, "CNBLOCK", signal data types 4 to 6): 16-bit little-endian words, the highest first; the reserved operand (sign
/// without exponent) is no number.
/// </summary>
internal readonly unsafe struct VaxBits<TLoad>(TLoad load, int up, int bits, bool isD) : IRead<float>, IRead<double>
    where TLoad : struct, IBitLoad
{
    float IRead<float>.Read(byte* record) => (float)Value(record);

    double IRead<double>.Read(byte* record) => Value(record);

    private double Value(byte* record)
    {
        ulong stored = load.Load(record) << up >> (64 - bits);
        ulong words = bits == 32
            ? ((stored & 0xFFFF) << 48) | ((stored & 0xFFFF_0000) << 16)
            : (stored << 48) | ((stored & 0xFFFF_0000) << 16) | ((stored >> 16) & 0xFFFF_0000) | (stored >> 48);
        int exponentBits = bits == 64 && !isD ? 11 : 8;
        int exponent = (int)(words << 1 >> (64 - exponentBits));
        bool isNegative = words >> 63 != 0;
        if (exponent == 0) return isNegative ? double.NaN : 0;
        int fractionBits = 63 - exponentBits;
        // The hidden bit stands behind the point: 0.1f.
        double fraction = 0.5 + Math.ScaleB(words & ((1UL << fractionBits) - 1), -fractionBits - 1);
        double value = Math.ScaleB(fraction, exponent - (1 << (exponentBits - 1)));
        return isNegative ? -value : value;
    }
}
