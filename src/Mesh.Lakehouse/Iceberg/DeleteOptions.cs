namespace Mesh.Lakehouse.Iceberg;

/// <summary>How rows are deleted.</summary>
public sealed record DeleteOptions
{
    /// <summary>
    /// Whether files that hold deleted rows are written again without them (default: true). Erasure needs it: the rows are physically gone once the
    /// old snapshots expire. Otherwise position delete files are added, which is cheaper now and dearer for every reader.
    /// </summary>
    public bool Rewrite { get; init; } = true;

    /// <summary>Announces the snapshot; null for none.</summary>
    public SnapshotAnnouncer? Announce { get; init; }

    /// <summary>Entries for the snapshot's summary.</summary>
    public IReadOnlyDictionary<string, string> Summary { get; init; } = new Dictionary<string, string>();
}
