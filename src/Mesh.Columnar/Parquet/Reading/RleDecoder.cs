namespace Mesh.Columnar.Parquet;

/// <summary>
/// Reads the RLE / bit-packing hybrid of levels and dictionary indices (Encodings.md, "RLE = 3"), and the older bit-packing of levels, as many
/// values at a time as somebody asks for: what a run claims takes no memory.
/// </summary>
internal sealed class RleDecoder
{
    private byte[] bytes = [];
    private int at;
    private int end;
    private int bitWidth;
    private bool isFromTop;
    private uint repeated;
    private uint repeatedLeft;
    private long packedBit;
    private long packedLeft;

    /// <param name="source">Holds the runs.</param>
    /// <param name="from">Where they begin.</param>
    /// <param name="to">Where they end.</param>
    /// <param name="width">Bits of a value, at most 32.</param>
    public void Reset(byte[] source, int from, int to, int width)
    {
        if (width > 32) throw new ParquetDataException($"values of {width} bits are run-length encoded");
        bytes = source;
        at = from;
        end = to;
        bitWidth = width;
        isFromTop = false;
        repeatedLeft = 0;
        packedLeft = 0;
    }

    /// <summary>Begins values that are bit-packed without runs, most significant bit first.</summary>
    public void ResetBitPacked(byte[] source, int from, int to, int width, int count)
    {
        Reset(source, from, to, width);
        if ((long)count * width > (to - from) * 8L) throw Broken();
        isFromTop = true;
        packedBit = from * 8L;
        packedLeft = count;
        at = end;
    }

    /// <summary>Fills the span with values of up to 8 bits, or fails.</summary>
    public void Read(Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            int count = StartPiece(target.Length);
            var piece = target[..count];
            if (repeatedLeft > 0)
            {
                piece.Fill((byte)repeated);
                repeatedLeft -= (uint)count;
            }
            else
            {
                if (isFromTop) BitUnpack.ToBytesFromTop(bytes.AsSpan(0, end), packedBit, bitWidth, piece);
                else BitUnpack.ToBytes(bytes.AsSpan(0, end), packedBit, bitWidth, piece);
                EndPacked(count);
            }

            target = target[count..];
        }
    }

    /// <summary>Fills the span with values of up to 32 bits, or fails.</summary>
    public void Read(Span<int> target)
    {
        while (!target.IsEmpty)
        {
            int count = StartPiece(target.Length);
            var piece = target[..count];
            if (repeatedLeft > 0)
            {
                piece.Fill((int)repeated);
                repeatedLeft -= (uint)count;
            }
            else
            {
                BitUnpack.ToInts(bytes.AsSpan(0, end), packedBit, bitWidth, piece);
                EndPacked(count);
            }

            target = target[count..];
        }
    }

    /// <summary>Values that come from one run.</summary>
    private int StartPiece(int wanted)
    {
        if (repeatedLeft == 0 && packedLeft == 0) NextRun();
        return (int)Math.Min(wanted, repeatedLeft > 0 ? repeatedLeft : packedLeft);
    }

    private void EndPacked(int count)
    {
        packedLeft -= count;
        packedBit += (long)count * bitWidth;
    }

    private void NextRun()
    {
        uint header = ReadVarint();
        uint count = header >> 1;
        int valueBytes = (bitWidth + 7) / 8;
        if ((header & 1) == 0)
        {
            if (end - at < valueBytes || count == 0) throw Broken();
            repeated = 0;
            for (int i = 0; i < valueBytes; i++) repeated |= (uint)bytes[at++] << (8 * i);
            repeatedLeft = count;
            return;
        }

        // Some writers leave out the padding of the last group.
        long groupBytes = (long)count * bitWidth;
        long available = Math.Min(groupBytes, end - at);
        packedLeft = bitWidth == 0 ? count * 8L : Math.Min(count * 8L, available * 8 / bitWidth);
        if (packedLeft == 0) throw Broken();
        packedBit = (long)at * 8;
        at += (int)available;
    }

    private uint ReadVarint()
    {
        uint value = 0;
        for (int shift = 0; shift < 35; shift += 7)
        {
            if (at >= end) throw Broken();
            byte next = bytes[at++];
            value |= (uint)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }

        throw Broken();
    }

    private static ParquetDataException Broken() => new("levels or indices end before the last value of the page");
}
