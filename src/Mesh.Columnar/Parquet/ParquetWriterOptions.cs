namespace Mesh.Columnar.Parquet;

/// <summary>How Parquet files are written.</summary>
public sealed record ParquetWriterOptions
{
    /// <summary>Codec of the pages (default: zstd).</summary>
    public ParquetCompression Compression { get; init; } = ParquetCompression.Zstd;

    /// <summary>Compression level of zstd and gzip (default: 1; higher is smaller and slower).</summary>
    public int CompressionLevel { get; init; } = 1;

    /// <summary>Uncompressed bytes after which a row group is closed (default: 32 MiB). Bounds the writer's memory.</summary>
    public long RowGroupBytes { get; init; } = 32L << 20;

    /// <summary>
    /// Bytes of values in a data page, before they are encoded (default: 512 KiB). Every open column holds one, and readers skip by page.
    /// </summary>
    public int PageBytes { get; init; } = 512 << 10;

    /// <summary>Version of the data pages: 1 (default, read by everybody) or 2, whose levels stay uncompressed.</summary>
    public int DataPageVersion { get; init; } = 1;

    /// <summary>Largest dictionary of a column chunk in bytes; beyond it the chunk goes on without (default: 512 KiB; 0 makes none).</summary>
    public int MaxDictionaryBytes { get; init; } = 512 << 10;

    /// <summary>Encodings that are considered (default: <see cref="ParquetEncodings.Common"/>, as tables are for every engine to read).</summary>
    public ParquetEncodings ChooseFrom { get; init; } = ParquetEncodings.Common;

    /// <summary>Encodings of columns by path (`pose.x`, `ranges.list.element`), which are not chosen from the data then.</summary>
    public IReadOnlyDictionary<string, ParquetEncoding> Encodings { get; init; } = new Dictionary<string, ParquetEncoding>();

    /// <summary>Paths of columns that get a Bloom filter per row group, by which readers skip it when a value they look for is not there.</summary>
    public IReadOnlySet<string> BloomFilterColumns { get; init; } = new HashSet<string>();

    /// <summary>Share of absent values that a Bloom filter takes for present (default: 0.01). Half of it costs about an eighth more bytes.</summary>
    public double BloomFilterFalsePositiveRate { get; init; } = 0.01;

    /// <summary>
    /// Paths of columns by which the rows given are sorted, ascending, absent values first. The footer says so; nothing is sorted or checked.
    /// </summary>
    public IReadOnlyList<string> SortedBy { get; init; } = [];

    /// <summary>Whether bounds and places of pages are written, by which readers skip pages (default: true).</summary>
    public bool PageIndex { get; init; } = true;

    /// <summary>Whether pages carry a CRC-32 (default: true).</summary>
    public bool PageCrc { get; init; } = true;

    /// <summary>
    /// Threads that encode and compress top-level columns (default: 1, the caller's). Each takes up to three pages of memory more. The bytes of the
    /// file do not depend on it.
    /// </summary>
    public int Parallelism { get; init; } = 1;

    /// <summary>Key-value pairs for the file's footer.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}
