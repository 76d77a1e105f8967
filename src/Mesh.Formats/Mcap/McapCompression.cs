namespace Mesh.Formats.Mcap;

/// <summary>Well-known chunk compressions (specification, appendix "Well-known compression formats").</summary>
public enum McapCompression
{
    /// <summary>Not compressed: the empty string.</summary>
    None,
    /// <summary><c>lz4</c>: one LZ4 frame.</summary>
    Lz4,
    /// <summary><c>zstd</c>: one Zstandard frame.</summary>
    Zstd,
}
