using System.Globalization;

namespace Mesh.Formats.RosBag;

/// <summary>What is done where the bytes are no record, and with chunks whose end is not where it should be.</summary>
internal sealed partial class Ros1BagWalker
{
    // Bytes of chunks that are tried by their claimed length although no record follows them: a hostile file can claim them again and again.
    private const long MaxTriedBytes = 64 << 20;

    /// <summary>No record is here, or one that reaches beyond the end: goes on where there is one, be it inside the one before.</summary>
    private async ValueTask RecoverAsync(Ros1BagBlock block, bool isHeader, CancellationToken cancellationToken)
    {
        long offset = window.Position;
        if (await IsReservedSpaceAsync(cancellationToken).ConfigureAwait(false)) return;
        long next = await FindAsync(previousData >= 0 ? previousData : offset + 1, source.Length, cancellationToken).ConfigureAwait(false);
        previousData = -1;
        long lost = next < 0 ? offset : Math.Min(offset, next);
        bool isEnd = next < 0 && (isHeader || source.Length - offset < ShortestMessagePrefix);
        isDamaged = true;
        block.AddLoss(isEnd ? Ros1BagLosses.Truncated : Ros1BagLosses.NotARecord, lost, (next < 0 ? source.Length : next) - lost, "a whole record",
            isEnd ? "the end of the file" : "other bytes");
        window.Seek(next < 0 ? source.Length : next);
    }

    /// <summary>
    /// Some recorders reserve room for a chunk's header and are closed before its first message: zeros up to the index are no damage.
    /// Passes over them.
    /// </summary>
    private async ValueTask<bool> IsReservedSpaceAsync(CancellationToken cancellationToken)
    {
        long length = header.IndexPosition - window.Position;
        if (length <= 0 || length > Ros1BagResync.MaxProbeBytes || !await window.EnsureAsync((int)length, cancellationToken).ConfigureAwait(false)
            || window.Span[..(int)length].ContainsAnyExcept((byte)0))
        {
            return false;
        }

        window.Advance((int)length);
        return true;
    }

    /// <summary>No record follows a compressed chunk: either its length is wrong, or the file was cut, or what follows is damaged.</summary>
    private async ValueTask SalvageChunkAsync(Ros1BagBlock block, Ros1BagRecord record, long dataStart, CancellationToken cancellationToken)
    {
        block.IsPending = false;
        isDamaged = true;
        long claimed = Math.Min(record.DataBytes, source.Length - dataStart);
        long claimedEnd = dataStart + claimed;
        bool isShort = claimed < record.DataBytes;
        bool isTried = !isShort && triedBytes < MaxTriedBytes;
        if (isTried && await TryReadClaimedAsync(block, dataStart, (int)claimed, cancellationToken).ConfigureAwait(false)) return;

        long next = await FindAsync(dataStart, source.Length, cancellationToken).ConfigureAwait(false);
        if (!isShort && !isTried && (next < 0 || next >= claimedEnd)
            && await TryReadClaimedAsync(block, dataStart, (int)claimed, cancellationToken).ConfigureAwait(false)) return;

        long end = next >= 0 ? next : source.Length;
        long stored = end - dataStart;
        if (stored > maxBlockBytes)
        {
            block.RecordBytes = 0;
            block.AddLoss(Ros1BagLosses.ChunkTooLarge, block.ChunkPosition, end - block.ChunkPosition, Ros1BagMessageLister.AtMost(maxBlockBytes), Ros1BagMessageLister.Bytes(stored));
            window.Seek(end);
            return;
        }

        if (await TryDecompressAsync(block, dataStart, (int)stored, cancellationToken).ConfigureAwait(false))
        {
            block.AddLoss(Ros1BagLosses.ChunkLength, block.ChunkPosition, 0,
                string.Create(CultureInfo.InvariantCulture, $"a chunk of {stored:N0} bytes"), string.Create(CultureInfo.InvariantCulture, $"a length of {record.DataBytes:N0}"));
            Ros1BagMessageLister.ListWhole(block, maxMessageBytes, isCut: false);
        }
        else
        {
            // At the end of a cut file, what was compressed before the cut comes out. Elsewhere foreign bytes may follow the cut.
            bool isCutOff = isShort && next < 0;
            int kept = isCutOff || block.Compression == Ros1BagCompression.Bz2 ? ListPrefix(block) : Drop(block);
            block.AddLoss(isCutOff ? Ros1BagLosses.Truncated : Ros1BagLosses.ChunkDecompression, block.ChunkPosition, Math.Max(0, block.ClaimedBytes - kept),
                string.Create(CultureInfo.InvariantCulture, $"{record.DataBytes:N0} bytes compressed with {block.Compression}"),
                string.Create(CultureInfo.InvariantCulture, $"{stored:N0}"));
        }

        window.Seek(end);
    }

