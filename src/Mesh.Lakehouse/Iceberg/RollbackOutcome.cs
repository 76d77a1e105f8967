namespace Mesh.Lakehouse.Iceberg;

/// <summary>What going back to an earlier snapshot undoes.</summary>
/// <param name="Table">The table: afterwards when it was done, as it is when it was planned.</param>
/// <param name="Undone">Snapshots that are not in the history of <c>main</c> any more, newest first; they can be reached until they expire.</param>
/// <param name="FreedUploads">Uploads whose rows are gone with that: the ledger lets them be added again.</param>
public sealed record RollbackOutcome(Table Table, IReadOnlyList<Snapshot> Undone, long FreedUploads);
