namespace Mesh.Columnar.Parquet;

/// <summary>Page codecs (parquet-format, "Compression").</summary>
public enum ParquetCompression
{
    /// <summary>No compression.</summary>
    None,
    /// <summary>gzip.</summary>
    Gzip,
    /// <summary>Zstandard.</summary>
    Zstd,
    /// <summary>LZ4 block format (LZ4_RAW).</summary>
    Lz4Raw,
    /// <summary>Snappy: fast, and known to the oldest readers.</summary>
    Snappy,
}
