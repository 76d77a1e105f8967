namespace Mesh.Lakehouse.Iceberg.Manifests;

/// <summary>A manifest as a manifest list names it (Iceberg specification, "Manifest Lists").</summary>
internal sealed record ManifestFile
{
    public required string Path { get; init; }

    public required long Length { get; init; }

    public required int PartitionSpecId { get; init; }

    /// <summary>0 data, 1 deletes.</summary>
    public int Content { get; init; }

    public required long SequenceNumber { get; init; }

    public required long MinSequenceNumber { get; init; }

    public required long AddedSnapshotId { get; init; }

    public int AddedFiles { get; init; }

    public int ExistingFiles { get; init; }

    public int DeletedFiles { get; init; }

    public long AddedRows { get; init; }

    public long ExistingRows { get; init; }

    public long DeletedRows { get; init; }

    public IReadOnlyList<FieldSummary> Partitions { get; init; } = [];

    public byte[]? KeyMetadata { get; init; }

    /// <summary>Row id of the first row whose file has none of its own; format version 3, data manifests only.</summary>
    public long? FirstRowId { get; init; }

    /// <summary>False when it only tells what its snapshot removed. Counts that a writer of version 1 left out read as -1.</summary>
    public bool MayHoldLiveFiles => AddedFiles != 0 || ExistingFiles != 0;

    /// <summary>Files that are in the table, as far as they were counted.</summary>
    public long LiveFiles => Math.Max(0, AddedFiles) + (long)Math.Max(0, ExistingFiles);

    /// <summary>Rows, or deletes, of those files.</summary>
    public long LiveRows => Math.Max(0, AddedRows) + Math.Max(0, ExistingRows);
}

/// <summary>Range of one partition field over the files of a manifest; bounds in single-value serialisation.</summary>
internal sealed record FieldSummary(bool ContainsNull, bool? ContainsNan, byte[]? LowerBound, byte[]? UpperBound);

/// <summary>State of a file in a manifest.</summary>
internal enum ManifestEntryStatus
{
    /// <summary>Added by an earlier snapshot than the manifest's.</summary>
    Existing = 0,
    /// <summary>Added by the manifest's snapshot.</summary>
    Added = 1,
    /// <summary>Removed by the manifest's snapshot.</summary>
    Deleted = 2,
}

/// <summary>A file in a manifest. Sequence numbers are null only where they are inherited: for added files of a manifest not yet committed.</summary>
internal sealed record ManifestEntry(ManifestEntryStatus Status, long? SnapshotId, long? SequenceNumber, long? FileSequenceNumber, DataFile File);
