using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using Mesh.Columnar.Compression;

namespace Mesh.Columnar.Parquet;

/// <summary>Decompresses page bodies, whose size is known to be possible before memory is taken for it.</summary>
internal static class PageDecompressor
{
    /// <summary>The most bytes a codec can make of one: a page header that claims more lies.</summary>
    private static long MaxRatio(Codec codec) => codec switch
    {
        Codec.Uncompressed => 1,
        Codec.Snappy => 64,
        Codec.Gzip => 1032,
        Codec.Lz4Raw or Codec.Lz4 => 255,

        // A block header and one byte repeated make 128 KiB; of Brotli's commands one can copy 16 MiB, which is more than pages are limited to.
        _ => (128 << 10) / 4,
    };

    /// <summary>Whether the codec is one of those read here.</summary>
    public static bool IsSupported(int codec) => (Codec)codec is Codec.Uncompressed or Codec.Snappy or Codec.Gzip or Codec.Brotli or Codec.Lz4 or Codec.Zstd or Codec.Lz4Raw;

    public static void RequirePossible(Codec codec, int compressedBytes, int uncompressedBytes)
    {
        if (uncompressedBytes > ParquetFormat.MaxPageBytes)
        {
            throw new ParquetDataException($"a page of {uncompressedBytes:N0} bytes exceeds the limit of {ParquetFormat.MaxPageBytes:N0}");
        }

        if (codec != Codec.Brotli && uncompressedBytes > compressedBytes * MaxRatio(codec) + 64)
        {
            throw new ParquetDataException($"a page claims to decompress from {compressedBytes:N0} to {uncompressedBytes:N0} bytes");
        }
    }

    public static void Decompress(Codec codec, ReadOnlyMemory<byte> source, Span<byte> target)
    {
        bool isSound = codec switch
        {
            Codec.Uncompressed => TryCopy(source.Span, target),
            Codec.Snappy => SnappyDecoder.TryDecompress(source.Span, target),
            Codec.Zstd => Zstd.TryDecompress(source.Span, target, out int written) && written == target.Length,
            Codec.Lz4Raw => Lz4.TryDecompressBlock(source.Span, target),
            Codec.Lz4 => TryHadoopLz4(source.Span, target) || Lz4.TryDecompressBlock(source.Span, target) || TryLz4Frame(source.Span, target),
            Codec.Brotli => BrotliDecoder.TryDecompress(source.Span, target, out int brotliWritten) && brotliWritten == target.Length,
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

    /// <summary>Hadoop's frames: big-endian lengths before and after compression, then the block (Compression.md, "LZ4"). Arrow wrote bare blocks under the same number.</summary>
    private static bool TryHadoopLz4(ReadOnlySpan<byte> source, Span<byte> target)
    {
        while (source.Length >= 2 * sizeof(uint))
        {
            uint plain = BinaryPrimitives.ReadUInt32BigEndian(source);
            source = source[sizeof(uint)..];
            if (plain > target.Length) return false;
            var frame = target[..(int)plain];
            target = target[(int)plain..];

            if (source.Length < sizeof(uint)) return false;
            uint compressed = BinaryPrimitives.ReadUInt32BigEndian(source);
            source = source[sizeof(uint)..];
            if (compressed > source.Length || !Lz4.TryDecompressBlock(source[..(int)compressed], frame)) return false;
            source = source[(int)compressed..];
        }

        return source.IsEmpty && target.IsEmpty;
    }

    private static bool TryLz4Frame(ReadOnlySpan<byte> source, Span<byte> target) => Lz4.TryDecompressFrame(source, target, out int written) && written == target.Length;

    private static bool TryGunzip(ReadOnlyMemory<byte> source, Span<byte> target)
    {
        try
        {
            var bytes = MemoryMarshal.TryGetArray(source, out var segment) ? segment : new ArraySegment<byte>(source.ToArray());
            using var gzip = new GZipStream(new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false), CompressionMode.Decompress);
            return gzip.ReadAtLeast(target, target.Length, throwOnEndOfStream: false) == target.Length && gzip.ReadByte() < 0;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}
