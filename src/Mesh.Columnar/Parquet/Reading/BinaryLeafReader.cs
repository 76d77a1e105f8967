using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Mesh.Columnar.Parquet;

/// <summary>Reads texts and byte strings, of variable or fixed length.</summary>
internal sealed class BinaryLeafReader(ParquetNode node, ChunkSource source, long valueCount) : LeafReader(node, source, valueCount)
{
    /// <summary>A dictionary makes gigabytes out of a few bytes; a batch this large is nobody's data.</summary>
    private const int MaxBatchBytes = 1 << 30;
    private const int IndexBlock = 1024;

    private readonly PooledList<byte> bytes = new();
    private readonly PooledList<int> ends = new();
    private readonly int[] indexBlock = new int[IndexBlock];
    private byte[] dictionary = [];
    private int[] dictionaryOffsets = [0];
    private byte[] page = [];
    private int at;
    private int end;

    public override ColumnVector BuildVector()
    {
        var slots = Slots.Find(this, Node);
        var offsets = new int[slots.Length + 1];
        var present = ends.Span;
        for (int i = 0, next = 0; i < slots.Length; i++)
        {
            bool isNull = slots.NullCount > 0 && (slots.Validity[i >> 3] & (1 << (i & 7))) == 0;
            offsets[i + 1] = isNull ? offsets[i] : present[next++];
        }

        return new ColumnVector
        {
            Type = Node.Field.Type,
            Length = slots.Length,
            NullCount = slots.NullCount,
            Validity = slots.Validity,
            OffsetBytes = MemoryMarshal.AsBytes(offsets.AsSpan()).ToArray(),
            ValueBytes = bytes.Span.ToArray(),
        };
    }

    public override void Dispose()
    {
        base.Dispose();
        bytes.Free();
        ends.Free();
    }

    protected override void ReadDictionary(ReadOnlySpan<byte> plain, int count)
    {
        if ((long)count * PrefixBytes > plain.Length) throw new ParquetDataException($"a dictionary of {count:N0} values takes {plain.Length:N0} bytes");
        dictionary = new byte[plain.Length - (count * (Node.PhysicalType == PhysicalType.ByteArray ? sizeof(int) : 0))];
        dictionaryOffsets = new int[count + 1];
        int from = 0, to = 0;
        for (int i = 0; i < count; i++)
        {
            var value = NextPlain(plain, ref from);
            if (value.Length > dictionary.Length - to) throw new ParquetDataException("a dictionary ends before its last value");
            value.CopyTo(dictionary.AsSpan(to));
            to += value.Length;
            dictionaryOffsets[i + 1] = to;
        }
    }

    protected override void StartPlain(byte[] page, int from, int to)
    {
        this.page = page;
        at = from;
        end = to;
    }

    protected override void ReadPlain(int count)
    {
        var source = page.AsSpan(0, end);
        for (int i = 0; i < count; i++) Append(NextPlain(source, ref at));
    }

    protected override void ReadIndexed(int count)
    {
        while (count > 0)
        {
            var block = indexBlock.AsSpan(0, Math.Min(count, IndexBlock));
            Indices.Read(block);
            foreach (int index in block)
            {
                if ((uint)index >= (uint)(dictionaryOffsets.Length - 1)) throw new ParquetDataException("a dictionary index lies beyond the dictionary");
                int from = dictionaryOffsets[index];
                Append(dictionary.AsSpan(from, dictionaryOffsets[index + 1] - from));
            }

            count -= block.Length;
        }
    }

    protected override void ClearValues()
    {
        bytes.Clear();
        ends.Clear();
    }

    private int PrefixBytes => Node.PhysicalType == PhysicalType.ByteArray ? sizeof(int) : Node.TypeLength;

    private ReadOnlySpan<byte> NextPlain(ReadOnlySpan<byte> source, ref int from)
    {
        int length = Node.TypeLength;
        if (Node.PhysicalType == PhysicalType.ByteArray)
        {
            if (source.Length - from < sizeof(int)) throw new ParquetDataException("a page ends before its last value");
            length = BinaryPrimitives.ReadInt32LittleEndian(source[from..]);
            from += sizeof(int);
        }

        if (length < 0 || length > source.Length - from) throw new ParquetDataException("a page ends before its last value");
        var value = source.Slice(from, length);
        from += length;
        return value;
    }

    private void Append(ReadOnlySpan<byte> value)
    {
        if ((long)bytes.Length + value.Length > MaxBatchBytes) throw new ParquetDataException($"a batch holds more than {MaxBatchBytes:N0} bytes");
        bytes.Append(value);
        ends.Add(bytes.Length);
    }
}
