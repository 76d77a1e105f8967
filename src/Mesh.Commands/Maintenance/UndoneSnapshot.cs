namespace Mesh.Commands.Maintenance;

/// <summary>A snapshot that is not in the history of its table any more; it can be read until it expires.</summary>
/// <param name="SnapshotId">The snapshot.</param>
/// <param name="CommittedAt">When it was committed.</param>
/// <param name="Operation">What it did.</param>
/// <param name="AddedRows">Rows it added.</param>
/// <param name="TotalRows">Rows of the table with it.</param>
public sealed record UndoneSnapshot(long SnapshotId, DateTimeOffset CommittedAt, string Operation, long AddedRows, long TotalRows);
