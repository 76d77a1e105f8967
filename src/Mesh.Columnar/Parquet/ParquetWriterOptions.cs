namespace Mesh.Columnar.Parquet;

/// <summary>How Parquet files are written.</summary>
public sealed record ParquetWriterOptions
{
    /// <summary>Codec of the pages (default: zstd).</summary>
    public ParquetCompression Compression { get; init; } = ParquetCompression.Zstd;

    /// <summary>Compression level of zstd (default: 1; higher is smaller and slower).</summary>
    public int CompressionLevel { get; init; } = 1;

    /// <summary>Uncompressed bytes after which a row group is closed (default: 32 MiB). Bounds the writer's memory.</summary>
    public long RowGroupBytes { get; init; } = 32L << 20;

    /// <summary>Uncompressed bytes of a data page (default: 1 MiB).</summary>
    public int PageBytes { get; init; } = 1 << 20;

    /// <summary>Largest dictionary of a column chunk in bytes; beyond it the chunk is written plain (default: 512 KiB).</summary>
    public int MaxDictionaryBytes { get; init; } = 512 << 10;

    /// <summary>Key-value pairs for the file's footer.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}
