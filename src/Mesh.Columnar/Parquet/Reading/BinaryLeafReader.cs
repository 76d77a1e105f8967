using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mesh.Columnar.Parquet;

/// <summary>Reads texts and byte strings of variable length, and the decimals stored as such.</summary>
internal sealed class BinaryLeafReader(ParquetNode node, ChunkSource source, long valueCount, ColumnMemory? memory)
    : LeafReader(node, source, valueCount, memory)
{
    private const int Block = 1024;

    /// <summary>Texts of a dictionary up to this length are gathered without measuring the block first.</summary>
    private const int ShortBytes = ByteArrayDecoder.Wide;

    /// <summary>Most bytes taken ahead of values for a batch that is likely to need them.</summary>
    private const int MaxExpectedBytes = 8 << 20;

    private readonly VectorBuffer<byte> bytes = new(memory);

    /// <summary>Where values end, behind the zero at which the first one begins.</summary>
    private readonly VectorBuffer<int> offsets = new(memory);
    private readonly int[] indexBlock = new int[Block];
    private readonly ByteArrayDecoder decoder = new();
    private readonly VectorBuffer<byte> dictionary = new(null);

    /// <summary>Of each value in the dictionary: where it begins in the high half, its length in the low one.</summary>
    private readonly PooledList<long> entries = new();
    private int longestEntry;
    private int expectedValues;
    private double meanBytes;

    public override void Dispose()
    {
        base.Dispose();
        bytes.Free();
        offsets.Free();
        dictionary.Free();
        entries.Free();
    }

    protected override ColumnVector BuildVector()
    {
        var slots = Slots.Find(this, Node);
        RequireOrigin();
        return Node.Field.Type.Kind == TypeKind.Decimal128 ? BuildDecimals(slots) : new ColumnVector
        {
            Type = Node.Field.Type,
            Length = slots.Length,
            NullCount = slots.NullCount,
            Validity = slots.Validity,
            OffsetBytes = slots.NullCount == 0 ? offsets.Detach() : SpreadOffsets(slots),
            ValueBytes = bytes.Detach(),
        };
    }

    protected override void ReadDictionary(ReadOnlySpan<byte> plain, int count)
    {
        if ((long)count * sizeof(int) > plain.Length) throw new ParquetDataException($"a dictionary of {count:N0} values takes {plain.Length:N0} bytes");
        var plainDecoder = new ByteArrayDecoder();
        var ends = new VectorBuffer<int>(null);
        dictionary.Expect(plain.Length);
        plainDecoder.Start(Encoding.Plain, plain.ToArray(), 0, plain.Length);
        plainDecoder.Read(count, dictionary, ends);

        // Wide moves read beyond the last value.
        dictionary.Reserve(ByteArrayDecoder.Wide);
        var places = entries.Extend(count);
        int start = 0;
        for (int i = 0; i < count; i++)
        {
            int end = ends.Span[i];
            places[i] = ((long)start << 32) | (uint)(end - start);
            longestEntry = Math.Max(longestEntry, end - start);
            start = end;
        }

        meanBytes = count == 0 ? 0 : (double)start / count;
    }

    protected override bool TryStartValues(Encoding encoding, byte[] page, int from, int to, int entries)
    {
        if (encoding is not (Encoding.Plain or Encoding.DeltaLengthByteArray or Encoding.DeltaByteArray)) return false;
        decoder.Start(encoding, page, from, to);
        double lengths = encoding == Encoding.Plain ? sizeof(int) : 0;
        meanBytes = Math.Max(0, ((double)(to - from) / Math.Max(1, entries)) - lengths);
        return true;
    }

    protected override void ReadValues(int count)
    {
        Expect(count);
        decoder.Read(count, bytes, offsets);
    }

    protected override void ReadIndexed(int count)
    {
        Expect(count);
        for (; count > 0; count -= Block)
        {
            var block = indexBlock.AsSpan(0, Math.Min(count, Block));
            Indices.Read(block);
            if (MaxOf(block) >= (uint)entries.Length) throw new ParquetDataException("a dictionary index lies beyond the dictionary");
            if (longestEntry <= ShortBytes) AppendShort(block);
            else AppendAny(block);
        }
    }

    protected override void BeginValues(int likely)
    {
        expectedValues = likely;
        bytes.Begin(0);
        offsets.Begin(likely > 0 ? likely + 1 : 0);
    }

    /// <summary>Takes memory for the whole batch at once where the page tells how large its values are.</summary>
    private void Expect(int count)
    {
        if (offsets.Length > 0) return;
        RequireOrigin();
        bytes.Expect((int)Math.Min(MaxExpectedBytes, Math.Max(count, expectedValues) * meanBytes * 1.02) + (Block * ShortBytes));
    }

    private void RequireOrigin()
    {
        if (offsets.Length == 0) offsets.Extend(1)[0] = 0;
    }

    private void AppendShort(ReadOnlySpan<int> block)
    {
        var ends = offsets.Extend(block.Length);
        int room = (block.Length * longestEntry) + ByteArrayDecoder.Wide;
        ByteArrayDecoder.RequireRoom((long)bytes.Length + room);
        bytes.Reserve(room);
        ref byte target = ref bytes.First;
        ref byte source = ref dictionary.First;
        ref long place = ref MemoryMarshal.GetArrayDataReference(entries.Array);
        int to = bytes.Length;
        for (int i = 0; i < block.Length && i < ends.Length; i++)
        {
            long entry = Unsafe.Add(ref place, block[i]);
            Vector256.LoadUnsafe(ref source, (nuint)(entry >> 32)).StoreUnsafe(ref target, (nuint)to);
            to += (int)entry;
            ends[i] = to;
        }

        bytes.SetLength(to);
    }

    private void AppendAny(ReadOnlySpan<int> block)
    {
        var ends = offsets.Extend(block.Length);
        ref long place = ref MemoryMarshal.GetArrayDataReference(entries.Array);
        long total = bytes.Length;
        foreach (int index in block) total += (uint)Unsafe.Add(ref place, index);
        ByteArrayDecoder.RequireRoom(total + ByteArrayDecoder.Wide);
        bytes.Reserve((int)total - bytes.Length + ByteArrayDecoder.Wide);
        ref byte target = ref bytes.First;
        ref byte source = ref dictionary.First;
        int to = bytes.Length;
        for (int i = 0; i < block.Length && i < ends.Length; i++)
        {
            long entry = Unsafe.Add(ref place, block[i]);
            ByteArrayDecoder.CopyWide(ref Unsafe.Add(ref source, (nint)(entry >> 32)), ref Unsafe.Add(ref target, to), (int)entry);
            to += (int)entry;
            ends[i] = to;
        }

        bytes.SetLength(to);
    }

    private Memory<byte> SpreadOffsets(in Slots slots)
    {
        int byteCount = (slots.Length + 1) * sizeof(int);
        byte[] array = Take(byteCount);
        Scatter.SpreadEnds(offsets.Span[1..], slots.Validity, MemoryMarshal.Cast<byte, int>(array.AsSpan(0, byteCount)));
        return array.AsMemory(0, byteCount);
    }

    private ColumnVector BuildDecimals(in Slots slots)
    {
        int byteCount = slots.Length * Unsafe.SizeOf<Int128>();
        byte[] array = Take(byteCount);
        var target = MemoryMarshal.Cast<byte, Int128>(array.AsSpan(0, byteCount));
        var present = offsets.Span[1..];
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
