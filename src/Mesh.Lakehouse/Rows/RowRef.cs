namespace Mesh.Lakehouse.Rows;

/// <summary>A row of one of several batches.</summary>
/// <param name="Batch">Position of the batch.</param>
/// <param name="Row">Position of the row in it.</param>
public readonly record struct RowRef(int Batch, int Row);
