namespace Mesh.Lakehouse.Maintenance;

/// <summary>How a table is laid out in files, at its current snapshot.</summary>
public sealed record TableStatistics
{
    /// <summary>The table.</summary>
    public required string Table { get; init; }

    /// <summary>The snapshot; null for an empty table.</summary>
    public long? SnapshotId { get; init; }

    /// <summary>When it was committed.</summary>
    public DateTimeOffset? CommittedAt { get; init; }

    /// <summary>Data files.</summary>
    public long Files { get; init; }

    /// <summary>Their bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>Their rows, those with row-level deletes included.</summary>
    public long Rows { get; init; }

    /// <summary>Average size of a data file in bytes; 0 without files.</summary>
    public long AverageFileBytes => Files == 0 ? 0 : Bytes / Files;

    /// <summary>Data files so small that compaction would take them.</summary>
    public long SmallFiles { get; init; }

    /// <summary>Their bytes.</summary>
    public long SmallBytes { get; init; }

    /// <summary>Files of row-level deletes.</summary>
    public long DeleteFiles { get; init; }

    /// <summary>Manifests, those of deletes included.</summary>
    public int Manifests { get; init; }

    /// <summary>Their bytes, which planning a scan of the whole table reads.</summary>
    public long ManifestBytes { get; init; }

    /// <summary>Snapshots.</summary>
    public int Snapshots { get; init; }

    /// <summary>When the oldest snapshot was committed.</summary>
    public DateTimeOffset? OldestSnapshotAt { get; init; }

    /// <summary>Branches and tags besides <c>main</c>.</summary>
    public int Refs { get; init; }
}
