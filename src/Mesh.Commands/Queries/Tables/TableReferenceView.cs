namespace Mesh.Commands.Queries.Tables;

/// <summary>A branch or tag.</summary>
/// <param name="Name">Its name; <c>main</c> is the branch that is read when none is named.</param>
/// <param name="Type"><c>branch</c> or <c>tag</c>.</param>
/// <param name="SnapshotId">What it points to.</param>
public sealed record TableReferenceView(string Name, string Type, long SnapshotId);
