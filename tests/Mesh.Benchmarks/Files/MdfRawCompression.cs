namespace Mesh.Benchmarks.Files;

/// <summary>How data blocks are stored.</summary>
internal enum MdfRawCompression
{
    None,
    Zipped,
    Transposed,
}
