namespace Mesh.Formats.RosBag;

/// <summary>Compressions of chunks.</summary>
public enum Ros1BagCompression
{
    /// <summary>Chunks as they are.</summary>
    None,

    /// <summary>An LZ4 frame per chunk.</summary>
    Lz4,

    /// <summary>A bzip2 stream per chunk.</summary>
    Bz2,
}
