using System.Buffers;
using Mesh.Columnar.Compression;
using Mesh.Model;

namespace Mesh.Formats.Mdf4;

/// <summary>Decompresses DZ blocks (specification 4.2, "DZBLOCK"; Zstandard and LZ4 from 4.3 on).</summary>
internal static class Mdf4Unzip
{
    private const byte Deflated = 0, DeflatedTransposed = 1, Zstandard = 2, ZstandardTransposed = 3, Lz4Frame = 4, Lz4FrameTransposed = 5;

    // Deflate cannot do better than 1032 to 1; a claim beyond that is no stream of it.
    private const long MaxDeflateRatio = 1040;

    public static bool IsKnown(byte zip) => zip <= Lz4FrameTransposed;

    /// <summary>Whether a claim can be true.</summary>
    public static bool IsPossible(in Mdf4Fragment fragment) =>
        fragment.Zip > DeflatedTransposed || fragment.Bytes <= (fragment.StoredBytes * MaxDeflateRatio) + 64;

    /// <summary>
    /// Decompresses <see cref="Mdf4Piece.Stored"/>; of a block that is cut off, what comes before the cut. Of a damaged one nothing unless asked for:
    /// damage shows late, and what was decompressed until then may be false.
    /// </summary>
    public static void Work(Mdf4Piece piece, RecordingReaderOptions options)
    {
        if (piece.StoredLength == 0 && piece.Fragment.Bytes == 0) return;
        int bytes = (int)piece.Fragment.Bytes;
        bool transposed = piece.Fragment.Zip is DeflatedTransposed or ZstandardTransposed or Lz4FrameTransposed;
        int columns = transposed ? (int)Math.Min(piece.Fragment.ZipParameter, int.MaxValue) : 0;
        transposed &= columns > 1 && bytes / columns > 1;
        byte[]? scratch = transposed ? ArrayPool<byte>.Shared.Rent(Math.Max(1, bytes)) : null;
        var target = (scratch ?? piece.Buffer).AsSpan(0, bytes);
        var stored = piece.Stored.AsSpan(0, piece.StoredLength);
        int whole;
        bool isChecked = piece.Fragment.Zip switch
        {
            Deflated or DeflatedTransposed => Deflate.TryDecompress(stored, target, out whole),
            Zstandard or ZstandardTransposed => Zstd.TryDecompress(stored, target, out whole),
            _ => Lz4.TryDecompressFrame(stored, target, out whole),
        };
        if (!isChecked || whole != bytes)
        {
            bool isCut = piece.Fragment.Problem is { Code: Mdf4Codes.Cut } || piece.StoredLength < piece.Fragment.StoredBytes;
            bool isGiven = isChecked || isCut || options.DeliverUnchecked || !options.CheckCrc;
            if (!isChecked)
            {
                whole = piece.Fragment.Zip switch
                {
                    Deflated or DeflatedTransposed => Deflate.DecompressPrefix(stored, target),
                    Zstandard or ZstandardTransposed => Zstd.DecompressPrefix(stored, target),
                    _ => Lz4.DecompressFramePrefix(stored, target),
                };
            }

            // Transposed data begins with the first byte of every record: a part of it holds no record at all.
            int kept = !isGiven || (transposed && whole < bytes) ? 0 : whole;
            piece.SecondProblem = new DataLoss(
                Mdf4Codes.BadCompression, piece.Fragment.Block, bytes - kept, $"{bytes:N0} bytes compressed in {piece.StoredLength:N0}",
                whole == bytes ? "all of them, but a wrong checksum or length"
                    : $"{whole:N0} before the {(isCut ? "cut" : "damage")}{(kept < whole && isGiven ? ", which hold no whole record because they are transposed" : "")}");
            whole = kept;
        }

        if (scratch is not null)
        {
            if (whole == bytes) Mdf4Transposition.Undo(target, piece.Buffer.AsSpan(0, bytes), columns);
            ArrayPool<byte>.Shared.Return(scratch);
        }

        piece.Length = whole;
        piece.Missing = bytes - whole;
    }
}
