namespace Mesh.Partition;

/// <summary>A row of one of several batches.</summary>
internal readonly record struct RowRef(int Batch, int Row);
