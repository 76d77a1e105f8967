namespace Mesh.Commands.Maintenance;

/// <summary>What going back to an earlier snapshot undid, or would undo.</summary>
/// <param name="Table">The table.</param>
/// <param name="DryRun">Whether it was only planned.</param>
/// <param name="SnapshotId">The snapshot gone back to.</param>
/// <param name="Undone">Snapshots undone, newest first.</param>
/// <param name="RowsBefore">Rows of the table before.</param>
/// <param name="RowsAfter">Rows of the table after.</param>
/// <param name="FreedRecordings">Recordings whose rows are gone with that. The ledger lets them be added again; publishing one again does not, it is known as received.</param>
public sealed record RollbackReport(
    string Table, bool DryRun, long SnapshotId, IReadOnlyList<UndoneSnapshot> Undone, long RowsBefore, long RowsAfter, long FreedRecordings);
