namespace Mesh.Training.Jobs;

/// <summary>A Parquet file of an input; never changes once written.</summary>
/// <param name="Path">Where it is found below <c>MESH_INPUT_DIR</c>.</param>
/// <param name="Uri">Where it is in the lake.</param>
/// <param name="Bytes">Size.</param>
/// <param name="Rows">Rows.</param>
public sealed record JobInputFile(string Path, string Uri, long Bytes, long Rows)
{
    /// <summary>SHA-256 of its bytes, lower-case hex; null in specs of before it was told.</summary>
    public string? Sha256 { get; init; }
}
