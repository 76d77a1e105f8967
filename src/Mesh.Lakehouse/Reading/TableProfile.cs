using Mesh.Columnar;

namespace Mesh.Lakehouse.Reading;

/// <summary>What the manifests of a snapshot say of a table's columns. Bounds and counts include rows that row-level deletes have taken out.</summary>
/// <param name="SnapshotId">The snapshot; null for an empty table.</param>
/// <param name="Files">Data files looked at.</param>
/// <param name="IsComplete">Whether these are all; false when the limit was reached.</param>
/// <param name="FilesWithDeletes">Of them, those that row-level deletes apply to.</param>
/// <param name="Rows">Their rows.</param>
/// <param name="Columns">Leaf columns in the order of the schema.</param>
public sealed record TableProfile(long? SnapshotId, long Files, bool IsComplete, long FilesWithDeletes, long Rows, IReadOnlyList<ColumnProfile> Columns);

/// <summary>What the manifests say of a leaf column.</summary>
/// <param name="Path">Names joined by dots; <c>element</c>, <c>key</c> and <c>value</c> lead into lists and maps.</param>
/// <param name="Field">The column.</param>
public sealed record ColumnProfile(string Path, Field Field)
{
    /// <summary>Values, absent ones included, of the files that tell.</summary>
    public long Values { get; init; }

    /// <summary>Absent values of the files that tell.</summary>
    public long Nulls { get; init; }

    /// <summary>NaNs of the files that tell.</summary>
    public long NotNumbers { get; init; }

    /// <summary>Compressed bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>Smallest value as in <see cref="Iceberg.DataFile.Partition"/>, or less where text is cut; null when no file tells.</summary>
    public object? Lower { get; init; }

    /// <summary>Largest value, or more where text is cut; null when no file tells.</summary>
    public object? Upper { get; init; }

    /// <summary>Files that tell nothing of the column: written before it was added, or by a program that leaves its metrics out.</summary>
    public long SilentFiles { get; init; }
}
