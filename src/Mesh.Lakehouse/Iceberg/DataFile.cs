using Mesh.Columnar.Parquet;

namespace Mesh.Lakehouse.Iceberg;

/// <summary>A Parquet file of a table, as its manifest lists it.</summary>
public sealed record DataFile
{
    /// <summary>Absolute URI.</summary>
    public required string Uri { get; init; }

    /// <summary>Rows.</summary>
    public required long RowCount { get; init; }

    /// <summary>Size.</summary>
    public required long FileBytes { get; init; }

    /// <summary>Partition values in the order of the spec: int, long, string or null.</summary>
    public required IReadOnlyList<object?> Partition { get; init; }

    /// <summary>Metrics per leaf column.</summary>
    public IReadOnlyList<ColumnMetrics> Columns { get; init; } = [];

    /// <summary>File offsets of the row groups.</summary>
    public IReadOnlyList<long> SplitOffsets { get; init; } = [];
}
