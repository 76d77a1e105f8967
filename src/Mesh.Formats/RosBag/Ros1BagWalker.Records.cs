using System.Globalization;

namespace Mesh.Formats.RosBag;

/// <summary>How chunks and runs of records become blocks.</summary>
internal sealed partial class Ros1BagWalker
{
    // A shorter rest at the end of a file can be the beginning of any record.
    private const int ShortestMessagePrefix = 46;

    private async ValueTask<bool> ReadChunkAsync(Ros1BagBlock block, Ros1BagRecord record, CancellationToken cancellationToken)
    {
        long position = window.Position;
        long dataStart = position + record.DataOffset;
        long stored = Math.Min(record.DataBytes, source.Length - dataStart);
        doubtfulEnd = -1;
        pieceBytes = FirstPieceBytes;
        var compression = Ros1BagChunk.CompressionOf(window.Span[record.Text]);
        if (compression == Ros1BagCompression.None) return await ReadPlainChunkAsync(block, record, position, cancellationToken).ConfigureAwait(false);
        if (compression is null)
        {
            string name = Convert.ToHexStringLower(window.Span[record.Text]);
            await SkipChunkAsync(block, record, Ros1BagLosses.UnknownCompression, "compression none, lz4 or bz2", $"bytes {name}", cancellationToken).ConfigureAwait(false);
            return false;
        }

        if (Math.Max(stored, record.Size) > maxBlockBytes)
        {
            await SkipChunkAsync(block, record, Ros1BagLosses.ChunkTooLarge, Ros1BagMessageLister.AtMost(maxBlockBytes),
                Ros1BagMessageLister.Bytes(Math.Max(stored, record.Size)), cancellationToken).ConfigureAwait(false);
            return false;
        }

        block.ChunkPosition = position;
        block.Compression = compression.Value;
        block.ClaimedBytes = (int)record.Size;

        // In a file with damage a claim is checked before it is read.
        bool isWhole = stored == record.DataBytes && (!isDamaged || await IsRecordAtAsync(dataStart + stored, cancellationToken).ConfigureAwait(false));
        if (isWhole)
        {
            window.Seek(dataStart);
            block.StoredBytes = await FillAsync(block.StoredBuffer((int)stored), cancellationToken).ConfigureAwait(false);
            block.RecordBytes = Ros1BagChunk.Believable(block);
            block.IsPending = true;
            window.Seek(dataStart + block.StoredBytes);
            isWhole = isDamaged || await IsRecordAtAsync(window.Position, cancellationToken).ConfigureAwait(false);
        }

        if (!isWhole) await SalvageChunkAsync(block, record, dataStart, cancellationToken).ConfigureAwait(false);
        block.EndPosition = window.Position;
        return true;
    }

    private async ValueTask<bool> ReadPlainChunkAsync(Ros1BagBlock block, Ros1BagRecord record, long position, CancellationToken cancellationToken)
    {
        long dataStart = position + record.DataOffset;
        long end = dataStart + record.DataBytes;
        window.Seek(dataStart);
        bool isFollowed = end <= source.Length && (!isDamaged || await IsRecordAtAsync(end, cancellationToken).ConfigureAwait(false));
        if (isFollowed && record.DataBytes <= MaxPieceBytes)
        {
            window.Seek(dataStart);
            int filled = await FillAsync(block.RecordsBuffer((int)record.DataBytes), cancellationToken).ConfigureAwait(false);
            window.Seek(end);
            if (filled == record.DataBytes && await IsRecordAtAsync(end, cancellationToken).ConfigureAwait(false))
            {
                block.Compression = Ros1BagCompression.None;
                block.ChunkPosition = position;
                block.RecordsPosition = dataStart;
                block.RecordBytes = block.ClaimedBytes = filled;
                block.IsPending = true;
                block.EndPosition = end;
                return true;
            }

            window.Seek(dataStart);
        }
        else if (isFollowed && await IsRecordAtAsync(end, cancellationToken).ConfigureAwait(false))
        {
            regionChunk = position;
            regionEnd = end;
            return false;
        }

        // The file ends within, or the length is wrong: the records are there to be read all the same, to wherever they go.
        if (end > source.Length)
        {
            isCut = true;
        }
        else
        {
            doubtfulEnd = end;
            isDamaged = true;
            block.AddLoss(Ros1BagLosses.ChunkLength, position, 0,
                string.Create(CultureInfo.InvariantCulture, $"a record after a chunk of {record.DataBytes:N0} bytes"), "other bytes");
        }

        return false;
    }

