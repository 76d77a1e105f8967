namespace Mesh.Lakehouse.Iceberg;

/// <summary>What deleting rows did.</summary>
/// <param name="Table">The table afterwards.</param>
/// <param name="Snapshot">The new snapshot; null when there was nothing to do.</param>
/// <param name="DeletedRows">Rows that were in the table before and are not any more; those of files that were dropped as a whole unread count as the file lists them.</param>
/// <param name="DroppedUris">Data files taken out, whether dropped as a whole or written again. They are deleted when the snapshots that list them expire.</param>
/// <param name="RewrittenFiles">Data files written again.</param>
/// <param name="DeleteFiles">Delete files added.</param>
public sealed record DeleteOutcome(
    Table Table, Snapshot? Snapshot, long DeletedRows, IReadOnlyList<string> DroppedUris, int RewrittenFiles, int DeleteFiles);
