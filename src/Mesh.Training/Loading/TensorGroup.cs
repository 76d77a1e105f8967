namespace Mesh.Training.Loading;

/// <summary>A row group of a file.</summary>
/// <param name="File">Number of the file in the source.</param>
/// <param name="Number">Number of the row group in the file.</param>
/// <param name="Rows">Rows, before any condition.</param>
internal readonly record struct TensorGroup(int File, int Number, long Rows);
