namespace Mesh.Commands.Queries.Tables;

/// <summary>A snapshot.</summary>
/// <param name="SnapshotId">Its id.</param>
/// <param name="ParentSnapshotId">The snapshot before it; null for the first.</param>
/// <param name="SequenceNumber">Place in the table's history.</param>
/// <param name="CommittedAt">When.</param>
/// <param name="Operation"><c>append</c>, <c>replace</c>, <c>overwrite</c> or <c>delete</c>.</param>
/// <param name="TotalRows">Rows in it.</param>
/// <param name="References">Branches and tags that point to it.</param>
/// <param name="Summary">All that its writer said about it.</param>
public sealed record TableSnapshotView(
    long SnapshotId, long? ParentSnapshotId, long SequenceNumber, DateTimeOffset CommittedAt, string Operation, long TotalRows, IReadOnlyList<string> References,
    IReadOnlyDictionary<string, string> Summary);
