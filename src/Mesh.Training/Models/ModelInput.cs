namespace Mesh.Training.Models;

/// <summary>Data a model was made from.</summary>
/// <param name="Product">The product.</param>
/// <param name="Table">Its table.</param>
/// <param name="FromSnapshotId">What came after it made the rule fire; 0 from the beginning.</param>
/// <param name="SnapshotId">The snapshot read.</param>
/// <param name="Rows">Rows in it.</param>
public sealed record ModelInput(string Product, string Table, long FromSnapshotId, long SnapshotId, long Rows);
