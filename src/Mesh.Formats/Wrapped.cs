using System.Buffers.Binary;
using System.Globalization;
using ICSharpCode.SharpZipLib;
using ICSharpCode.SharpZipLib.BZip2;
using Mesh.Columnar.Compression;
using Mesh.Formats.Spooling;
using Mesh.Model;

namespace Mesh.Formats;

/// <summary>
/// Recordings that are compressed as a whole with zstd, gzip, lz4 or bzip2 (<c>.db3.zstd</c>, <c>.bag.gz</c>): decompressed into a temporary
/// file first, because readers need any place of a recording and these streams have but one direction.
/// </summary>
internal static class Wrapped
{
    /// <summary>A compressed file is damaged; what comes before the damage is kept.</summary>
    public const string Damaged = "MESH10014";

    /// <summary>A compressed file is larger after decompression than allowed.</summary>
    public const string TooLarge = "MESH10015";

    /// <summary>The disk for temporary files is full.</summary>
    public const string DiskFull = "MESH10016";

    private const int PieceBytes = 1 << 20;
    private const int PiecesPerDiskCheck = 64;

    private enum Kind
    {
        Zstd,
        Gzip,
        Lz4,
        Bzip2,
    }

    /// <summary>Whether the bytes are a compressed stream this can unwrap.</summary>
    public static bool IsWrapped(ReadOnlySpan<byte> head) => KindOf(head) is not null;

    /// <summary>
    /// Decompresses a source into a temporary file that is deleted with the returned source. What is intact of a damaged stream is kept.
    /// </summary>
    /// <param name="source">The compressed file; disposed when done, not when this fails.</param>
    /// <param name="options">Where temporary files go.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The content, and the damage of the compressed file (offset and bytes are its own); null when there is none.</returns>
    /// <exception cref="RecordingFormatException"><c>MESH10015</c>: the content is larger than <see cref="RecordingReaderOptions.MaxUnwrappedBytes"/>.</exception>
    /// <exception cref="MeshException"><c>MESH10016</c>: the disk of <see cref="RecordingReaderOptions.SpillFolder"/> is full.</exception>
    public static async ValueTask<(IByteSource Source, DataLoss? Loss)> UnwrapAsync(IByteSource source, RecordingReaderOptions options, CancellationToken cancellationToken)
    {
        byte[] head = new byte[64];
        int filled = await source.ReadAtAsync(0, head, cancellationToken).ConfigureAwait(false);
        var kind = KindOf(head.AsSpan(0, filled)) ?? throw new ArgumentException("The source is not compressed.", nameof(source));
        var file = new TemporaryFile(options.SpillFolder, source.Name);
        try
        {
            // The libraries pull from synchronous streams, so they get a thread that may block.
            var loss = await Task.Factory.StartNew(
                () => Decompress(kind, source, file, options, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
            if (file.Length == 0 && loss is not null)
            {
                throw new RecordingFormatException(loss.Code, $"'{source.Name}' is {kind.ToString().ToLowerInvariant()} data that is damaged from its beginning: {loss.Found}. Copy it again from where it was recorded.");
            }

            await source.DisposeAsync().ConfigureAwait(false);
            return (file, loss);
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static Kind? KindOf(ReadOnlySpan<byte> head)
    {
        if (head.Length < 4) return null;
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(head);
        if (magic == 0xFD2FB528) return Kind.Zstd;
        if (magic == 0x184D2204) return Kind.Lz4;
        if (head.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B, 0x08])) return Kind.Gzip;

        // "BZh1" to "BZh9", then the magic of a block or of the end of the stream.
        bool isBzip2 = head.Length >= 10 && head.StartsWith("BZh"u8) && head[3] is >= (byte)'1' and <= (byte)'9'
            && (head[4..].StartsWith((ReadOnlySpan<byte>)[0x31, 0x41, 0x59, 0x26, 0x53, 0x59]) || head[4..].StartsWith((ReadOnlySpan<byte>)[0x17, 0x72, 0x45, 0x38, 0x50, 0x90]));
        if (isBzip2) return Kind.Bzip2;

        // A skippable frame may come first (pzstd writes one); zstd and lz4 share them, and the next frame tells.
        if ((magic & 0xFFFFFFF0) != 0x184D2A50 || head.Length < 8) return null;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
        return length <= head.Length - 8 ? KindOf(head[(8 + (int)length)..]) : null;
    }

    private static DataLoss? Decompress(Kind kind, IByteSource source, TemporaryFile file, RecordingReaderOptions options, CancellationToken cancellationToken)
    {
        using var compressed = new ByteSourceStream(source, cancellationToken);
        byte[] piece = GC.AllocateUninitializedArray<byte>(PieceBytes);
        Stream? content = null;
        try
        {
            for (int pieces = 0;; pieces++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (pieces % PiecesPerDiskCheck == 0) RequireDisk(options, file.Length, source.Name);
                int read;
                try
                {
                    content ??= Open(kind, compressed);
                    read = content.Read(piece);
                    if (read == 0)
                    {
                        if (kind == Kind.Bzip2 && !compressed.IsAtEnd)
                        {
                            // A further stream: SharpZipLib reads one.
                            content.Dispose();
                            content = null;
                            continue;
                        }

                        return null;
                    }
                }
                catch (Exception exception) when (exception is InvalidDataException or SharpZipBaseException or EndOfStreamException or IndexOutOfRangeException)
                {
                    long at = content is DecompressingStream frames ? frames.Consumed : compressed.Position;
                    string found = content is DecompressingStream || exception is not IndexOutOfRangeException ? exception.Message : "data that is damaged or cut";
                    return new DataLoss(Damaged, at, source.Length - at, string.Create(CultureInfo.InvariantCulture, $"{kind.ToString().ToLowerInvariant()} data, sound to its end"), found);
                }

                if (file.Length + read > options.MaxUnwrappedBytes)
                {
                    throw new RecordingFormatException(TooLarge,
                        string.Create(CultureInfo.InvariantCulture, $"'{source.Name}' ({source.Length:N0} bytes) holds more than {options.MaxUnwrappedBytes:N0} bytes when decompressed. If that is right, decompress it before."));
                }

                Append(file, piece.AsSpan(0, read), options, source.Name);
            }
        }
        finally
        {
            content?.Dispose();
        }
    }

    private static Stream Open(Kind kind, Stream compressed) => kind switch
    {
        Kind.Zstd => new ZstdStream(compressed),
        Kind.Lz4 => new Lz4FrameStream(compressed),
        Kind.Gzip => GzipMemberStream.Open(compressed),
        _ => new BZip2InputStream(compressed) { IsStreamOwner = false },
    };

    private static void Append(TemporaryFile file, ReadOnlySpan<byte> bytes, RecordingReaderOptions options, string name)
    {
        try
        {
            file.Append(bytes);
        }
        catch (IOException exception)
        {
            throw new MeshException(DiskFull, $"'{name}' cannot be decompressed into '{options.SpillFolder}': {exception.Message} Free space there, or name another folder for temporary files.", isTransient: true, exception);
        }
    }

    private static void RequireDisk(RecordingReaderOptions options, long written, string name)
    {
        long free = new DriveInfo(Path.GetFullPath(options.SpillFolder)).AvailableFreeSpace;
        if (free >= options.MinFreeSpillBytes) return;
        throw new MeshException(DiskFull,
            string.Create(CultureInfo.InvariantCulture, $"'{name}' cannot be decompressed: after {written:N0} bytes only {free:N0} are free in '{options.SpillFolder}', and {options.MinFreeSpillBytes:N0} must stay. Free space there, or name another folder for temporary files."),
            isTransient: true);
    }
}
