using System.Globalization;
using Mesh.Columnar.Compression;

namespace Mesh.Formats.RosBag;

/// <summary>Decompresses chunks within their blocks.</summary>
internal static class Ros1BagChunk
{
    // No lz4 sequence stands for more than 255 times its bytes.
    private const long MaxLz4Ratio = 255;

    /// <summary>Compression of that name; null when there is none.</summary>
    public static Ros1BagCompression? CompressionOf(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("none"u8) ? Ros1BagCompression.None
        : name.SequenceEqual("lz4"u8) ? Ros1BagCompression.Lz4
        : name.SequenceEqual("bz2"u8) ? Ros1BagCompression.Bz2
        : null;

    public static string NameOf(Ros1BagCompression compression) => compression switch
    {
        Ros1BagCompression.None => "none",
        Ros1BagCompression.Lz4 => "lz4",
        _ => "bz2",
    };

    /// <summary>What of the claimed length the stored bytes can hold at most.</summary>
    public static int Believable(Ros1BagBlock block) =>
        block.Compression == Ros1BagCompression.Lz4 ? (int)Math.Min(block.ClaimedBytes, block.StoredBytes * MaxLz4Ratio) : block.ClaimedBytes;

    /// <summary>Decompresses the whole chunk.</summary>
    /// <returns>Whether its data is sound. A length other than claimed is reported in the block.</returns>
    public static bool TryDecompress(Ros1BagBlock block)
    {
        var records = block.RecordsBuffer(block.RecordBytes).Span;
        bool isSound = block.Compression == Ros1BagCompression.Lz4
            ? Lz4.TryDecompressFrame(block.Stored, records, out int written)
            : Bzip2.TryDecompress(block.Stored, records, out written);
        if (!isSound) return false;
        if (written != block.ClaimedBytes)
        {
            block.AddLoss(Ros1BagLosses.ChunkLength, block.ChunkPosition, 0,
                string.Create(CultureInfo.InvariantCulture, $"{block.ClaimedBytes:N0} bytes of records"), string.Create(CultureInfo.InvariantCulture, $"{written:N0}"));
        }

        block.RecordBytes = written;
        return true;
    }

    /// <summary>Decompresses what comes before damage or the cut.</summary>
    public static void DecompressPrefix(Ros1BagBlock block)
    {
        var records = block.RecordsBuffer(block.RecordBytes).Span;
        block.RecordBytes = block.Compression == Ros1BagCompression.Lz4
            ? Lz4.DecompressFramePrefix(block.Stored, records)
            : Bzip2.DecompressPrefix(block.Stored, records);
    }
}
