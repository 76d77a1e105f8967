using System.Buffers.Binary;
using System.IO.Compression;
using Mesh.Columnar.Compression;

namespace Mesh.Broker.Protocol;

/// <summary>
/// The records of compressed batches: gzip, Snappy (raw, or in the blocks of snappy-java that Kafka clients write), LZ4 frames, Zstandard.
/// </summary>
internal static class RecordCompression
{
    /// <summary>Largest content that is decompressed: beyond it a batch of any size could fill the memory.</summary>
    public const int MaxBytes = 256 << 20;

    private const int Gzip = 1;
    private const int Snappy = 2;
    private const int Lz4Frame = 3;
    private const int Zstandard = 4;
    private const int JavaHeaderBytes = 16;
    private const int JavaBlockBytes = 32 << 10;

    private static ReadOnlySpan<byte> JavaMagic => [0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y', 0];

    /// <summary>Name of each codec in settings, at the place of its number in a batch's attributes.</summary>
    public static readonly IReadOnlyList<string> Names = ["uncompressed", "gzip", "snappy", "lz4", "zstd"];

    /// <summary>Whether batches can be compressed so on this machine.</summary>
    public static bool CanCompress(int codec) => codec switch
    {
        Lz4Frame => Lz4.IsNative,
        Zstandard => Zstd.IsNative,
        _ => true,
    };

    /// <summary>The records of a batch; null when they do not decompress within the limit.</summary>
    /// <param name="header">Header.</param>
    /// <param name="batch">All of the batch.</param>
    /// <param name="maxBytes">Largest content.</param>
    public static PooledBytes? Decompress(in RecordBatchHeader header, ReadOnlySpan<byte> batch, int maxBytes = MaxBytes)
    {
        var records = batch[RecordBatchHeader.Size..];
        var content = new PooledBytes(Math.Max(1024, records.Length));
        bool sound = header.Compression switch
        {
            0 => Copy(records, content),
            Gzip => Inflate(records, content, maxBytes),
            Snappy => records.StartsWith(JavaMagic) ? FromJavaBlocks(records, content, maxBytes) : FromSnappy(records, content, maxBytes),
            Lz4Frame => Grow(records, content, maxBytes, Lz4.TryDecompressFrame),
            Zstandard => Grow(records, content, maxBytes, Zstd.TryDecompress),
            _ => false,
        };
        if (sound && content.Length <= maxBytes) return content;
        content.Dispose();
        return null;
    }

    /// <summary>Appends compressed records; false, with nothing appended, when this codec cannot be written here.</summary>
    public static bool TryCompress(int codec, ReadOnlySpan<byte> records, PooledBytes target)
    {
        switch (codec)
        {
            case 0:
                target.Append(records);
                return true;
            case Gzip:
                using (var stream = new MemoryStream())
                {
                    using (var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(records);
                    target.Append(stream.GetBuffer().AsSpan(0, (int)stream.Length));
                }

                return true;
            case Snappy:
                ToJavaBlocks(records, target);
                return true;
            case Lz4Frame when Lz4.IsNative:
                target.Reserve(Lz4.MaxFrameLength(records.Length));
                target.Length += Lz4.CompressIndependentFrame(records, target.Whole[target.Length..]);
                return true;
            case Zstandard when Zstd.IsNative:
                target.Reserve(Zstd.MaxCompressedLength(records.Length));
                target.Length += Zstd.Compress(records, target.Whole[target.Length..]);
                return true;
            default:
                return false;
        }
    }

    private delegate bool Decompressor(ReadOnlySpan<byte> source, Span<byte> destination, out int written);

    private static bool Copy(ReadOnlySpan<byte> records, PooledBytes content)
    {
        content.Append(records);
        return true;
    }

    private static unsafe bool Inflate(ReadOnlySpan<byte> records, PooledBytes content, int maxBytes)
    {
        fixed (byte* pointer = records)
        {
            using var gzip = new GZipStream(new UnmanagedMemoryStream(pointer, records.Length), CompressionMode.Decompress);
            try
            {
                while (true)
                {
                    content.Reserve(4096);
                    int read = gzip.Read(content.Whole[content.Length..]);
                    if (read == 0) return true;
                    content.Length += read;
                    if (content.Length > maxBytes) return false;
                }
            }
            catch (InvalidDataException)
            {
                return false;
            }
        }
    }

    /// <summary>Neither frame need say how large its content is, so room is doubled until it does.</summary>
    private static bool Grow(ReadOnlySpan<byte> records, PooledBytes content, int maxBytes, Decompressor decompress)
    {
        for (long room = Math.Max(64 << 10, records.Length * 4L); ; room *= 4)
        {
            int capacity = (int)Math.Min(room, maxBytes);
            content.Reserve(capacity);
            if (decompress(records, content.Whole, out int written))
            {
                content.Length = written;
                return true;
            }

            if (capacity == maxBytes || room > records.Length * 100_000L) return false;
        }
    }

    private static bool FromSnappy(ReadOnlySpan<byte> block, PooledBytes content, int maxBytes)
    {
        uint length = 0;
        for (int i = 0; ; i++)
        {
            if (i == 5 || i == block.Length) return false;
            length |= (uint)(block[i] & 0x7f) << (7 * i);
            if ((block[i] & 0x80) == 0) break;
        }

        // A copy of 64 bytes takes three, so a longer claim is a lie.
        if (length > block.Length * 32L || length > maxBytes - content.Length) return false;
        content.Reserve((int)length);
        if (!SnappyDecoder.TryDecompress(block, content.Whole.Slice(content.Length, (int)length))) return false;
        content.Length += (int)length;
        return true;
    }

    private static bool FromJavaBlocks(ReadOnlySpan<byte> records, PooledBytes content, int maxBytes)
    {
        if (records.Length < JavaHeaderBytes) return false;
        for (records = records[JavaHeaderBytes..]; !records.IsEmpty;)
        {
            if (records.Length < 4) return false;
            int length = BinaryPrimitives.ReadInt32BigEndian(records);
            records = records[4..];
            if (length <= 0 || length > records.Length || !FromSnappy(records[..length], content, maxBytes)) return false;
            records = records[length..];
        }

        return true;
    }

    private static void ToJavaBlocks(ReadOnlySpan<byte> records, PooledBytes target)
    {
        target.Append(JavaMagic);
        target.Append([0, 0, 0, 1, 0, 0, 0, 1]);
        var compressor = new SnappyCompressor();
        for (; !records.IsEmpty; records = records[Math.Min(JavaBlockBytes, records.Length)..])
        {
            var block = records[..Math.Min(JavaBlockBytes, records.Length)];
            target.Reserve(4 + SnappyCompressor.MaxCompressedLength(block.Length));
            int length = compressor.Compress(block, target.Whole[(target.Length + 4)..]);
            BinaryPrimitives.WriteInt32BigEndian(target.Whole[target.Length..], length);
            target.Length += 4 + length;
        }
    }
}
