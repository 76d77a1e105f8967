using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mesh.Columnar.Parquet;

/// <summary>Reads integers, floats, instants, days and decimals.</summary>
internal sealed class FixedWidthLeafReader<T>(ParquetNode node, ChunkSource source, long valueCount, ColumnMemory? memory)
    : LeafReader(node, source, valueCount, memory)
    where T : unmanaged
{
    private const int Block = 1024;
    private readonly VectorBuffer<T> values = new(memory);
    private readonly int[] indexBlock = new int[Block];
    private readonly int width = StoredValues.WidthOf(node);
    private readonly bool isAsStored = StoredValues.IsAsStored<T>(node);
    private readonly FixedDecoder decoder = new(node.PhysicalType, StoredValues.WidthOf(node));
    private byte[] stored = [];
    private T[] dictionary = [];

    public override void Dispose()
    {
        base.Dispose();
        values.Free();
        decoder.Dispose();
    }

    protected override ColumnVector BuildVector()
    {
        var slots = Slots.Find(this, Node);
        return new ColumnVector
        {
            Type = Node.Field.Type,
            Length = slots.Length,
            NullCount = slots.NullCount,
            Validity = slots.Validity,
            ValueBytes = slots.NullCount == 0 ? values.Detach() : Spread(slots),
        };
    }

    protected override void ReadDictionary(ReadOnlySpan<byte> plain, int count)
    {
        if ((long)count * width != plain.Length) throw new ParquetDataException($"a dictionary of {count:N0} values takes {plain.Length:N0} bytes");
        dictionary = new T[count];
        StoredValues.Convert<T>(Node, plain, dictionary);
    }

    protected override bool TryStartValues(Encoding encoding, byte[] page, int from, int to, int entries) => decoder.TryStart(encoding, page, from, to);

    protected override void ReadValues(int count)
    {
        decoder.Require(count);
        if (isAsStored)
        {
            decoder.Read(MemoryMarshal.AsBytes(values.Extend(count)));
            return;
        }

        if (stored.Length == 0) stored = new byte[Block * width];
        while (count > 0)
        {
            int some = Math.Min(count, Block);
            var bytes = stored.AsSpan(0, some * width);
            decoder.Read(bytes);
            StoredValues.Convert(Node, bytes, values.Extend(some));
            count -= some;
        }
    }

    protected override void ReadIndexed(int count)
    {
        while (count > 0)
        {
            var block = indexBlock.AsSpan(0, Math.Min(count, Block));
            Indices.Read(block);
            if (MaxOf(block) >= (uint)dictionary.Length) throw new ParquetDataException("a dictionary index lies beyond the dictionary");
            var target = values.Extend(block.Length);
            ref T first = ref MemoryMarshal.GetArrayDataReference(dictionary);
            for (int i = 0; i < block.Length && i < target.Length; i++) target[i] = Unsafe.Add(ref first, (nuint)(uint)block[i]);
            count -= block.Length;
        }
    }

    protected override void BeginValues(int likely) => values.Begin(likely);

    private Memory<byte> Spread(in Slots slots)
    {
        int byteCount = slots.Length * Unsafe.SizeOf<T>();
        byte[] bytes = Take(byteCount);
        Scatter.Spread<T>(values.Span, slots.Validity, MemoryMarshal.Cast<byte, T>(bytes.AsSpan(0, byteCount)));
        return bytes.AsMemory(0, byteCount);
    }
}
