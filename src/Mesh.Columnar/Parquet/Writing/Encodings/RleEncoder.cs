using System.Numerics;
using System.Runtime.CompilerServices;

namespace Mesh.Columnar.Parquet;

/// <summary>The RLE / bit-packing hybrid of levels and dictionary indices (Encodings.md, "RLE = 3").</summary>
internal static class RleEncoder
{
    private const int Group = BitPacker.Group;

    /// <summary>Bits that hold every value up to <paramref name="max"/>.</summary>
    public static int BitWidth(int max) => max == 0 ? 0 : BitOperations.Log2((uint)max) + 1;

    /// <summary>Appends the encoded values, without a length.</summary>
    public static void Encode<T>(ReadOnlySpan<T> values, int bitWidth, PooledList<byte> target)
        where T : unmanaged, IBinaryInteger<T>
    {
        int at = 0;
        while (at < values.Length)
        {
            int run = RunLength(values[at..]);
            if (run >= Group)
            {
                WriteVarint((uint)run << 1, target);
                uint value = uint.CreateTruncating(values[at]);
                for (int i = 0; i < bitWidth; i += 8) target.Add((byte)(value >> i));
                at += run;
                continue;
            }

            // Bit-packed runs consist of whole groups of eight, so a run is looked for only where a group begins.
            int end = at + Group;
            while (end < values.Length && !StartsRun(values[end..])) end += Group;
            WriteVarint(((uint)(end - at) / Group << 1) | 1, target);
            BitPacker.Pack(values[at..Math.Min(end, values.Length)], bitWidth, target);
            at = end;
        }
    }

    private static int RunLength<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryInteger<T>
    {
        int end = values.IndexOfAnyExcept(values[0]);
        return end < 0 ? values.Length : end;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool StartsRun<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryInteger<T>
    {
        if (values.Length < Group) return false;
        T first = values[0];
        return values[1] == first && values[2] == first && values[..Group].IndexOfAnyExcept(first) < 0;
    }

    private static void WriteVarint(uint value, PooledList<byte> target)
    {
        for (; value >= 0x80; value >>= 7) target.Add((byte)(value | 0x80));
        target.Add((byte)value);
    }
}