    /// <summary>The length may be right, and only what follows be damaged: the loop sees to that.</summary>
    private async ValueTask<bool> TryReadClaimedAsync(Ros1BagBlock block, long dataStart, int claimed, CancellationToken cancellationToken)
    {
        triedBytes += claimed;
        if (!await TryDecompressAsync(block, dataStart, claimed, cancellationToken).ConfigureAwait(false)) return false;
        Ros1BagMessageLister.ListWhole(block, maxMessageBytes, isCut: false);
        window.Seek(dataStart + claimed);
        return true;
    }

    private async ValueTask<bool> TryDecompressAsync(Ros1BagBlock block, long dataStart, int stored, CancellationToken cancellationToken)
    {
        window.Seek(dataStart);
        block.StoredBytes = await FillAsync(block.StoredBuffer(stored), cancellationToken).ConfigureAwait(false);
        block.RecordBytes = Ros1BagChunk.Believable(block);
        return Ros1BagChunk.TryDecompress(block);
    }

    private int ListPrefix(Ros1BagBlock block)
    {
        Ros1BagChunk.DecompressPrefix(block);
        return Ros1BagMessageLister.ListWhole(block, maxMessageBytes, isCut: true);
    }

    private static int Drop(Ros1BagBlock block) => block.RecordBytes = 0;

    /// <summary>Passes over a chunk that cannot be read.</summary>
    private async ValueTask SkipChunkAsync(Ros1BagBlock block, Ros1BagRecord record, string code, string expected, string found, CancellationToken cancellationToken)
    {
        long position = window.Position;
        long end = position + record.TotalBytes;
        if (!await IsRecordAtAsync(end, cancellationToken).ConfigureAwait(false))
        {
            end = await FindAsync(position + record.DataOffset, source.Length, cancellationToken).ConfigureAwait(false);
            if (end < 0) end = source.Length;
        }

        block.AddLoss(code, position, end - position, expected, found);
        window.Seek(end);
    }

    /// <summary>Whether a record of a known kind begins there, or the file ends there.</summary>
    private async ValueTask<bool> IsRecordAtAsync(long position, CancellationToken cancellationToken)
    {
        if (position >= source.Length) return position == source.Length;
        if (position == window.Position && window.Has(Math.Min(probe.Length, window.Remaining))) return Ros1BagResync.IsRecord(window.Span);
        if (position == window.Position)
        {
            await window.EnsureAsync((int)Math.Min(probe.Length, window.Remaining), cancellationToken).ConfigureAwait(false);
            return Ros1BagResync.IsRecord(window.Span);
        }

        int filled = await source.ReadAtAsync(position, probe, cancellationToken).ConfigureAwait(false);
        return Ros1BagResync.IsRecord(probe.AsSpan(0, filled));
    }

    /// <summary>Finds the next record at or after a place. Moves the window.</summary>
    /// <returns>Its position, or -1 when there is none that begins before <paramref name="limit"/>.</returns>
    private async ValueTask<long> FindAsync(long from, long limit, CancellationToken cancellationToken)
    {
        window.Seek(from);
        while (true)
        {
            long left = limit - window.Position;

            // Two probes' worth at least: moving on by a few bytes must not read anew.
            int wanted = (int)Math.Min(left, 2 * Ros1BagResync.MaxProbeBytes);
            if (wanted <= 0 || !await window.EnsureAsync(wanted, cancellationToken).ConfigureAwait(false)) return -1;
            int length = (int)Math.Min(window.Span.Length, left);
            int at = Ros1BagResync.Find(window.Span[..length], 0, out var record);
            if (at < 0)
            {
                if (length == left) return -1;
                window.Advance(length - Ros1BagResync.MaxProbeBytes);
                continue;
            }

            long found = window.Position + at;
            long end = found + record.TotalBytes;
            bool isPlausible = record.Op == Ros1BagOp.Chunk
                || (end <= limit && (record.Op is not (Ros1BagOp.Message or Ros1BagOp.Connection) || await IsRecordAtAsync(end, cancellationToken).ConfigureAwait(false)));
            if (isPlausible) return found;
            window.Advance(at + 1);
        }
    }
}
