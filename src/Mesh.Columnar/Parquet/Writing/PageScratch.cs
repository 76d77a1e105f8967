using Mesh.Columnar.Compression;

namespace Mesh.Columnar.Parquet;

/// <summary>
/// What a thread needs while it lays out and closes pages: compresses them, and lends buffers that hold memory only meanwhile. One thread at a
/// time.
/// </summary>
internal sealed class PageScratch
{
    private const int GzipHeaderBytes = 10;
    private const int GzipTrailerBytes = 8;
    private const int ZlibHeaderBytes = 2;
    private const int ZlibTrailerBytes = 4;

    /// <summary>Levels above take too long for what is only tried.</summary>
    private const int HighestTriedLevel = 3;

    private readonly PooledList<byte> compressed = new();
    private readonly ParquetCompression compression;
    private readonly int level;
    private SnappyCompressor? snappy;

    public PageScratch(ParquetCompression compression, int level)
    {
        this.compression = compression;
        this.level = level;
        Codec = compression switch
        {
            ParquetCompression.None => Codec.Uncompressed,
            ParquetCompression.Gzip => Codec.Gzip,
            ParquetCompression.Zstd => Codec.Zstd,
            ParquetCompression.Lz4Raw => Codec.Lz4Raw,
            ParquetCompression.Snappy => Codec.Snappy,
            _ => throw new ArgumentOutOfRangeException(nameof(compression), compression, "No such codec."),
        };
        Thrift = new ThriftWriter(Header);
    }

    public Codec Codec { get; }

    /// <summary>Levels of the rows being appended.</summary>
    public LevelRun Rows { get; } = new();

    /// <summary>The body of the page being closed.</summary>
    public PooledList<byte> Body { get; } = new();

    /// <summary>Its header.</summary>
    public PooledList<byte> Header { get; } = new();

    /// <summary>Writes to <see cref="Header"/>.</summary>
    public ThriftWriter Thrift { get; }

    /// <summary>Dictionary indices of the page being closed.</summary>
    public PooledList<int> Indices { get; } = new();

    /// <summary>Lengths of byte strings.</summary>
    public PooledList<int> Lengths { get; } = new();

    /// <summary>Lengths of shared prefixes.</summary>
    public PooledList<int> Prefixes { get; } = new();

    /// <summary>Byte strings without their prefixes, or values in plain encoding.</summary>
    public PooledList<byte> Suffixes { get; } = new();

    /// <summary>The compressed bytes; valid until the next call or <see cref="Free"/>.</summary>
    public ReadOnlySpan<byte> Compress(ReadOnlySpan<byte> body) => Compress(body, level);

    /// <summary>Bytes that these would take compressed.</summary>
    public int TryCompress(ReadOnlySpan<byte> body) => Compress(body, Math.Min(level, HighestTriedLevel)).Length;

    public void Free()
    {
        compressed.Free();
        Body.Free();
        Header.Free();
        Indices.Free();
        Lengths.Free();
        Prefixes.Free();
        Suffixes.Free();
    }

    private ReadOnlySpan<byte> Compress(ReadOnlySpan<byte> body, int atLevel)
    {
        compressed.Clear();
        switch (compression)
        {
            case ParquetCompression.None:
                return body;
            case ParquetCompression.Gzip:
                return Gzip(body, Math.Clamp(atLevel, 1, 9));
            case ParquetCompression.Zstd:
                int zstdBytes = Zstd.Compress(body, compressed.Extend(Zstd.MaxCompressedLength(body.Length)), atLevel);
                return compressed.Span[..zstdBytes];
            case ParquetCompression.Snappy:
                snappy ??= new SnappyCompressor();
                int snappyBytes = snappy.Compress(body, compressed.Extend(SnappyCompressor.MaxCompressedLength(body.Length)));
                return compressed.Span[..snappyBytes];
            default:
                int lz4Bytes = Lz4.CompressBlock(body, compressed.Extend(Lz4.MaxBlockLength(body.Length)));
                return compressed.Span[..lz4Bytes];
        }
    }

    /// <summary>A gzip member (RFC 1952) around what a zlib stream (RFC 1950) holds.</summary>
    private ReadOnlySpan<byte> Gzip(ReadOnlySpan<byte> body, int atLevel)
    {
        const int Ahead = GzipHeaderBytes - ZlibHeaderBytes;
        var target = compressed.Extend(Ahead + Deflate.MaxCompressedLength(body.Length) + GzipTrailerBytes);
        int zlibBytes = Deflate.Compress(body, target[Ahead..], atLevel);
        ReadOnlySpan<byte> header = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF];
        header.CopyTo(target);
        int end = Ahead + zlibBytes - ZlibTrailerBytes;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(target[end..], Crc32.Compute(body));
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(target[(end + sizeof(uint))..], body.Length);
        return target[..(end + GzipTrailerBytes)];
    }
}
