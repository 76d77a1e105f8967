namespace Mesh.Formats.Mcap;

/// <summary>The end of the file: data end, summary, footer.</summary>
public sealed partial class McapWriter
{
    /// <summary>Closes the last chunk and writes summary and footer. A second call does nothing.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (completed) return;
        await CloseChunkAsync(cancellationToken).ConfigureAwait(false);
        await WriteCompressedAsync(0, cancellationToken).ConfigureAwait(false);

        // Channels that never carried a message are part of the recording all the same.
        foreach (var schema in schemas)
        {
            if (!schema.Written) pending.Add(schema.Record);
        }

        foreach (var channel in channels)
        {
            if (!channel.Written) pending.Add(channel.Record);
        }

        await FlushAsync(cancellationToken).ConfigureAwait(false);
        int dataEnd = pending.Begin(McapOpcode.DataEnd);
        pending.Add(crc);
        pending.End(dataEnd);
        await FlushAsync(cancellationToken).ConfigureAwait(false);

        long summaryStart = flushed;
        using var offsets = new McapRecordBuffer();
        AppendSummary(offsets);
        bool hasSummary = pending.Length > 0;
        bool hasOffsets = options.Parts.HasFlag(McapSummaryParts.SummaryOffsets) && offsets.Length > 0;
        long offsetStart = flushed + pending.Length;
        if (hasOffsets) pending.Add(offsets.Span);

        int footer = pending.Begin(McapOpcode.Footer);
        pending.Add(hasSummary ? (ulong)summaryStart : 0);
        pending.Add(hasOffsets ? (ulong)offsetStart : 0);
        // The length belongs to what the CRC covers, so it is written before its time.
        pending.Add(0U);
        pending.End(footer);
        pending.Truncate(pending.Length - sizeof(uint));
        pending.Add(options.WriteCrc ? Crc32.Compute(pending.Span) : 0);
        pending.Add(McapRecordLexer.Magic);
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
        completed = true;
    }

    private void AppendSummary(McapRecordBuffer offsets)
    {
        int start = pending.Length;
        if (options.Parts.HasFlag(McapSummaryParts.Schemas))
        {
            foreach (var schema in schemas) pending.Add(schema.Record);
        }

        start = EndGroup(McapOpcode.Schema, start, offsets);
        if (options.Parts.HasFlag(McapSummaryParts.Channels))
        {
            foreach (var channel in channels) pending.Add(channel.Record);
        }

        start = EndGroup(McapOpcode.Channel, start, offsets);
        if (options.Parts.HasFlag(McapSummaryParts.Statistics)) AppendStatistics();
        start = EndGroup(McapOpcode.Statistics, start, offsets);
        if (options.Parts.HasFlag(McapSummaryParts.ChunkIndexes)) pending.Add(chunkIndexes.Span);
        start = EndGroup(McapOpcode.ChunkIndex, start, offsets);
        if (options.Parts.HasFlag(McapSummaryParts.AttachmentIndexes)) pending.Add(attachmentIndexes.Span);
        start = EndGroup(McapOpcode.AttachmentIndex, start, offsets);
        if (options.Parts.HasFlag(McapSummaryParts.MetadataIndexes)) pending.Add(metadataIndexes.Span);
        EndGroup(McapOpcode.MetadataIndex, start, offsets);
    }

    private int EndGroup(McapOpcode opcode, int start, McapRecordBuffer offsets)
    {
        if (pending.Length == start) return start;
        int record = offsets.Begin(McapOpcode.SummaryOffset);
        offsets.Add((byte)opcode);
        offsets.Add((ulong)(flushed + start));
        offsets.Add((ulong)(pending.Length - start));
        offsets.End(record);
        return pending.Length;
    }

    private void AppendStatistics()
    {
        int record = pending.Begin(McapOpcode.Statistics);
        pending.Add(messageCount);
        pending.Add((ushort)schemas.Count);
        pending.Add((uint)channels.Count);
        pending.Add(attachmentCount);
        pending.Add(metadataCount);
        pending.Add(chunkCount);
        pending.Add(messageCount == 0 ? 0 : startTime);
        pending.Add(endTime);
        int map = pending.Length;
        pending.Add(0U);
        foreach (var channel in channels)
        {
            if (channel.MessageCount == 0) continue;
            pending.Add(channel.Id);
            pending.Add(channel.MessageCount);
        }

        pending.SetUInt32(map, (uint)(pending.Length - map - sizeof(uint)));
        pending.End(record);
    }

    private class DefinitionEntry(byte[] record)
    {
        public byte[] Record { get; } = record;

        public bool Written { get; set; }
    }

    private sealed class ChannelEntry(ushort id, ushort schemaId, byte[] record) : DefinitionEntry(record)
    {
        public ushort Id { get; } = id;

        public ushort SchemaId { get; } = schemaId;

        public ulong MessageCount { get; set; }
    }
}
