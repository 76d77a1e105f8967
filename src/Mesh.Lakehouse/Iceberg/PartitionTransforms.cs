using Mesh.Columnar;

namespace Mesh.Lakehouse.Iceberg;

/// <summary>Computes partition values.</summary>
public static class PartitionTransforms
{
    /// <summary>
    /// Value of <paramref name="field"/> for row <paramref name="row"/> of the source column: int for day, hour, month, year and bucket;
    /// the column's own value (int, long, string) for identity and truncate; null for null.
    /// </summary>
    public static object? Apply(PartitionField field, ColumnVector source, int row) => throw new NotSupportedException();

    /// <summary>The value as it appears in a file path (<c>2026-11-22</c> for a day).</summary>
    public static string ToPathText(PartitionField field, object? value) => throw new NotSupportedException();
}
