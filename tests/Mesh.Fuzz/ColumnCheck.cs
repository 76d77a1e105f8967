using Mesh.Columnar;

namespace Mesh.Fuzz;

/// <summary>What must hold for every column, whatever it was made of.</summary>
public static class ColumnCheck
{
    /// <summary>Checks the columns of a batch.</summary>
    public static void Check(RecordBatch batch)
    {
        foreach (var column in batch.Columns) Check(column, batch.Length);
    }

    /// <summary>Checks a column of so many values.</summary>
    public static void Check(ColumnVector column, int length)
    {
        Require(column.Length == length, column, $"{column.Length} values instead of {length}");
        Require(column.NullCount >= 0 && column.NullCount <= length, column, $"{column.NullCount} nulls of {length}");
        Require(column.NullCount == 0 || column.Validity.Length * 8L >= length, column, "validity is too short");
        switch (column.Type.Kind)
        {
            case TypeKind.Boolean:
                Require(column.ValueBytes.Length * 8L >= length, column, "too few bits");
                break;
            case TypeKind.Utf8 or TypeKind.Binary:
                CheckOffsets(column, column.ValueBytes.Length);
                break;
            case TypeKind.List or TypeKind.Map:
                CheckOffsets(column, column.Children[0].Length);
                Check(column.Children[0], column.Children[0].Length);
                break;
            case TypeKind.Struct:
                foreach (var child in column.Children) Check(child, length);
                break;
            default:
                Require(column.ValueBytes.Length >= (long)length * column.Type.ByteWidth, column, "too few bytes");
                break;
        }
    }

    /// <summary>Whether two columns hold the same values, bit for bit.</summary>
    public static bool AreSame(ColumnVector one, ColumnVector other)
    {
        if (one.Length != other.Length || one.NullCount != other.NullCount || one.Children.Count != other.Children.Count) return false;
        for (int i = 0; i < one.Length; i++)
        {
            if (one.IsNull(i) != other.IsNull(i)) return false;
            if (one.Type.Kind == TypeKind.Boolean && !one.IsNull(i) && one.GetBoolean(i) != other.GetBoolean(i)) return false;
        }

        if (!one.OffsetBytes.Span.SequenceEqual(other.OffsetBytes.Span)) return false;
        if (one.Type.Kind != TypeKind.Boolean && !one.ValueBytes.Span.SequenceEqual(other.ValueBytes.Span)) return false;
        for (int i = 0; i < one.Children.Count; i++)
        {
            if (!AreSame(one.Children[i], other.Children[i])) return false;
        }

        return true;
    }

    private static void CheckOffsets(ColumnVector column, int end)
    {
        if (column.Length == 0) return;
        var offsets = column.Offsets;
        Require(offsets.Length > column.Length, column, $"{offsets.Length} offsets for {column.Length} values");
        Require(offsets[0] >= 0, column, $"begins at {offsets[0]}");
        for (int i = 1; i <= column.Length; i++)
        {
            if (offsets[i] < offsets[i - 1]) Require(false, column, $"value {i - 1} ends before it begins");
        }

        Require(offsets[column.Length] <= end, column, $"ends at {offsets[column.Length]} of {end}");
    }

    private static void Require(bool holds, ColumnVector column, string what)
    {
        if (!holds) throw new FuzzException($"column {column.Type.Kind}: {what}");
    }
}
