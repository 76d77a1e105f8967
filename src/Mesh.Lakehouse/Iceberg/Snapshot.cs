namespace Mesh.Lakehouse.Iceberg;

/// <summary>A state of a table (Iceberg specification, "Snapshots").</summary>
public sealed record Snapshot(
    long SnapshotId, long? ParentSnapshotId, long SequenceNumber, DateTimeOffset CommittedAt, string ManifestListUri,
    IReadOnlyDictionary<string, string> Summary, int SchemaId)
{
    /// <summary>Rows added by this snapshot.</summary>
    public long AddedRows => Summary.TryGetValue("added-records", out string? text) ? long.Parse(text) : 0;

    /// <summary>Rows in the table at this snapshot.</summary>
    public long TotalRows => Summary.TryGetValue("total-records", out string? text) ? long.Parse(text) : 0;
}
