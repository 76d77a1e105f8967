namespace Mesh.Columnar.ArrowIpc;

/// <summary>Compression of the buffers of a record batch (Arrow columnar format, "Compression").</summary>
public enum ArrowCompression
{
    /// <summary>None.</summary>
    None,

    /// <summary>LZ4 frames.</summary>
    Lz4,

    /// <summary>Zstandard.</summary>
    Zstd,
}
