using System.Numerics;

namespace Mesh.Columnar.Parquet;

/// <summary>
/// DELTA_BINARY_PACKED (Encodings.md, 5): differences of neighbours, in blocks of 2,048 (of few values, 512) packed as miniblocks of 128 or, where widths hardly
/// change, 256.
/// </summary>
internal static class DeltaBinaryPackedEncoder
{
    private const int Block = 2048;
    private const int ShortBlock = 512;
    private const int ShortMiniBlock = 128;
    private const int LongMiniBlock = 256;

    /// <summary>Appends the encoded values; differences wrap around as the type does.</summary>
    public static void Encode<T>(ReadOnlySpan<T> values, PooledList<byte> target)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        Span<T> deltas = stackalloc T[Block];

        int block = values.Length > ShortBlock ? Block : ShortBlock;
        int miniBlock = values.Length > Block ? ChooseMiniBlock(values[..(Block + 1)], deltas) : ShortMiniBlock;
        int miniBlocks = block / miniBlock;
        WriteVarint((ulong)block, target);
        WriteVarint((ulong)miniBlocks, target);
        WriteVarint((ulong)values.Length, target);
        WriteZigZag(values.IsEmpty ? 0 : long.CreateTruncating(values[0]), target);
        for (int at = 1; at < values.Length; at += block)
        {
            int count = Math.Min(block, values.Length - at);
            T least = Differences(values.Slice(at - 1, count + 1), deltas);
            WriteZigZag(long.CreateTruncating(least), target);
            deltas[count..].Clear();
            int widthsAt = target.Length;
            target.Extend(miniBlocks).Clear();
            for (int i = 0; i < miniBlocks && i * miniBlock < count; i++)
            {
                // Places behind the last value stay zero.
                var mini = deltas.Slice(i * miniBlock, miniBlock);
                int width = SubtractAndMeasure(mini[..Math.Min(miniBlock, count - (i * miniBlock))], least);
                target.Span[widthsAt + i] = (byte)width;
                if (width > 0) BitPacker.Pack<T>(mini, width, target);
            }
        }
    }

    /// <summary>What makes the first block smaller: a width takes a byte, and a miniblock takes its largest width for every value.</summary>
    private static int ChooseMiniBlock<T>(ReadOnlySpan<T> values, Span<T> deltas)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        T least = Differences(values, deltas);
        int wasted = 0;
        for (int at = 0; at < Block; at += LongMiniBlock)
        {
            int first = SubtractAndMeasure(deltas.Slice(at, ShortMiniBlock), least), second = SubtractAndMeasure(deltas.Slice(at + ShortMiniBlock, ShortMiniBlock), least);
            wasted += Math.Abs(first - second) * ShortMiniBlock / 8;
        }

        return wasted <= Block / LongMiniBlock ? LongMiniBlock : ShortMiniBlock;
    }

    /// <returns>The smallest difference.</returns>
    private static T Differences<T>(ReadOnlySpan<T> values, Span<T> deltas)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        int count = values.Length - 1, i = 0;
        T least = T.MaxValue;
        if (count >= Vector<T>.Count)
        {
            var minima = new Vector<T>(T.MaxValue);
            for (; i <= count - Vector<T>.Count; i += Vector<T>.Count)
            {
                var difference = new Vector<T>(values[(i + 1)..]) - new Vector<T>(values[i..]);
                difference.CopyTo(deltas[i..]);
                minima = Vector.Min(minima, difference);
            }

            for (int lane = 0; lane < Vector<T>.Count; lane++) least = T.Min(least, minima[lane]);
        }

        for (; i < count; i++)
        {
            deltas[i] = unchecked(values[i + 1] - values[i]);
            least = T.Min(least, deltas[i]);
        }

        return least;
    }

    /// <returns>Bits of the largest remainder, taken as unsigned.</returns>
    private static int SubtractAndMeasure<T>(Span<T> deltas, T least)
        where T : unmanaged, IBinaryInteger<T>
    {
        int i = 0;
        T bits = T.Zero;
        if (deltas.Length >= Vector<T>.Count)
        {
            var subtrahend = new Vector<T>(least);
            var any = Vector<T>.Zero;
            for (; i <= deltas.Length - Vector<T>.Count; i += Vector<T>.Count)
            {
                var remainder = new Vector<T>(deltas[i..]) - subtrahend;
                remainder.CopyTo(deltas[i..]);
                any |= remainder;
            }

            for (int lane = 0; lane < Vector<T>.Count; lane++) bits |= any[lane];
        }

        for (; i < deltas.Length; i++)
        {
            deltas[i] = unchecked(deltas[i] - least);
            bits |= deltas[i];
        }

        return (bits.GetByteCount() * 8) - int.CreateTruncating(T.LeadingZeroCount(bits));
    }

    private static void WriteZigZag(long value, PooledList<byte> target) => WriteVarint((ulong)((value << 1) ^ (value >> 63)), target);

    private static void WriteVarint(ulong value, PooledList<byte> target)
    {
        for (; value >= 0x80; value >>= 7) target.Add((byte)(value | 0x80));
        target.Add((byte)value);
    }
}
