namespace Mesh.Training.Governance.Lineage;

/// <summary>Data a model was made from; snapshot ids as text, because they exceed what JavaScript's numbers hold.</summary>
/// <param name="Product">The product.</param>
/// <param name="Table">Its table.</param>
/// <param name="SnapshotId">The snapshot read.</param>
/// <param name="FromSnapshotId">What came after it made the rule fire; 0 from the beginning.</param>
/// <param name="Rows">Rows read.</param>
public sealed record LineageInput(string Product, string Table, string SnapshotId, string FromSnapshotId, long Rows);
