using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mesh.Columnar.Parquet;

/// <summary>Reads texts and byte strings of variable length, and the decimals stored as such.</summary>
internal sealed class BinaryLeafReader(ParquetNode node, ChunkSource source, long valueCount, ColumnMemory? memory)
    : LeafReader(node, source, valueCount, memory)
{
    private const int Block = 1024;

    private readonly PooledList<byte> bytes = new();
    private readonly PooledList<int> ends = new();
    private readonly int[] indexBlock = new int[Block];
    private readonly ByteArrayDecoder decoder = new();
    private readonly PooledList<byte> dictionary = new();
    private readonly PooledList<int> dictionaryEnds = new();

    public override void Dispose()
    {
        base.Dispose();
        bytes.Free();
        ends.Free();
        dictionary.Free();
        dictionaryEnds.Free();
    }

    protected override ColumnVector BuildVector()
    {
        var slots = Slots.Find(this, Node);
        if (Node.Field.Type.Kind == TypeKind.Decimal128) return BuildDecimals(slots);
        int offsetBytes = (slots.Length + 1) * sizeof(int);
        byte[] offsetArray = Take(offsetBytes);
        var offsets = MemoryMarshal.Cast<byte, int>(offsetArray.AsSpan(0, offsetBytes));
        if (slots.NullCount == 0)
        {
            offsets[0] = 0;
            ends.Span.CopyTo(offsets[1..]);
        }
        else
        {
            Scatter.SpreadEnds(ends.Span, slots.Validity, offsets);
        }

        byte[] values = Take(bytes.Length);
        bytes.Span.CopyTo(values);
        return new ColumnVector
        {
            Type = Node.Field.Type,
            Length = slots.Length,
            NullCount = slots.NullCount,
            Validity = slots.Validity,
            OffsetBytes = offsetArray.AsMemory(0, offsetBytes),
            ValueBytes = values.AsMemory(0, bytes.Length),
        };
    }

    protected override void ReadDictionary(ReadOnlySpan<byte> plain, int count)
    {
        if ((long)count * sizeof(int) > plain.Length) throw new ParquetDataException($"a dictionary of {count:N0} values takes {plain.Length:N0} bytes");
        var plainDecoder = new ByteArrayDecoder();
        plainDecoder.Start(Encoding.Plain, plain.ToArray(), 0, plain.Length);
        plainDecoder.Read(count, dictionary, dictionaryEnds);
    }

    protected override bool TryStartValues(Encoding encoding, byte[] page, int from, int to, int entries)
    {
        if (encoding is not (Encoding.Plain or Encoding.DeltaLengthByteArray or Encoding.DeltaByteArray)) return false;
        decoder.Start(encoding, page, from, to);
        return true;
    }

    protected override void ReadValues(int count) => decoder.Read(count, bytes, ends);

    protected override void ReadIndexed(int count)
    {
        for (; count > 0; count -= Block)
        {
            var block = indexBlock.AsSpan(0, Math.Min(count, Block));
            Indices.Read(block);
            Append(block);
        }
    }

    protected override void ClearValues()
    {
        bytes.Clear();
        ends.Clear();
    }

    private void Append(ReadOnlySpan<int> block)
    {
        var known = dictionaryEnds.Span;
        if (MaxOf(block) >= (uint)known.Length) throw new ParquetDataException("a dictionary index lies beyond the dictionary");
        var targetEnds = ends.Extend(block.Length);
        int start = bytes.Length;
        long total = start;
        ref int firstEnd = ref MemoryMarshal.GetReference(known);
        for (int i = 0; i < block.Length; i++)
        {
            int index = block[i];
            total += Unsafe.Add(ref firstEnd, index) - (index == 0 ? 0 : Unsafe.Add(ref firstEnd, index - 1));
            targetEnds[i] = (int)Math.Min(total, int.MaxValue);
        }

        ByteArrayDecoder.RequireRoom(bytes, total - start);
        var source = dictionary.Span;
        var target = bytes.Extend((int)(total - start));
        for (int i = 0, to = 0; i < block.Length; i++)
        {
            int length = targetEnds[i] - start - to;
            ByteArrayDecoder.CopyShort(source, known[block[i]] - length, target, to, length);
            to += length;
        }
    }

    private ColumnVector BuildDecimals(in Slots slots)
    {
        int byteCount = slots.Length * Unsafe.SizeOf<Int128>();
        byte[] array = Take(byteCount);
        var target = MemoryMarshal.Cast<byte, Int128>(array.AsSpan(0, byteCount));
        var present = ends.Span;
        for (int i = 0, next = 0, from = 0; i < target.Length; i++)
        {
            target[i] = 0;
            if (slots.NullCount > 0 && (slots.Validity[i >> 3] & (1 << (i & 7))) == 0) continue;
            target[i] = StoredValues.ToDecimal(bytes.Span[from..present[next]]);
            from = present[next++];
        }

        return new ColumnVector { Type = Node.Field.Type, Length = slots.Length, NullCount = slots.NullCount, Validity = slots.Validity, ValueBytes = array.AsMemory(0, byteCount) };
    }
}
