namespace Mesh.Lakehouse.Iceberg;

/// <summary>Which rows of a table to read.</summary>
public sealed record ScanOptions
{
    /// <summary>Only rows added after this snapshot; null for all.</summary>
    public long? AfterSnapshotId { get; init; }

    /// <summary>The snapshot to read; null for the current one.</summary>
    public long? SnapshotId { get; init; }

    /// <summary>Top-level columns; null for all.</summary>
    public IReadOnlyList<string>? Columns { get; init; }
}
