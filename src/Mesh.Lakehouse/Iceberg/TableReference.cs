namespace Mesh.Lakehouse.Iceberg;

/// <summary>A named pointer to a snapshot (Iceberg specification, "Snapshot References").</summary>
/// <param name="Name">Its name; <c>main</c> is what is read when none is named.</param>
/// <param name="SnapshotId">What it points to.</param>
/// <param name="IsBranch">Whether commits move it: a branch, not a tag.</param>
public sealed record TableReference(string Name, long SnapshotId, bool IsBranch);
