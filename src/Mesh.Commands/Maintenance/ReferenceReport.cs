using Mesh.Lakehouse.Iceberg;

namespace Mesh.Commands.Maintenance;

/// <summary>What became of a branch or tag.</summary>
/// <param name="Table">The table.</param>
/// <param name="Name">Its name.</param>
/// <param name="Type">Branch or tag.</param>
/// <param name="SnapshotId">The snapshot it names; null when it was dropped.</param>
/// <param name="BeforeSnapshotId">The snapshot it named before; null when it is new.</param>
public sealed record ReferenceReport(string Table, string Name, SnapshotRefType Type, long? SnapshotId, long? BeforeSnapshotId);
