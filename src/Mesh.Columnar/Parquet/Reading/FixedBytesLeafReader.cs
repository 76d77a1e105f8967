namespace Mesh.Columnar.Parquet;

/// <summary>Reads byte strings of one length: UUIDs, half-precision numbers and others.</summary>
internal sealed class FixedBytesLeafReader(ParquetNode node, ChunkSource source, long valueCount, ColumnMemory? memory)
    : LeafReader(node, source, valueCount, memory)
{
    private const int Block = 1024;
    private readonly PooledList<byte> values = new();
    private readonly int[] indexBlock = new int[Block];
    private readonly int width = node.TypeLength;
    private readonly FixedDecoder decoder = new(node.PhysicalType, node.TypeLength);
    private byte[] dictionary = [];

    public override void Dispose()
    {
        base.Dispose();
        values.Free();
        decoder.Dispose();
    }

    protected override ColumnVector BuildVector()
    {
        var slots = Slots.Find(this, Node);
        long byteCount = (long)slots.Length * width;
        if (byteCount > ByteArrayDecoder.MaxBatchBytes) throw new ParquetDataException($"a batch holds more than {ByteArrayDecoder.MaxBatchBytes:N0} bytes");
        byte[] bytes = Take((int)byteCount);
        var target = bytes.AsSpan(0, (int)byteCount);
        var present = values.Span;
        if (slots.NullCount == 0)
        {
            present.CopyTo(target);
        }
        else
        {
            target.Clear();
            for (int i = 0; i < slots.Length; i++)
            {
                if ((slots.Validity[i >> 3] & (1 << (i & 7))) == 0) continue;
                present[..width].CopyTo(target[(i * width)..]);
                present = present[width..];
            }
        }

        return new ColumnVector
        {
            Type = Node.Field.Type,
            Length = slots.Length,
            NullCount = slots.NullCount,
            Validity = slots.Validity,
            ValueBytes = bytes.AsMemory(0, (int)byteCount),
        };
    }

    protected override void ReadDictionary(ReadOnlySpan<byte> plain, int count)
    {
        if ((long)count * width != plain.Length) throw new ParquetDataException($"a dictionary of {count:N0} values takes {plain.Length:N0} bytes");
        dictionary = plain.ToArray();
    }

    protected override bool TryStartValues(Encoding encoding, byte[] page, int from, int to, int entries) => decoder.TryStart(encoding, page, from, to);

    protected override void ReadValues(int count)
    {
        decoder.Require(count);
        for (; count > 0; count -= Block)
        {
            int some = Math.Min(count, Block);
            ByteArrayDecoder.RequireRoom(values.Length + ((long)some * width));
            decoder.Read(values.Extend(some * width));
        }
    }

    protected override void ReadIndexed(int count)
    {
        for (; count > 0; count -= Block)
        {
            var block = indexBlock.AsSpan(0, Math.Min(count, Block));
            Indices.Read(block);
            if (MaxOf(block) >= (uint)(dictionary.Length / width)) throw new ParquetDataException("a dictionary index lies beyond the dictionary");
            ByteArrayDecoder.RequireRoom(values.Length + ((long)block.Length * width));
            foreach (int index in block) values.Append(dictionary.AsSpan(index * width, width));
        }
    }

    protected override void BeginValues(int likely) => values.Clear();
}
