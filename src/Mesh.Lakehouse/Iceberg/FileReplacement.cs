namespace Mesh.Lakehouse.Iceberg;

/// <summary>Files that take the place of others with the same rows, as compaction makes them (Iceberg operation <c>replace</c>).</summary>
public sealed record FileReplacement
{
    /// <summary>
    /// The snapshot the removed files were read at. Row-level deletes that came later and touch them make the replacement a conflict:
    /// the new files would bring deleted rows back.
    /// </summary>
    public required long ReadSnapshotId { get; init; }

    /// <summary>URIs of data and delete files to remove; all must still be in the table.</summary>
    public required IReadOnlyList<string> RemovedUris { get; init; }

    /// <summary>Files to add.</summary>
    public required IReadOnlyList<DataFile> Added { get; init; }

    /// <summary>Entries for the snapshot's summary.</summary>
    public IReadOnlyDictionary<string, string> Summary { get; init; } = new Dictionary<string, string>();
}