    /// <summary>Lists records until one that belongs elsewhere, damage, or as many bytes as a piece may have.</summary>
    private async ValueTask<bool> ReadPieceAsync(Ros1BagBlock block, long end, long chunk, CancellationToken cancellationToken)
    {
        long position = window.Position;
        long region = end - position;
        long wanted = Math.Min(region, pieceBytes);
        block.ChunkPosition = chunk;
        block.RecordsPosition = position;
        Ros1BagMessageLister.Stop stop;
        while (true)
        {
            var buffer = block.RecordsBuffer((int)wanted);
            block.RecordBytes = await FillAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (block.RecordBytes < buffer.Length) region = block.RecordBytes;
            stop = Ros1BagMessageLister.List(block, 0, region, maxMessageBytes);
            if (stop.Outcome != Ros1BagMessageLister.Outcome.NeedMoreBytes || stop.Position > 0 || block.RecordBytes >= region) break;
            wanted = Math.Min(region, Math.Max(stop.RecordBytes, wanted * 2));
        }

        window.Seek(position + stop.Position);
        switch (stop.Outcome)
        {
            case Ros1BagMessageLister.Outcome.NeedMoreBytes:
                pieceBytes = (int)Math.Min(MaxPieceBytes, wanted * 2);
                break;
            case Ros1BagMessageLister.Outcome.Foreign:
                pieceBytes = Math.Clamp(stop.Position, MinPieceBytes, MaxPieceBytes);
                break;
            case Ros1BagMessageLister.Outcome.TooLarge:
                block.AddLoss(Ros1BagLosses.MessageTooLarge, window.Position, stop.RecordBytes,
                    Ros1BagMessageLister.AtMost(maxMessageBytes), Ros1BagMessageLister.Bytes(stop.RecordBytes));
                window.Seek(window.Position + stop.RecordBytes);
                break;
            case Ros1BagMessageLister.Outcome.NotARecord:
                pieceBytes = Math.Clamp(stop.Position, MinPieceBytes, MaxPieceBytes);
                await RecoverPieceAsync(block, stop, position + region, cancellationToken).ConfigureAwait(false);
                break;
        }

        block.EndPosition = window.Position;
        return true;
    }

    /// <summary>Damage within a run of records: finds where they go on, and judges whether the message before is part of the damage.</summary>
    private async ValueTask RecoverPieceAsync(Ros1BagBlock block, Ros1BagMessageLister.Stop stop, long end, CancellationToken cancellationToken)
    {
        long offset = window.Position;
        long position = offset - stop.Position;
        long left = end - offset;
        bool isFileEnd = end == source.Length;
        await window.EnsureAsync((int)Math.Min(left, 512), cancellationToken).ConfigureAwait(false);
        bool isHeader = Ros1BagRecord.TryParse(window.Span, out _) != Ros1BagParse.NotARecord;
        byte[] here = window.Span[..(int)Math.Min(Math.Min(left, window.Span.Length), ShortestMessagePrefix)].ToArray();
        long next = await FindAsync(stop.LastRecord < 0 ? offset + 1 : position + stop.LastRecord + sizeof(uint), end, cancellationToken).ConfigureAwait(false);
        long lost = next < 0 ? offset : Math.Min(next, offset);
        bool hasTraces = (isFileEnd && left < ShortestMessagePrefix) || offset == doubtfulEnd || (stop.LastIsMessage && next >= offset
            ? Ros1BagResync.HasHeaderTraces(block.Records[stop.LastRecord..], here.AsSpan(0, (int)Math.Min(here.Length, next - offset)))
            : stop.LastIsMessage && next < 0 && Ros1BagResync.HasHeaderTraces(block.Records[stop.LastRecord..], here));
        if (stop.LastIsMessage && ((next >= 0 && next < offset) || !hasTraces))
        {
            // A wrong length led here, so the message before ends too early or takes what follows with it.
            block.Truncate(block.Count - 1);
            lost = position + stop.LastRecord;
        }

        bool isEnd = next < 0 && isFileEnd && isHeader;
        isDamaged = true;
        block.AddLoss(isEnd ? Ros1BagLosses.Truncated : Ros1BagLosses.NotARecord, lost, (next < 0 ? end : next) - lost, "a whole record",
            isEnd ? "the end of the file" : "other bytes");
        window.Seek(next < 0 ? end : next);
    }
}
