using System.Numerics;
using Mesh.Columnar;

namespace Mesh.Lakehouse.Rows;

/// <summary>The order of rows by some of their columns, ascending, nulls last; rows that are equal keep the order they came in.</summary>
public sealed class RowOrder : IComparer<RowRef>
{
    private readonly IReadOnlyList<RecordBatch> batches;
    private readonly int[] keys;

    /// <param name="batches">Batches of one schema.</param>
    /// <param name="sortBy">Names of columns; those that the schema does not have, or that have no order, are left out.</param>
    public RowOrder(IReadOnlyList<RecordBatch> batches, IReadOnlyList<string> sortBy)
    {
        this.batches = batches;
        var schema = batches[0].Schema;
        keys = [.. sortBy.Select(schema.IndexOf).Where(index => index >= 0 && schema.Fields[index].Type.Kind is not (TypeKind.List or TypeKind.Map or TypeKind.Struct))];
    }

    /// <summary>Whether the batches, one after the other, are in order as they are.</summary>
    public bool IsSorted()
    {
        if (keys.Length == 0) return true;
        if (FirstKeys() is { } firstKeys)
        {
            for (int i = 1; i < firstKeys.Length; i++)
            {
                if (firstKeys[i] < firstKeys[i - 1]) return false;
            }

            if (keys.Length == 1) return true;
        }

        RowRef? last = null;
        for (int b = 0; b < batches.Count; b++)
        {
            for (int r = 0; r < batches[b].Length; r++)
            {
                var row = new RowRef(b, r);
                if (last is { } previous && CompareKeys(previous, row) > 0) return false;
                last = row;
            }
        }

        return true;
    }

    /// <summary>All rows in order.</summary>
    public RowRef[] Sort()
    {
        var rows = new RowRef[batches.Sum(batch => batch.Length)];
        int next = 0;
        for (int b = 0; b < batches.Count; b++)
        {
            for (int r = 0; r < batches[b].Length; r++) rows[next++] = new RowRef(b, r);
        }

        if (FirstKeys() is not { } firstKeys)
        {
            Array.Sort(rows, this);
            return rows;
        }

        Array.Sort(firstKeys, rows);
        for (int start = 0, end; start < rows.Length; start = end)
        {
            end = start + 1;
            while (end < rows.Length && firstKeys[end] == firstKeys[start]) end++;
            if (end - start > 1) Array.Sort(rows, start, end - start, this);
        }

        return rows;
    }

    /// <inheritdoc/>
    public int Compare(RowRef x, RowRef y)
    {
        int order = CompareKeys(x, y);
        if (order != 0) return order;
        return x.Batch != y.Batch ? x.Batch.CompareTo(y.Batch) : x.Row.CompareTo(y.Row);
    }

    // The first key of every row, where comparing integers is all it takes, else null. Most tables are sorted by time, and a comparison
    // through batches and columns costs many times one of two numbers in an array.
    private long[]? FirstKeys()
    {
        if (keys.Length == 0) return null;
        int column = keys[0];
        var kind = batches[0].Schema.Fields[column].Type.Kind;
        if (!IsInt64(kind) && kind is not (TypeKind.Int32 or TypeKind.Date32)) return null;
        if (batches.Any(batch => batch.Columns[column].NullCount > 0)) return null;

        long[] values = new long[batches.Sum(batch => batch.Length)];
        int next = 0;
        foreach (var batch in batches)
        {
            var into = values.AsSpan(next, batch.Length);
            next += batch.Length;
            if (IsInt64(kind))
            {
                batch.Columns[column].Values<long>().CopyTo(into);
                continue;
            }

            var narrow = batch.Columns[column].Values<int>();
            for (int row = 0; row < into.Length; row++) into[row] = narrow[row];
        }

        return values;
    }

    private static bool IsInt64(TypeKind kind) => kind is TypeKind.Int64 or TypeKind.TimestampMicros or TypeKind.TimestampNanos
        or TypeKind.LocalTimestampMicros or TypeKind.LocalTimestampNanos or TypeKind.TimeMicros;

    private int CompareKeys(RowRef x, RowRef y)
    {
        foreach (int key in keys)
        {
            int order = Compare(batches[x.Batch].Columns[key], x.Row, batches[y.Batch].Columns[key], y.Row);
            if (order != 0) return order;
        }

        return 0;
    }

    private static int Compare(ColumnVector x, int i, ColumnVector y, int j)
    {
        if (x.IsNull(i) || y.IsNull(j)) return x.IsNull(i).CompareTo(y.IsNull(j));
        return x.Type.Kind switch
        {
            var kind when IsInt64(kind) => Compare<long>(x, i, y, j),
            TypeKind.Int32 or TypeKind.Date32 => Compare<int>(x, i, y, j),
            TypeKind.Float16 => Compare<Half>(x, i, y, j),
            TypeKind.Float32 => Compare<float>(x, i, y, j),
            TypeKind.Float64 => Compare<double>(x, i, y, j),
            TypeKind.Decimal128 => Compare<Int128>(x, i, y, j),
            TypeKind.Boolean => x.GetBoolean(i).CompareTo(y.GetBoolean(j)),
            TypeKind.Uuid or TypeKind.FixedBinary => Fixed(x, i).SequenceCompareTo(Fixed(y, j)),
            _ => x.GetBytes(i).SequenceCompareTo(y.GetBytes(j)),
        };
    }

    private static ReadOnlySpan<byte> Fixed(ColumnVector vector, int row) => vector.ValueBytes.Span.Slice(row * vector.Type.ByteWidth, vector.Type.ByteWidth);

    private static int Compare<T>(ColumnVector x, int i, ColumnVector y, int j)
        where T : unmanaged, INumber<T> => x.Values<T>()[i].CompareTo(y.Values<T>()[j]);
}
