namespace Mesh.Training.Jobs;

/// <summary>A Parquet file of an input; never changes once written.</summary>
/// <param name="Path">Where it is found below <c>MESH_INPUT_DIR</c>.</param>
/// <param name="Uri">Where it is in the lake.</param>
/// <param name="Bytes">Size.</param>
/// <param name="Rows">Rows.</param>
public sealed record JobInputFile(string Path, string Uri, long Bytes, long Rows);
