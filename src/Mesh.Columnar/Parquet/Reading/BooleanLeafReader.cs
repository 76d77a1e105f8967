using System.Runtime.Intrinsics;

namespace Mesh.Columnar.Parquet;

/// <summary>Reads truth values, as bits or run-length encoded.</summary>
internal sealed class BooleanLeafReader(ParquetNode node, ChunkSource source, long valueCount, ColumnMemory? memory)
    : LeafReader(node, source, valueCount, memory)
{
    private readonly PooledList<byte> values = new();
    private readonly PooledList<byte> spread = new();
    private readonly RleDecoder runs = new();
    private bool isPlain;
    private byte[] page = [];
    private long bit;
    private long endBit;

    public override void Dispose()
    {
        base.Dispose();
        values.Free();
        spread.Free();
    }

    protected override ColumnVector BuildVector()
    {
        var slots = Slots.Find(this, Node);
        var present = values.Span;
        if (slots.NullCount > 0)
        {
            spread.Clear();
            var all = spread.Extend(slots.Length);
            Scatter.Spread(present, slots.Validity, all);
            present = all;
        }

        int byteCount = (slots.Length + 7) / 8;
        byte[] bits = Take(byteCount);
        Pack(present, bits.AsSpan(0, byteCount));
        return new ColumnVector
        {
            Type = Node.Field.Type,
            Length = slots.Length,
            NullCount = slots.NullCount,
            Validity = slots.Validity,
            ValueBytes = bits.AsMemory(0, byteCount),
        };
    }

    protected override void ReadDictionary(ReadOnlySpan<byte> plain, int count) => throw new ParquetDataException("booleans have no dictionary");

    protected override bool TryStartValues(Encoding encoding, byte[] page, int from, int to, int entries)
    {
        isPlain = encoding == Encoding.Plain;
        switch (encoding)
        {
            case Encoding.Plain:
                this.page = page;
                bit = from * 8L;
                endBit = to * 8L;
                return true;
            case Encoding.Rle:
                // A length that pages of version 2 have too; a page of nulls alone may lack it.
                runs.Reset(page, Math.Min(from + sizeof(int), to), to, 1);
                return true;
            case Encoding.BitPacked:
                runs.ResetBitPacked(page, from, to, 1, (int)Math.Min(entries, (to - from) * 8L));
                return true;
            default:
                return false;
        }
    }

    protected override void ReadValues(int count)
    {
        if (!isPlain)
        {
            runs.Read(values.Extend(count));
            return;
        }

        if (count > endBit - bit) throw new ParquetDataException("a page ends before its last value");
        BitUnpack.ToBytes(page.AsSpan(0, (int)(endBit >> 3)), bit, 1, values.Extend(count));
        bit += count;
    }

    protected override void ReadIndexed(int count) => throw new ParquetDataException("booleans have no dictionary");

    protected override void BeginValues(int likely) => values.Clear();

    /// <summary>Bits of bytes that are 0 or 1.</summary>
    private static void Pack(ReadOnlySpan<byte> truths, Span<byte> bits)
    {
        int i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i + 32 <= truths.Length; i += 32)
            {
                uint word = Vector256.Equals(Vector256.Create(truths[i..]), Vector256<byte>.One).ExtractMostSignificantBits();
                System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(bits[(i >> 3)..], word);
            }
        }

        bits[(i >> 3)..].Clear();
        for (; i < truths.Length; i++) bits[i >> 3] |= (byte)((truths[i] & 1) << (i & 7));
    }
}
