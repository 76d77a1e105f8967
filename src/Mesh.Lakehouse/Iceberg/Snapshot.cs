namespace Mesh.Lakehouse.Iceberg;

/// <summary>A state of a table (Iceberg specification, "Snapshots").</summary>
public sealed record Snapshot(
    long SnapshotId, long? ParentSnapshotId, long SequenceNumber, DateTimeOffset CommittedAt, string ManifestListUri,
    IReadOnlyDictionary<string, string> Summary, int SchemaId)
{
    /// <summary>Property of the summary that is <c>false</c> when the files added hold only rows that were there before, as erasure leaves them.</summary>
    public const string NewRowsProperty = "mesh.new-rows";

    /// <summary>First row id given to rows of this snapshot (format version 3).</summary>
    public long? FirstRowId { get; init; }

    /// <summary>Number of row ids this snapshot used up (format version 3, <c>added-rows</c>).</summary>
    public long? AssignedRowIds { get; init; }

    /// <summary>Key that encrypts the manifest list's key (format version 3); carried.</summary>
    public string? KeyId { get; init; }

    /// <summary>Whether its files hold rows that were not there before: rewriting files, as compaction and erasure do, brings none.</summary>
    public bool BringsRows => Summary.GetValueOrDefault("operation") != "replace" && Summary.GetValueOrDefault(NewRowsProperty) != "false";

    /// <summary>Rows in the files added by this snapshot.</summary>
    public long AddedRows => Number("added-records");

    /// <summary>Rows in the table at this snapshot.</summary>
    public long TotalRows => Number("total-records");

    // Summaries are free text that other engines write too; a number that is none counts as absent.
    private long Number(string key) => Summary.TryGetValue(key, out string? text) && long.TryParse(text, out long number) ? number : 0;
}
