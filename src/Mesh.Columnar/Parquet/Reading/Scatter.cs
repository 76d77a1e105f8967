using System.Numerics;
using System.Runtime.InteropServices;

namespace Mesh.Columnar.Parquet;

/// <summary>Gives values their places among nulls.</summary>
internal static class Scatter
{
    /// <summary>Spreads the present values over the places whose bits are set; the others become zero.</summary>
    public static void Spread<T>(ReadOnlySpan<T> present, ReadOnlySpan<byte> validity, Span<T> target)
        where T : unmanaged
    {
        int next = 0;
        for (int i = 0; i < target.Length; i += 64)
        {
            ulong word = Word(validity, i >> 6);
            var places = target.Slice(i, Math.Min(64, target.Length - i));
            int count = BitOperations.PopCount(word);
            var values = present.Slice(next, count);
            next += count;
            if (count == places.Length)
            {
                values.CopyTo(places);
                continue;
            }

            places.Clear();
            for (int j = 0; j < values.Length; j++, word &= word - 1) places[BitOperations.TrailingZeroCount(word)] = values[j];
        }
    }

    /// <summary>Spreads the ends of present texts: a null ends where the one before does.</summary>
    /// <param name="ends">Of the present values.</param>
    /// <param name="validity">Bits of the places.</param>
    /// <param name="offsets">A place more than there are bits; the first is zero.</param>
    public static void SpreadEnds(ReadOnlySpan<int> ends, ReadOnlySpan<byte> validity, Span<int> offsets)
    {
        int next = 0, last = 0;
        offsets[0] = 0;
        for (int i = 0; i < offsets.Length - 1; i++)
        {
            if ((validity[i >> 3] & (1 << (i & 7))) != 0) last = ends[next++];
            offsets[i + 1] = last;
        }
    }

    /// <summary>64 bits, those beyond the last byte clear.</summary>
    public static ulong Word(ReadOnlySpan<byte> bits, int index)
    {
        int from = index * sizeof(ulong);
        if (bits.Length - from >= sizeof(ulong)) return MemoryMarshal.Read<ulong>(bits[from..]);
        ulong word = 0;
        for (int i = 0; from + i < bits.Length && i < sizeof(ulong); i++) word |= (ulong)bits[from + i] << (8 * i);
        return word;
    }
}
