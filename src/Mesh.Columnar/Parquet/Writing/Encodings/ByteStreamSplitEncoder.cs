using System.Buffers.Binary;

namespace Mesh.Columnar.Parquet;

/// <summary>BYTE_STREAM_SPLIT (Encodings.md, 9): the first bytes of all values, then their second bytes, and so on.</summary>
internal static class ByteStreamSplitEncoder
{
    private const int Group = 8;

    /// <summary>Appends the encoded values.</summary>
    /// <param name="plain">Values in plain encoding.</param>
    /// <param name="width">Bytes of each.</param>
    /// <param name="target">Takes as many bytes as there are.</param>
    public static void Encode(ReadOnlySpan<byte> plain, int width, PooledList<byte> target)
    {
        var streams = target.Extend(plain.Length);
        int count = plain.Length / width;
        int done = width switch { 4 => EncodeFour(plain, streams, count), 8 => EncodeEight(plain, streams, count), _ => 0 };
        for (int stream = 0; stream < width; stream++)
        {
            var to = streams.Slice(stream * count, count);
            for (int i = done; i < to.Length; i++) to[i] = plain[(i * width) + stream];
        }
    }

    /// <returns>Values encoded.</returns>
    private static int EncodeEight(ReadOnlySpan<byte> plain, Span<byte> streams, int count)
    {
        Span<ulong> rows = stackalloc ulong[Group];
        int i = 0;
        for (; i <= count - Group; i += Group)
        {
            for (int row = 0; row < Group; row++) rows[row] = BinaryPrimitives.ReadUInt64LittleEndian(plain[((i + row) * 8)..]);
            Transpose(rows);
            for (int row = 0; row < Group; row++) BinaryPrimitives.WriteUInt64LittleEndian(streams[((row * count) + i)..], rows[row]);
        }

        return i;
    }

    /// <summary>Two groups at a time: value i and value i + 8 share a row, whose columns then are the streams of either group.</summary>
    private static int EncodeFour(ReadOnlySpan<byte> plain, Span<byte> streams, int count)
    {
        Span<ulong> rows = stackalloc ulong[Group];
        int i = 0;
        for (; i <= count - (2 * Group); i += 2 * Group)
        {
            for (int row = 0; row < Group; row++)
            {
                uint low = BinaryPrimitives.ReadUInt32LittleEndian(plain[((i + row) * 4)..]);
                rows[row] = low | ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(plain[((i + Group + row) * 4)..]) << 32);
            }

            Transpose(rows);
            for (int row = 0; row < 4; row++)
            {
                var stream = streams[((row * count) + i)..];
                BinaryPrimitives.WriteUInt64LittleEndian(stream, rows[row]);
                BinaryPrimitives.WriteUInt64LittleEndian(stream[Group..], rows[row + 4]);
            }
        }

        return i;
    }

    /// <summary>Makes row i of bytes column i: swaps quarters of ever smaller squares.</summary>
    private static void Transpose(Span<ulong> rows)
    {
        ulong a = rows[0], b = rows[1], c = rows[2], d = rows[3], e = rows[4], f = rows[5], g = rows[6], h = rows[7];
        Swap(ref a, ref e, 32, 0x00000000FFFFFFFF);
        Swap(ref b, ref f, 32, 0x00000000FFFFFFFF);
        Swap(ref c, ref g, 32, 0x00000000FFFFFFFF);
        Swap(ref d, ref h, 32, 0x00000000FFFFFFFF);
        Swap(ref a, ref c, 16, 0x0000FFFF0000FFFF);
        Swap(ref b, ref d, 16, 0x0000FFFF0000FFFF);
        Swap(ref e, ref g, 16, 0x0000FFFF0000FFFF);
        Swap(ref f, ref h, 16, 0x0000FFFF0000FFFF);
        Swap(ref a, ref b, 8, 0x00FF00FF00FF00FF);
        Swap(ref c, ref d, 8, 0x00FF00FF00FF00FF);
        Swap(ref e, ref f, 8, 0x00FF00FF00FF00FF);
        Swap(ref g, ref h, 8, 0x00FF00FF00FF00FF);
        (rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], rows[6], rows[7]) = (a, b, c, d, e, f, g, h);
    }

    private static void Swap(ref ulong low, ref ulong high, int shift, ulong mask)
    {
        ulong difference = ((low >> shift) ^ high) & mask;
        high ^= difference;
        low ^= difference << shift;
    }
}
