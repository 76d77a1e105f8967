namespace Mesh.Columnar.Parquet;

/// <summary>
/// Reads integers as differences in blocks (Encodings.md, "DELTA_BINARY_PACKED = 5"), as many at a time as somebody asks for: what a header
/// claims takes no memory.
/// </summary>
internal sealed class DeltaDecoder
{
    private const int ScratchValues = 256;

    private readonly int[] narrow = new int[ScratchValues];
    private readonly long[] wide = new long[ScratchValues];
    private byte[] bytes = [];
    private int at;
    private int end;
    private int miniblockValues;
    private int miniblocks;
    private int widthsAt;
    private int nextMiniblock;
    private long minDelta;
    private long value;
    private bool isFirst;
    private int width;
    private long bit;
    private int miniblockLeft;
    private long deltasLeft;

    /// <summary>Values not read yet.</summary>
    public long Left => deltasLeft + (isFirst ? 1 : 0);

    /// <param name="source">Holds the blocks.</param>
    /// <param name="from">Where the header begins.</param>
    /// <param name="to">Where the blocks end at the latest.</param>
    public void Reset(byte[] source, int from, int to)
    {
        bytes = source;
        at = from;
        end = to;
        ulong blockValues = ReadVarint();
        ulong perBlock = ReadVarint();
        ulong total = ReadVarint();
        value = ReadZigZag();
        if (perBlock is 0 or > 1 << 16 || blockValues is 0 or > 1 << 24 || blockValues % perBlock != 0 || blockValues / perBlock % 8 != 0 || total > int.MaxValue)
        {
            throw new ParquetDataException("the header of delta-encoded values should give blocks of whole miniblocks");
        }

        miniblocks = (int)perBlock;
        miniblockValues = (int)(blockValues / perBlock);
        isFirst = total > 0;
        deltasLeft = Math.Max(0, (long)total - 1);
        nextMiniblock = miniblocks;
        miniblockLeft = 0;
    }

    /// <summary>Begins a page without values.</summary>
    public void Clear()
    {
        isFirst = false;
        deltasLeft = 0;
    }

    /// <summary>Where the blocks end, found without reading the values: call it before the first read.</summary>
    public int FindEnd()
    {
        var (start, left) = (at, deltasLeft);
        while (left > 0)
        {
            StartBlock();
            long bits = 0;
            for (int i = 0; i < miniblocks && left > 0; i++, left -= miniblockValues) bits += (long)bytes[widthsAt + i] * miniblockValues;
            if (bits / 8 > end - at) throw Broken();
            at += (int)(bits / 8);
        }

        int found = at;
        at = start;
        nextMiniblock = miniblocks;
        return found;
    }

    /// <summary>Fills the span or fails.</summary>
    public void Read(Span<int> target)
    {
        if (target.IsEmpty) return;
        if (target.Length > Left) throw Broken();
        int i = 0;
        if (isFirst) target[i++] = TakeFirst();
        while (i < target.Length)
        {
            int count = StartPiece(target.Length - i);
            var piece = target.Slice(i, count);
            int sum = (int)value, step = (int)minDelta;
            if (width == 0)
            {
                for (int j = 0; j < piece.Length; j++) piece[j] = sum += step;
            }
            else if (width <= 32)
            {
                var deltas = narrow.AsSpan(0, count);
                BitUnpack.ToInts(bytes.AsSpan(0, end), bit, width, deltas);
                for (int j = 0; j < deltas.Length && j < piece.Length; j++) piece[j] = sum += step + deltas[j];
            }
            else
            {
                var deltas = wide.AsSpan(0, count);
                BitUnpack.ToLongs(bytes.AsSpan(0, end), bit, width, deltas);
                for (int j = 0; j < deltas.Length; j++) piece[j] = sum += step + (int)deltas[j];
            }

            value = sum;
            EndPiece(count);
            i += count;
        }
    }

    /// <summary>Fills the span or fails.</summary>
    public void Read(Span<long> target)
    {
        if (target.IsEmpty) return;
        if (target.Length > Left) throw Broken();
        int i = 0;
        if (isFirst)
        {
            isFirst = false;
            target[i++] = value;
        }

        while (i < target.Length)
        {
            int count = StartPiece(target.Length - i);
            var piece = target.Slice(i, count);
            long sum = value, step = minDelta;
            if (width == 0)
            {
                for (int j = 0; j < piece.Length; j++) piece[j] = sum += step;
            }
            else if (width <= 25)
            {
                var deltas = narrow.AsSpan(0, count);
                BitUnpack.ToInts(bytes.AsSpan(0, end), bit, width, deltas);
                for (int j = 0; j < deltas.Length && j < piece.Length; j++) piece[j] = sum += step + deltas[j];
            }
            else
            {
                BitUnpack.ToLongs(bytes.AsSpan(0, end), bit, width, piece);
                for (int j = 0; j < piece.Length; j++) piece[j] = sum += step + piece[j];
            }

            value = sum;
            EndPiece(count);
            i += count;
        }
    }

    private int TakeFirst()
    {
        isFirst = false;
        return (int)value;
    }

    /// <summary>Values that come from one miniblock.</summary>
    private int StartPiece(int wanted)
    {
        if (miniblockLeft == 0) NextMiniblock();
        int count = Math.Min(Math.Min(wanted, miniblockLeft), ScratchValues);
        if (bit + ((long)count * width) > end * 8L) throw Broken();
        return count;
    }

    private void EndPiece(int count)
    {
        bit += (long)count * width;
        miniblockLeft -= count;
        deltasLeft -= count;
    }

    private void NextMiniblock()
    {
        if (nextMiniblock == miniblocks)
        {
            StartBlock();
            nextMiniblock = 0;
        }

        width = bytes[widthsAt + nextMiniblock++];
        if (width > 64) throw new ParquetDataException($"delta-encoded values take {width} bits");
        miniblockLeft = miniblockValues;
        bit = at * 8L;

        // Some writers leave out the padding of the last miniblock.
        at = (int)Math.Min(end, at + ((long)width * miniblockValues / 8));
    }

    private void StartBlock()
    {
        minDelta = ReadZigZag();
        widthsAt = at;
        if (miniblocks > end - at) throw Broken();
        at += miniblocks;
    }

    private long ReadZigZag()
    {
        ulong number = ReadVarint();
        return (long)(number >> 1) ^ -(long)(number & 1);
    }

    private ulong ReadVarint()
    {
        ulong number = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            if (at >= end) throw Broken();
            byte next = bytes[at++];
            number |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return number;
        }

        throw Broken();
    }

    private static ParquetDataException Broken() => new("delta-encoded values end before the last value of the page");
}
