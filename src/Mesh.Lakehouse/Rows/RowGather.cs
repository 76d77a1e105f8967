using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Mesh.Columnar;

namespace Mesh.Lakehouse.Rows;

/// <summary>Copies chosen rows of batches of one schema, in a chosen order.</summary>
public static class RowGather
{
    /// <summary>The chosen rows as one batch.</summary>
    /// <param name="batches">Batches of one schema.</param>
    /// <param name="rows">Rows of them, in the order wanted; one may appear twice.</param>
    public static RecordBatch Take(IReadOnlyList<RecordBatch> batches, ReadOnlySpan<RowRef> rows)
    {
        var schema = batches[0].Schema;
        var columns = new ColumnVector[schema.Fields.Count];
        var sources = new ColumnVector[batches.Count];
        for (int c = 0; c < columns.Length; c++)
        {
            for (int b = 0; b < sources.Length; b++) sources[b] = batches[b].Columns[c];
            columns[c] = Take(schema.Fields[c].Type, sources, rows);
        }

        return new RecordBatch(schema, rows.Length, columns);
    }

    private static ColumnVector Take(DataType type, ColumnVector[] sources, ReadOnlySpan<RowRef> rows)
    {
        byte[] validity = TakeValidity(sources, rows, out int nulls);
        byte[] offsets = [];
        byte[] values = [];
        ColumnVector[] children = [];
        switch (type.Kind)
        {
            case TypeKind.Boolean:
                values = TakeBits(sources, rows);
                break;
            case TypeKind.FixedBinary:
                values = TakeWidth(sources, rows, type.ByteWidth);
                break;
            case TypeKind.Utf8 or TypeKind.Binary:
                (offsets, values) = TakeBytes(sources, rows);
                break;
            case TypeKind.List or TypeKind.Map:
                (offsets, var elements) = TakeElements(sources, rows);
                children = [Take(type is MapType map ? map.Entries.Type : ((ListType)type).Element.Type, Array.ConvertAll(sources, source => source.Children[0]), elements)];
                break;
            case TypeKind.Struct:
                children = TakeChildren((StructType)type, sources, rows);
                break;
            default:
                values = type.ByteWidth switch
                {
                    2 => TakeFixed<short>(sources, rows),
                    4 => TakeFixed<int>(sources, rows),
                    8 => TakeFixed<long>(sources, rows),
                    16 => TakeFixed<Int128>(sources, rows),
                    _ => throw new NotSupportedException($"Rows of type {type.Kind} cannot be copied."),
                };
                break;
        }

        return new ColumnVector
        {
            Type = type, Length = rows.Length, NullCount = nulls, Validity = nulls > 0 ? validity : default,
            OffsetBytes = offsets, ValueBytes = values, Children = children,
        };
    }

    private static ColumnVector[] TakeChildren(StructType type, ColumnVector[] sources, ReadOnlySpan<RowRef> rows)
    {
        var children = new ColumnVector[type.Fields.Count];
        for (int i = 0; i < children.Length; i++)
        {
            int index = i;
            children[i] = Take(type.Fields[i].Type, Array.ConvertAll(sources, source => source.Children[index]), rows);
        }

        return children;
    }

    private static byte[] TakeValidity(ColumnVector[] sources, ReadOnlySpan<RowRef> rows, out int nulls)
    {
        nulls = 0;
        bool any = false;
        foreach (var source in sources) any |= source.NullCount > 0;
        if (!any) return [];

        var bits = new byte[(rows.Length + 7) >> 3];
        for (int i = 0; i < rows.Length; i++)
        {
            if (sources[rows[i].Batch].IsNull(rows[i].Row)) nulls++;
            else bits[i >> 3] |= (byte)(1 << (i & 7));
        }

        return bits;
    }

    private static byte[] TakeBits(ColumnVector[] sources, ReadOnlySpan<RowRef> rows)
    {
        var bits = new byte[(rows.Length + 7) >> 3];
        for (int i = 0; i < rows.Length; i++)
        {
            if (sources[rows[i].Batch].GetBoolean(rows[i].Row)) bits[i >> 3] |= (byte)(1 << (i & 7));
        }

        return bits;
    }

    private static byte[] TakeFixed<T>(ColumnVector[] sources, ReadOnlySpan<RowRef> rows)
        where T : unmanaged
    {
        var bytes = new byte[rows.Length * Unsafe.SizeOf<T>()];
        var values = MemoryMarshal.Cast<byte, T>(bytes.AsSpan());
        for (int i = 0; i < values.Length; i++) values[i] = sources[rows[i].Batch].Values<T>()[rows[i].Row];
        return bytes;
    }

    private static byte[] TakeWidth(ColumnVector[] sources, ReadOnlySpan<RowRef> rows, int width)
    {
        var bytes = new byte[checked(rows.Length * width)];
        for (int i = 0; i < rows.Length; i++) sources[rows[i].Batch].ValueBytes.Span.Slice(rows[i].Row * width, width).CopyTo(bytes.AsSpan(i * width));
        return bytes;
    }

    private static (byte[] Offsets, byte[] Values) TakeBytes(ColumnVector[] sources, ReadOnlySpan<RowRef> rows)
    {
        var offsetBytes = new byte[(rows.Length + 1) * sizeof(int)];
        var offsets = MemoryMarshal.Cast<byte, int>(offsetBytes.AsSpan());
        for (int i = 0; i < rows.Length; i++) offsets[i + 1] = checked(offsets[i] + sources[rows[i].Batch].GetBytes(rows[i].Row).Length);

        var values = new byte[offsets[rows.Length]];
        for (int i = 0; i < rows.Length; i++) sources[rows[i].Batch].GetBytes(rows[i].Row).CopyTo(values.AsSpan(offsets[i]));
        return (offsetBytes, values);
    }

    private static (byte[] Offsets, RowRef[] Elements) TakeElements(ColumnVector[] sources, ReadOnlySpan<RowRef> rows)
    {
        var offsetBytes = new byte[(rows.Length + 1) * sizeof(int)];
        var offsets = MemoryMarshal.Cast<byte, int>(offsetBytes.AsSpan());
        for (int i = 0; i < rows.Length; i++)
        {
            var source = sources[rows[i].Batch].Offsets;
            offsets[i + 1] = checked(offsets[i] + source[rows[i].Row + 1] - source[rows[i].Row]);
        }

        var elements = new RowRef[offsets[rows.Length]];
        for (int i = 0, next = 0; i < rows.Length; i++)
        {
            var source = sources[rows[i].Batch].Offsets;
            for (int e = source[rows[i].Row]; e < source[rows[i].Row + 1]; e++) elements[next++] = new RowRef(rows[i].Batch, e);
        }

        return (offsetBytes, elements);
    }
}
