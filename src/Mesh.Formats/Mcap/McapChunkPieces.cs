using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using Mesh.Columnar.Compression;
using Mesh.Formats.Blocks;
using Mesh.Model;

namespace Mesh.Formats.Mcap;

/// <summary>
/// A chunk too large to be held, read as a stream: first checked whole, then its records one by one into a small piece of memory. Costs two passes
/// over the chunk, because no message of a damaged chunk may be delivered.
/// </summary>
internal sealed class McapChunkPieces(IByteSource source, McapChunkRecord header, long fileOffset, McapReaderOptions options) : IAsyncDisposable
{
    private const int PieceBytes = 4 << 20;
    private const int PassBytes = 64 << 10;

    private readonly BlockBuffer data = new();
    private readonly byte[] prefix = new byte[McapRecordLexer.PrefixBytes];
    private Stream? records;
    private int used;
    private long position;
    private long left;
    private Record? next;

    /// <summary>Byte position of the chunk record.</summary>
    public long FileOffset => fileOffset;

    /// <summary>What the offsets of the piece's messages count in.</summary>
    public ReadOnlyMemory<byte> Data => data.Memory;

    /// <summary>Whether no further record follows.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>Whether a chunk's fields are sound as far as they can be judged without reading it.</summary>
    public static bool CanRead(McapChunkRecord header, long contentBytes)
    {
        if (header.RecordsLength > (ulong)(contentBytes - header.RecordsOffset) || header.UncompressedSize > long.MaxValue) return false;
        return header.Compression.Length == 0
            ? header.RecordsLength == header.UncompressedSize
            : McapChunk.IsKnown(header.Compression) && header.UncompressedSize <= (ulong)McapChunk.Reachable(header.Compression, (long)header.RecordsLength);
    }

    /// <summary>Reads the chunk once to see that it decompresses to what it says.</summary>
    /// <returns>False when it does not, which is reported.</returns>
    public async ValueTask<bool> CheckAsync(McapLosses losses, CancellationToken cancellationToken)
    {
        byte[] piece = ArrayPool<byte>.Shared.Rent(PassBytes);
        uint crc = 0;
        ulong read = 0;
        string? damage = null;
        try
        {
            await using var stream = Open();
            int count;
            while ((count = await stream.ReadAsync(piece, cancellationToken).ConfigureAwait(false)) > 0)
            {
                read += (ulong)count;
                if (read > header.UncompressedSize) break;
                if (options.CheckCrc) crc = Crc32.Append(crc, piece.AsSpan(0, count));
            }
        }
        catch (InvalidDataException exception)
        {
            damage = exception.Message;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }

        if (damage is not null || read != header.UncompressedSize)
        {
            losses.Add(McapLosses.ChunkDecompression, fileOffset, (long)header.RecordsLength,
                string.Create(CultureInfo.InvariantCulture, $"{header.Compression} data of {header.UncompressedSize:N0} bytes"),
                damage ?? string.Create(CultureInfo.InvariantCulture, $"{read:N0} bytes"));
            return false;
        }

        if (options.CheckCrc && header.UncompressedCrc != 0 && crc != header.UncompressedCrc)
        {
            losses.Add(McapLosses.ChunkCrc, fileOffset, options.DeliverUnchecked ? 0 : (long)header.RecordsLength,
                string.Create(CultureInfo.InvariantCulture, $"CRC-32 {header.UncompressedCrc:x8} of the chunk's records"), string.Create(CultureInfo.InvariantCulture, $"{crc:x8}"));
            if (!options.DeliverUnchecked) return false;
        }

        records = Open();
        return true;
    }

    /// <summary>Forgets the messages of the last piece.</summary>
    public void BeginPiece()
    {
        used = 0;
        if (next is null) data.ReleaseLarge();
        if (data.Memory.Length == 0) data.Reserve(PieceBytes);
    }

    /// <summary>The record that is to be dealt with: the same until it has been taken or passed over; null at the end.</summary>
    public async ValueTask<Record?> NextAsync(CancellationToken cancellationToken)
    {
        if (next is not null) return next;
        if (IsAtEnd || position + prefix.Length > (long)header.UncompressedSize) return End();
        await records!.ReadExactlyAsync(prefix, cancellationToken).ConfigureAwait(false);
        McapRecordLexer.TryReadPrefix(prefix, out var opcode, out ulong length);
        long available = (long)header.UncompressedSize - position - prefix.Length;
        if (opcode == McapOpcode.Invalid || length > (ulong)available) return End();
        position += prefix.Length;
        left = (long)length;
        next = new Record(opcode, (long)length);
        return next;
    }

    /// <summary>Reports bytes behind the last whole record.</summary>
    public void ReportRest(McapLosses losses)
    {
        long rest = (long)header.UncompressedSize - position;
        if (rest == 0) return;
        losses.Add(McapLosses.MalformedRecord, fileOffset, rest, string.Create(CultureInfo.InvariantCulture, $"a record at byte {position:N0} of the chunk"),
            "a length beyond the chunk's end or opcode 0");
    }

    /// <summary>Whether a record fits what is left of the piece.</summary>
    public bool HasRoom(long bytes) => bytes <= data.Memory.Length - used;

    /// <summary>Makes an empty piece large enough for a record.</summary>
    public void MakeRoom(int bytes) => data.Reserve(bytes);

    /// <summary>Takes bytes of the record.</summary>
    public async ValueTask TakeAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        await records!.ReadExactlyAsync(target, cancellationToken).ConfigureAwait(false);
        Took(target.Length);
    }

    /// <summary>Takes the rest of the record into the piece; where it begins there.</summary>
    public async ValueTask<int> TakePayloadAsync(int bytes, CancellationToken cancellationToken)
    {
        int at = used;
        used += bytes;
        await TakeAsync(data.Memory.Slice(at, bytes), cancellationToken).ConfigureAwait(false);
        return at;
    }

    /// <summary>Passes over the rest of the record.</summary>
    public async ValueTask PassAsync(CancellationToken cancellationToken)
    {
        byte[] piece = ArrayPool<byte>.Shared.Rent(PassBytes);
        try
        {
            while (left > 0) await TakeAsync(piece.AsMemory(0, (int)Math.Min(left, PassBytes)), cancellationToken).ConfigureAwait(false);
            next = null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    /// <summary>Gives back what a large message has made it take.</summary>
    public void ReleaseLarge() => data.ReleaseLarge();

    public async ValueTask DisposeAsync()
    {
        data.Dispose();
        if (records is not null) await records.DisposeAsync().ConfigureAwait(false);
    }

    private Record? End()
    {
        IsAtEnd = true;
        return null;
    }

    private void Took(int bytes)
    {
        position += bytes;
        left -= bytes;
        if (left == 0) next = null;
    }

    private Stream Open()
    {
        var stored = new SourceStream(source, fileOffset + McapRecordLexer.PrefixBytes + header.RecordsOffset, (long)header.RecordsLength);
        return header.Compression switch { "lz4" => new Lz4FrameStream(stored), "zstd" => new ZstdStream(stored), _ => stored };
    }

    /// <summary>A record of the chunk and the bytes of its content.</summary>
    internal readonly record struct Record(McapOpcode Opcode, long Length);
}
