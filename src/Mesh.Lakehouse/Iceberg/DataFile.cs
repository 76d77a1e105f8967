using Mesh.Columnar.Parquet;

namespace Mesh.Lakehouse.Iceberg;

/// <summary>A file of a table, of rows or of deletes, as its manifest lists it.</summary>
public sealed record DataFile
{
    /// <summary>Absolute URI.</summary>
    public required string Uri { get; init; }

    /// <summary>What it holds (default: rows).</summary>
    public DataFileContent Content { get; init; }

    /// <summary>Format as manifests name it (default: <c>PARQUET</c>, the only one that is read).</summary>
    public string Format { get; init; } = "PARQUET";

    /// <summary>Rows, or deletes.</summary>
    public required long RowCount { get; init; }

    /// <summary>Size.</summary>
    public required long FileBytes { get; init; }

    /// <summary>
    /// Partition values in the order of the spec: bool, int (also dates and what year, month, day, hour and bucket make), long (also times of
    /// all kinds), float, double, decimal, string, byte[], Guid or null.
    /// </summary>
    public required IReadOnlyList<object?> Partition { get; init; }

    /// <summary>
    /// Spec of the partition values of a file to be added; null for the table's current one. A writer that was told another spec than the table
    /// has by now says so here, as <see cref="Table.PartitionSpecId"/> had it.
    /// </summary>
    public int? PartitionSpecId { get; init; }

    /// <summary>Metrics per leaf column.</summary>
    public IReadOnlyList<ColumnMetrics> Columns { get; init; } = [];

    /// <summary>File offsets of the row groups.</summary>
    public IReadOnlyList<long> SplitOffsets { get; init; } = [];

    /// <summary>Ids of the columns that equality deletes compare; empty for other files.</summary>
    public IReadOnlyList<int> EqualityFieldIds { get; init; } = [];

    /// <summary>The sort order the rows have; null for the table's when a file is added, and for none when it is read.</summary>
    public int? SortOrderId { get; init; }

    /// <summary>URI of the only data file that position deletes are for; null when they may be for several.</summary>
    public string? ReferencedDataFile { get; init; }

    /// <summary>Key metadata of an encrypted file, carried along.</summary>
    public byte[]? KeyMetadata { get; init; }

    /// <summary>Where in the file a deletion vector begins; null for other files.</summary>
    public long? ContentOffset { get; init; }

    /// <summary>Length of the deletion vector in bytes; null for other files.</summary>
    public long? ContentBytes { get; init; }

    /// <summary>Row id of the first row (format version 3); null when it is inherited or the table has none.</summary>
    public long? FirstRowId { get; init; }
}
