namespace Mesh.Formats.Mcap;

/// <summary>Chunks: read in a row, ahead of the caller.</summary>
public sealed partial class McapRecordingReader
{
    /// <summary>The next chunk, when it comes next but for records that are passed over; null where something else must be dealt with first.</summary>
    private async ValueTask<McapChunk?> ReadAheadAsync(CancellationToken cancellationToken)
    {
        while (await window.EnsureAsync(McapRecordLexer.PrefixBytes, cancellationToken).ConfigureAwait(false))
        {
            McapRecordLexer.TryReadPrefix(window.Span, out var opcode, out ulong length);
            if (opcode == McapOpcode.Invalid || length > (ulong)(window.Remaining - McapRecordLexer.PrefixBytes)) return null;
            if (opcode == McapOpcode.Chunk)
            {
                // A large one is read only when everything before it has been given back.
                bool isSmall = length <= (ulong)options.MaxRecordBytes && await CostOfNextAsync((long)length, cancellationToken).ConfigureAwait(false) <= options.MaxBufferedBytes;
                return isSmall ? await TryReadChunkAsync(cancellationToken).ConfigureAwait(false) : null;
            }

            if (opcode < McapOpcode.Chunk || opcode == McapOpcode.DataEnd) return null;
            await SkipAsync(opcode, McapRecordLexer.PrefixBytes + (long)length, cancellationToken).ConfigureAwait(false);
        }

        return null;
    }

    /// <summary>Bytes that the chunk which begins here will hold; those of its record when its fields are not a chunk's.</summary>
    private async ValueTask<long> CostOfNextAsync(long length, CancellationToken cancellationToken)
    {
        await window.EnsureAsync((int)Math.Min(McapRecordLexer.PrefixBytes + length, HeadBytes), cancellationToken).ConfigureAwait(false);
        return McapChunkRecord.TryParse(window.Span[McapRecordLexer.PrefixBytes..], out var header)
            ? McapChunk.CostOf((long)Math.Min(header.UncompressedSize, long.MaxValue), length, header.Compression.Length > 0, options)
            : length;
    }

    /// <summary>Waits until a large block may be held.</summary>
    private async ValueTask AdmitAsync(long bytes, CancellationToken cancellationToken)
    {
        if (bytes <= options.MaxBufferedBytes || options.AdmitLargeBlock is not { } admit || admission is not null) return;
        admission = await admit(bytes, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads the chunk record that begins here; null, and nothing is passed over, when its fields are not a chunk's.</summary>
    private async ValueTask<McapChunk?> TryReadChunkAsync(CancellationToken cancellationToken)
    {
        McapRecordLexer.TryReadPrefix(window.Span, out _, out ulong length);
        int total = McapRecordLexer.PrefixBytes + (int)length;
        await window.EnsureAsync(Math.Min(total, HeadBytes), cancellationToken).ConfigureAwait(false);
        if (!McapChunkRecord.TryParse(window.Span[McapRecordLexer.PrefixBytes..Math.Min(total, window.Span.Length)], out var header)
            || header.RecordsLength > length - (ulong)header.RecordsOffset)
        {
            return null;
        }

        return await TakeChunkAsync(total, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<McapChunk?> TakeChunkAsync(int total, CancellationToken cancellationToken)
    {
        var chunk = spare.TryPop(out var used) ? used : new McapChunk(options);
        long offset = window.Position;
        if (sectionIsWhole) sectionCrc = Crc32.Append(sectionCrc, window.Span[..McapRecordLexer.PrefixBytes]);
        window.Advance(McapRecordLexer.PrefixBytes);
        var content = chunk.Reserve(offset, total - McapRecordLexer.PrefixBytes);
        int taken = await window.TakeAsync(content, cancellationToken).ConfigureAwait(false);
        if (taken < content.Length)
        {
            // The source has fewer bytes than it said; whatever reads on here finds that out.
            spare.Push(chunk);
            window.Seek(offset);
            return null;
        }

        if (sectionIsWhole) sectionCrc = Crc32.Append(sectionCrc, content.Span);
        chunk.TryParse();
        return chunk;
    }

    /// <summary>A chunk record whose fields reach beyond it, or that the source does not have whole.</summary>
    private async ValueTask PassBrokenChunkAsync(long total, CancellationToken cancellationToken)
    {
        byte[] last = new byte[1];
        if (await source.ReadAtAsync(window.Position + total - 1, last, cancellationToken).ConfigureAwait(false) == 0)
        {
            EndShort();
            return;
        }

        // Its length may be as wrong as its content: go by it only where a record follows.
        long next = window.Position + total;
        if (!await resync.IsPlausibleAsync(next, cancellationToken).ConfigureAwait(false))
        {
            next = await resync.FindAsync(window.Position + 1, cancellationToken).ConfigureAwait(false);
        }

        ResumeAt(next, McapLosses.MalformedRecord, "the fields of a chunk", "a field that reaches beyond the record");
    }
}
