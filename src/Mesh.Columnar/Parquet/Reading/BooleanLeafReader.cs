namespace Mesh.Columnar.Parquet;

/// <summary>Reads truth values, as bits or run-length encoded.</summary>
internal sealed class BooleanLeafReader(ParquetNode node, ChunkSource source, long valueCount) : LeafReader(node, source, valueCount)
{
    private readonly PooledList<byte> values = new();
    private readonly RleDecoder runs = new();
    private bool isRle;
    private byte[] page = [];
    private long bit;
    private long endBit;

    public override ColumnVector BuildVector()
    {
        var slots = Slots.Find(this, Node);
        var bits = new byte[(slots.Length + 7) / 8];
        var present = values.Span;
        for (int i = 0, next = 0; i < slots.Length; i++)
        {
            if (slots.NullCount > 0 && (slots.Validity[i >> 3] & (1 << (i & 7))) == 0) continue;
            bits[i >> 3] |= (byte)((present[next++] & 1) << (i & 7));
        }

        return new ColumnVector { Type = Node.Field.Type, Length = slots.Length, NullCount = slots.NullCount, Validity = slots.Validity, ValueBytes = bits };
    }

    public override void Dispose()
    {
        base.Dispose();
        values.Free();
    }

    protected override void ReadDictionary(ReadOnlySpan<byte> plain, int count) => throw new ParquetDataException("booleans have no dictionary");

    protected override void StartPlain(byte[] page, int from, int to)
    {
        isRle = false;
        this.page = page;
        bit = from * 8L;
        endBit = to * 8L;
    }

    protected override void StartRle(byte[] page, int from, int to)
    {
        isRle = true;
        if (to - from < sizeof(int)) throw new ParquetDataException("a page ends before its values");
        runs.Reset(page, from + sizeof(int), to, 1);
    }

    protected override void ReadPlain(int count)
    {
        var target = values.Extend(count);
        if (isRle)
        {
            runs.Read(target);
            return;
        }

        if (count > endBit - bit) throw new ParquetDataException("a page ends before its last value");
        for (int i = 0; i < target.Length; i++, bit++) target[i] = (byte)((page[bit >> 3] >> (int)(bit & 7)) & 1);
    }

    protected override void ReadIndexed(int count) => throw new ParquetDataException("booleans have no dictionary");

    protected override void ClearValues() => values.Clear();
}
