namespace Mesh.Commands.Queries;

/// <summary>One row of a product, with the snapshot that added it.</summary>
/// <param name="SnapshotId">Snapshot.</param>
/// <param name="Json">The row as one JSON object, UTF-8.</param>
public sealed record ProductRow(long SnapshotId, ReadOnlyMemory<byte> Json);
