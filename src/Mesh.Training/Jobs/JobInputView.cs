namespace Mesh.Training.Jobs;

/// <summary>A product that a job learns from. Snapshot ids are text, because they exceed what JavaScript's numbers hold.</summary>
/// <param name="Product">The product.</param>
/// <param name="Table">Its table.</param>
/// <param name="SnapshotId">The snapshot read.</param>
/// <param name="FromSnapshotId">What came after it made the rule fire; 0 from the beginning.</param>
/// <param name="NewRows">Rows in between, as far as events told.</param>
public sealed record JobInputView(string Product, string Table, string SnapshotId, string FromSnapshotId, long NewRows);
