using System.IO.Compression;
using Mesh.Columnar.Compression;

namespace Mesh.Columnar.Parquet;

/// <summary>Assembles page bodies and compresses them. Holds memory only while a page is being closed.</summary>
internal sealed class PageCompressor(ParquetCompression compression, int level)
{
    private readonly PooledList<byte> compressed = new();

    /// <summary>Scratch for the body of the page being closed.</summary>
    public PooledList<byte> Body { get; } = new();

    /// <summary>Scratch for its header.</summary>
    public PooledList<byte> Header { get; } = new();

    public int Codec { get; } = (int)(compression switch
    {
        ParquetCompression.None => Parquet.Codec.Uncompressed,
        ParquetCompression.Gzip => Parquet.Codec.Gzip,
        ParquetCompression.Zstd => Parquet.Codec.Zstd,
        ParquetCompression.Lz4Raw => Parquet.Codec.Lz4Raw,
        _ => throw new ArgumentOutOfRangeException(nameof(compression), compression, "No such codec."),
    });

    /// <summary>The compressed bytes; valid until the next call or <see cref="Free"/>.</summary>
    public ReadOnlySpan<byte> Compress(PooledList<byte> body)
    {
        compressed.Clear();
        switch (compression)
        {
            case ParquetCompression.None:
                return body.Span;
            case ParquetCompression.Gzip:
                return Gzip(body);
            case ParquetCompression.Zstd:
                int zstdBytes = Zstd.Compress(body.Span, compressed.Extend(Zstd.MaxCompressedLength(body.Length)), level);
                return compressed.Span[..zstdBytes];
            default:
                int lz4Bytes = Lz4.CompressBlock(body.Span, compressed.Extend(Lz4.MaxBlockLength(body.Length)));
                return compressed.Span[..lz4Bytes];
        }
    }

    public void Free()
    {
        compressed.Free();
        Body.Free();
        Header.Free();
    }

    private static ReadOnlySpan<byte> Gzip(PooledList<byte> body)
    {
        var target = new MemoryStream();
        using (var gzip = new GZipStream(target, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(body.Span);
        return target.GetBuffer().AsSpan(0, (int)target.Length);
    }
}
