using System.Numerics;
using System.Runtime.InteropServices;

namespace Mesh.Columnar.ArrowIpc.Format;

/// <summary>Brings integers to the width and unit of the column they become.</summary>
internal static class ArrowIntegers
{
    /// <param name="source">Little-endian integers of <paramref name="bits"/> bits.</param>
    /// <param name="bits">8, 16, 32 or 64.</param>
    /// <param name="isSigned">Whether they are signed.</param>
    /// <param name="target">Takes as many of 4, 8 or 16 bytes.</param>
    /// <param name="targetBytes">Bytes of each.</param>
    public static void Widen(ReadOnlySpan<byte> source, int bits, bool isSigned, Span<byte> target, int targetBytes)
    {
        switch (bits, isSigned)
        {
            case (8, true): Widen<sbyte>(source, target, targetBytes); break;
            case (8, false): Widen<byte>(source, target, targetBytes); break;
            case (16, true): Widen<short>(source, target, targetBytes); break;
            case (16, false): Widen<ushort>(source, target, targetBytes); break;
            case (32, true): Widen<int>(source, target, targetBytes); break;
            case (32, false): Widen<uint>(source, target, targetBytes); break;
            case (_, true): Widen<long>(source, target, targetBytes); break;
            default: Widen<ulong>(source, target, targetBytes); break;
        }
    }

    /// <summary>Multiplies by <paramref name="scale"/>, or divides by its amount when it is negative; null places become 0.</summary>
    /// <exception cref="InvalidDataException">A value does not fit the finer unit.</exception>
    public static void Scale(Span<long> values, long scale, ReadOnlySpan<byte> validity)
    {
        for (int i = 0; i < values.Length; i++)
        {
            bool isNull = !validity.IsEmpty && (validity[i >> 3] & (1 << (i & 7))) == 0;
            if (isNull) values[i] = 0;
            else if (scale < 0) values[i] = (values[i] / -scale) - (values[i] % scale < 0 ? 1 : 0);
            else if (values[i] > long.MaxValue / scale || values[i] < long.MinValue / scale) throw new InvalidDataException("a time is beyond what its column can hold");
            else values[i] *= scale;
        }
    }

    private static void Widen<TFrom>(ReadOnlySpan<byte> source, Span<byte> target, int targetBytes)
        where TFrom : unmanaged, IBinaryInteger<TFrom>
    {
        switch (targetBytes)
        {
            case sizeof(int): Widen(MemoryMarshal.Cast<byte, TFrom>(source), MemoryMarshal.Cast<byte, int>(target)); break;
            case sizeof(long): Widen(MemoryMarshal.Cast<byte, TFrom>(source), MemoryMarshal.Cast<byte, long>(target)); break;
            default: Widen(MemoryMarshal.Cast<byte, TFrom>(source), MemoryMarshal.Cast<byte, Int128>(target)); break;
        }
    }

    private static void Widen<TFrom, TTo>(ReadOnlySpan<TFrom> source, Span<TTo> target)
        where TFrom : unmanaged, IBinaryInteger<TFrom>
        where TTo : unmanaged, IBinaryInteger<TTo>
    {
        for (int i = 0; i < target.Length; i++) target[i] = TTo.CreateTruncating(source[i]);
    }
}
