namespace Mesh.Commands.Queries;

/// <summary>A snapshot of a product.</summary>
public sealed record ProductSnapshotView(long SnapshotId, long SequenceNumber, DateTimeOffset CommittedAt, long AddedRows, long TotalRows);
