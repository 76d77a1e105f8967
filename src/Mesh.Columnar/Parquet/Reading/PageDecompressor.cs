using System.IO.Compression;
using Mesh.Columnar.Compression;

namespace Mesh.Columnar.Parquet;

/// <summary>Decompresses page bodies, whose size is known to be possible before memory is taken for it.</summary>
internal static class PageDecompressor
{
    /// <summary>The most bytes a codec can make of one: a page header that claims more lies.</summary>
    private static long MaxRatio(Codec codec) => codec switch
    {
        Codec.Uncompressed => 1,
        Codec.Gzip => 1032,
        Codec.Lz4Raw => 255,

        // A block header and one byte repeated make 128 KiB.
        _ => (128 << 10) / 4,
    };

    /// <summary>Whether the codec is one of those read here.</summary>
    public static bool IsSupported(int codec) => (Codec)codec is Codec.Uncompressed or Codec.Gzip or Codec.Zstd or Codec.Lz4Raw;

    public static void RequirePossible(Codec codec, int compressedBytes, int uncompressedBytes)
    {
        if (uncompressedBytes > ParquetFormat.MaxPageBytes)
        {
            throw new ParquetDataException($"a page of {uncompressedBytes:N0} bytes exceeds the limit of {ParquetFormat.MaxPageBytes:N0}");
        }

        if (uncompressedBytes > compressedBytes * MaxRatio(codec) + 64)
        {
            throw new ParquetDataException($"a page claims to decompress from {compressedBytes:N0} to {uncompressedBytes:N0} bytes");
        }
    }

    public static void Decompress(Codec codec, ReadOnlyMemory<byte> source, Span<byte> target)
    {
        bool isSound = codec switch
        {
            Codec.Uncompressed => TryCopy(source.Span, target),
            Codec.Zstd => Zstd.TryDecompress(source.Span, target, out int written) && written == target.Length,
            Codec.Lz4Raw => Lz4.TryDecompressBlock(source.Span, target),
            _ => TryGunzip(source, target),
        };
        if (!isSound) throw new ParquetDataException($"a page is not {target.Length:N0} bytes of sound {codec}");
    }

    private static bool TryCopy(ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (source.Length != target.Length) return false;
        source.CopyTo(target);
        return true;
    }

    private static bool TryGunzip(ReadOnlyMemory<byte> source, Span<byte> target)
    {
        try
        {
            using var gzip = new GZipStream(new MemoryStream(source.ToArray(), writable: false), CompressionMode.Decompress);
            return gzip.ReadAtLeast(target, target.Length, throwOnEndOfStream: false) == target.Length && gzip.ReadByte() < 0;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}
