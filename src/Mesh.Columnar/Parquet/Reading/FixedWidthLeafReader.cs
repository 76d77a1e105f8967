using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mesh.Columnar.Parquet;

/// <summary>Reads integers, floats, instants, days and decimals.</summary>
internal sealed class FixedWidthLeafReader<T>(ParquetNode node, ChunkSource source, long valueCount) : LeafReader(node, source, valueCount)
    where T : unmanaged
{
    private const int IndexBlock = 1024;
    private readonly PooledList<T> values = new();
    private readonly int[] indexBlock = new int[IndexBlock];
    private readonly int width = node.PhysicalType switch
    {
        PhysicalType.Int32 or PhysicalType.Float => 4,
        PhysicalType.FixedLenByteArray => node.TypeLength,
        _ => 8,
    };

    private T[] dictionary = [];
    private byte[] page = [];
    private int at;
    private int end;

    public override ColumnVector BuildVector()
    {
        var slots = Slots.Find(this, Node);
        var bytes = new byte[slots.Length * Unsafe.SizeOf<T>()];
        var target = MemoryMarshal.Cast<byte, T>(bytes.AsSpan());
        var present = values.Span;
        if (slots.NullCount == 0)
        {
            present.CopyTo(target);
        }
        else
        {
            for (int i = 0, next = 0; i < target.Length; i++)
            {
                if ((slots.Validity[i >> 3] & (1 << (i & 7))) != 0) target[i] = present[next++];
            }
        }

        return new ColumnVector { Type = Node.Field.Type, Length = slots.Length, NullCount = slots.NullCount, Validity = slots.Validity, ValueBytes = bytes };
    }

    public override void Dispose()
    {
        base.Dispose();
        values.Free();
    }

    protected override void ReadDictionary(ReadOnlySpan<byte> plain, int count)
    {
        if ((long)count * width != plain.Length) throw new ParquetDataException($"a dictionary of {count:N0} values takes {plain.Length:N0} bytes");
        dictionary = new T[count];
        Decode(plain, dictionary);
    }

    protected override void StartPlain(byte[] page, int from, int to)
    {
        this.page = page;
        at = from;
        end = to;
    }

    protected override void ReadPlain(int count)
    {
        if ((long)count * width > end - at) throw new ParquetDataException("a page ends before its last value");
        Decode(page.AsSpan(at, count * width), values.Extend(count));
        at += count * width;
    }

    protected override void ReadIndexed(int count)
    {
        while (count > 0)
        {
            var block = indexBlock.AsSpan(0, Math.Min(count, IndexBlock));
            Indices.Read(block);
            var target = values.Extend(block.Length);
            for (int i = 0; i < block.Length; i++)
            {
                uint index = (uint)block[i];
                if (index >= (uint)dictionary.Length) throw new ParquetDataException("a dictionary index lies beyond the dictionary");
                target[i] = dictionary[index];
            }

            count -= block.Length;
        }
    }

    protected override void ClearValues() => values.Clear();

    private void Decode(ReadOnlySpan<byte> plain, Span<T> target)
    {
        if (typeof(T) == typeof(Int128)) DecodeDecimals(plain, MemoryMarshal.Cast<T, Int128>(target));
        else plain.CopyTo(MemoryMarshal.AsBytes(target));
    }

    private void DecodeDecimals(ReadOnlySpan<byte> plain, Span<Int128> target)
    {
        for (int i = 0; i < target.Length; i++)
        {
            var bytes = plain.Slice(i * width, width);
            if (Node.PhysicalType == PhysicalType.Int32) target[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes);
            else if (Node.PhysicalType == PhysicalType.Int64) target[i] = BinaryPrimitives.ReadInt64LittleEndian(bytes);
            else
            {
                Int128 value = (sbyte)bytes[0];
                for (int j = 1; j < bytes.Length; j++) value = (value << 8) | bytes[j];
                target[i] = value;
            }
        }
    }
}
