namespace Mesh.Formats.Mcap;

/// <summary>The summary section, held against the data section.</summary>
internal sealed partial class McapDoctor
{
    private readonly Dictionary<ulong, (McapChunkIndex Index, long Offset)> chunkIndexes = [];
    private readonly Dictionary<(McapOpcode Opcode, long Position), (long Length, string Name)> extras = [];
    private readonly HashSet<(McapOpcode Opcode, long Position)> indexedExtras = [];
    private readonly List<(McapSummaryOffsetRecord Group, long Offset)> summaryOffsets = [];
    private readonly List<(McapOpcode Opcode, long Start, long Length)> groups = [];
    private readonly HashSet<ushort> unrepeatedChannels = [];
    private readonly HashSet<ushort> unrepeatedSchemas = [];
    private McapStatistics? statistics;
    private long statisticsOffset;
    private long summaryStart;
    private uint attachments;
    private uint metadata;

    private async ValueTask ExamineExtraAsync(McapOpcode opcode, long offset, long total, CancellationToken cancellationToken)
    {
        if (inSummary) findings.Error(McapFindings.Summary, offset, $"A {opcode} record lies in the summary section.");
        string name;
        if (opcode == McapOpcode.Attachment)
        {
            attachments++;
            if (await McapAttachments.TryReadHeadAsync(source, offset, cancellationToken).ConfigureAwait(false) is not { } head)
            {
                findings.Error(McapFindings.Extra, offset, $"The fields of an Attachment record reach beyond its end.");
                return;
            }

            name = head.Name;
            if (options.CheckCrc && await McapAttachments.FindDamageAsync(source, head, cancellationToken).ConfigureAwait(false) is { } damage)
            {
                findings.Error(McapFindings.Extra, offset, $"Attachment '{Short(head.Name)}' is damaged: {damage}.");
            }
        }
        else
        {
            metadata++;
            if (total > options.MaxRecordBytes || !await window.EnsureAsync((int)total, cancellationToken).ConfigureAwait(false)
                || !McapMetadataRecord.TryParse(window.Span[McapRecordLexer.PrefixBytes..(int)total], out var record))
            {
                findings.Error(McapFindings.Extra, offset, $"The fields of a Metadata record reach beyond its end.");
                return;
            }

            name = record.Name;
        }

        if (++keptPlaces <= MaxKeptPlaces) extras[(opcode, offset)] = (total, name);
    }

    private void CompareExtra(McapOpcode opcode, ulong position, ulong length, string name, long offset)
    {
        if (position > long.MaxValue || !extras.TryGetValue((opcode, (long)position), out var found))
        {
            if (keptPlaces <= MaxKeptPlaces) findings.Error(McapFindings.Extra, offset, $"The index of '{Short(name)}' points to byte {position:N0}, where no {opcode} record begins.");
            return;
        }

        indexedExtras.Add((opcode, (long)position));
        if ((ulong)found.Length != length) findings.Error(McapFindings.Extra, offset, $"The index of '{Short(name)}' says {length:N0} bytes; the record has {found.Length:N0}.");
        if (found.Name != name) findings.Error(McapFindings.Extra, offset, $"The index calls '{Short(name)}' what the record calls '{Short(found.Name)}'.");
    }

    private void NoteGroup(McapOpcode opcode, long offset, long total)
    {
        if (groups.Count > 0 && groups[^1].Opcode == opcode)
        {
            groups[^1] = groups[^1] with { Length = groups[^1].Length + total };
            return;
        }

        if (opcode != McapOpcode.DataEnd && groups.Count < 1_000)
        {
            if (groups.Exists(group => group.Opcode == opcode)) findings.Error(McapFindings.Summary, offset, $"The summary's {opcode} records are not in one group.");
            groups.Add((opcode, offset, total));
        }
    }

    private void EndSummary(in McapFooterRecord footer, long footerOffset)
    {
        bool hasSummary = summaryStart < footerOffset && groups.Exists(group => group.Opcode != McapOpcode.SummaryOffset);
        if (footer.SummaryStart != 0 && footer.SummaryStart != (ulong)summaryStart)
        {
            findings.Error(McapFindings.Summary, footerOffset, $"The footer says the summary begins at byte {footer.SummaryStart:N0}; the data section ends at {summaryStart:N0}.");
        }
        else if (footer.SummaryStart == 0 && hasSummary)
        {
            findings.Error(McapFindings.Summary, footerOffset, $"The footer knows of no summary section, though there is one at byte {summaryStart:N0}; readers will not find it.");
        }

        int offsetGroup = groups.FindIndex(group => group.Opcode == McapOpcode.SummaryOffset);
        ulong offsetStart = offsetGroup < 0 ? 0 : (ulong)groups[offsetGroup].Start;
        if (footer.SummaryOffsetStart != offsetStart && (footer.SummaryOffsetStart != (ulong)footerOffset || offsetGroup >= 0))
        {
            findings.Error(McapFindings.Summary, footerOffset, $"The footer says the summary offsets begin at byte {footer.SummaryOffsetStart:N0}; they begin at {offsetStart:N0}.");
        }

        foreach (var (group, offset) in summaryOffsets)
        {
            var (opcode, start, length) = groups.Find(found => found.Opcode == group.GroupOpcode);
            if (opcode != group.GroupOpcode || (ulong)start != group.GroupStart || (ulong)length != group.GroupLength)
            {
                findings.Error(McapFindings.Summary, offset, $"A summary offset says {group.GroupOpcode} records lie at byte {group.GroupStart:N0}, {group.GroupLength:N0} bytes; they lie at {start:N0}, {length:N0} bytes.");
            }
        }
    }

    private void CompareIndexes()
    {
        foreach (var (channel, (offset, count)) in backwards)
        {
            findings.Warning(McapFindings.Order, offset, $"{count:N0} messages of channel {channel} '{Short(channels.GetValueOrDefault(channel).Record.Topic ?? "")}' have a log time before that of an earlier message; the first is here.");
        }

        foreach (var (start, (index, offset)) in chunkIndexes)
        {
            if (start <= long.MaxValue && chunks.TryGetValue((long)start, out var found)) CompareChunk(index, found, offset);
            else if (isComplete) findings.Error(McapFindings.ChunkIndex, offset, $"A chunk index points to byte {start:N0}, where no chunk begins.");
        }

        if (unrepeatedChannels.Count > 0) findings.Error(McapFindings.Channel, null, $"{unrepeatedChannels.Count:N0} channels, {unrepeatedChannels.Min()} first, have messages in indexed chunks, but the summary does not repeat them.");
        if (unrepeatedSchemas.Count > 0) findings.Error(McapFindings.Schema, null, $"{unrepeatedSchemas.Count:N0} schemas, {unrepeatedSchemas.Min()} first, have messages in indexed chunks, but the summary does not repeat them.");
        if (chunkIndexes.Count > 0)
        {
            foreach (var found in chunks.Values)
            {
                if (!chunkIndexes.ContainsKey((ulong)found.Offset)) findings.Error(McapFindings.ChunkIndex, found.Offset, $"The chunk is in no chunk index; readers that use the index will miss its messages.");
            }

            if (bareMessages > 0) findings.Warning(McapFindings.Message, null, $"{bareMessages:N0} messages lie outside chunks; readers that use the index will miss them.");
        }

        if (indexedExtras.Count == 0) return;
        foreach (var ((opcode, position), (_, name)) in extras)
        {
            if (indexedExtras.Contains((opcode, position)) || !indexedExtras.Any(indexed => indexed.Opcode == opcode)) continue;
            findings.Error(McapFindings.Extra, position, $"{opcode} '{Short(name)}' is in no index; readers that use the index will not find it.");
        }
    }

    private void CompareChunk(McapChunkIndex index, ChunkPlace found, long offset)
    {
        Compare("length", index.ChunkLength, (ulong)found.Length);
        if (found.Channels.Length > 0)
        {
            // Writers differ in what they write for no messages.
            Compare("message start time", index.MessageStartTimeNs, found.Header.MessageStartTime);
            Compare("message end time", index.MessageEndTimeNs, found.Header.MessageEndTime);
        }

        Compare("compressed size", index.CompressedSize, found.Header.RecordsLength);
        Compare("uncompressed size", index.UncompressedSize, found.Header.UncompressedSize);
        if (index.Compression != found.Header.Compression)
        {
            findings.Error(McapFindings.ChunkIndex, offset, $"The index of the chunk at byte {found.Offset:N0} says compression '{Short(index.Compression)}'; the chunk says '{Short(found.Header.Compression)}'.");
        }

        if (keptPlaces <= MaxKeptPlaces)
        {
            Compare("message index length", index.MessageIndexLength, (ulong)found.MessageIndexLength);
            foreach (var (channel, position) in index.MessageIndexOffsets)
            {
                if (!found.MessageIndexes.TryGetValue(channel, out long actual) || (ulong)actual != position)
                {
                    findings.Error(McapFindings.ChunkIndex, offset, $"The index of the chunk at byte {found.Offset:N0} says the message index of channel {channel} is at byte {position:N0}; it is not there.");
                }
            }
        }

        foreach (ushort channel in found.Channels)
        {
            if (!summaryChannels.Contains(channel)) unrepeatedChannels.Add(channel);
            ushort schema = channels.GetValueOrDefault(channel).Record.SchemaId;
            if (schema != 0 && !summarySchemas.Contains(schema)) unrepeatedSchemas.Add(schema);
        }

        void Compare(string what, ulong claimed, ulong actual)
        {
            if (claimed != actual) findings.Error(McapFindings.ChunkIndex, offset, $"The index of the chunk at byte {found.Offset:N0} says {what} {claimed}; it is {actual}.");
        }
    }

    private void RequireChannelsBeforeStatistics()
    {
        if (statistics!.ChannelMessageCounts.Count == 0 || !inSummary) return;
        var missing = channels.Keys.Union(statistics.ChannelMessageCounts.Keys).Where(channel => !summaryChannels.Contains(channel)).ToList();
        if (missing.Count == 0) return;
        findings.Error(McapFindings.Statistics, statisticsOffset, $"Statistics count messages by channel, but {missing.Count:N0} channels, {missing.Min()} first, are not repeated in the summary before them.");
    }

    private void CompareStatistics()
    {
        // Where not everything was seen, nothing can be said.
        if (statistics is null || !isComplete) return;
        if (messages > 0)
        {
            Compare("message start time", statistics.MessageStartTimeNs, minTime);
            Compare("message end time", statistics.MessageEndTimeNs, maxTime);
        }

        Compare("messages", statistics.MessageCount, messages);
        Compare("schemas", statistics.SchemaCount, (ulong)schemas.Keys.Count(id => id != 0));
        Compare("channels", statistics.ChannelCount, (ulong)channels.Count);
        Compare("attachments", statistics.AttachmentCount, attachments);
        Compare("metadata records", statistics.MetadataCount, metadata);
        Compare("chunks", statistics.ChunkCount, (ulong)chunks.Count);
        if (statistics.ChannelMessageCounts.Count == 0) return;
        foreach (ushort channel in messageCounts.Keys.Union(statistics.ChannelMessageCounts.Keys))
        {
            ulong claimed = statistics.ChannelMessageCounts.GetValueOrDefault(channel), actual = messageCounts.GetValueOrDefault(channel);
            if (claimed != actual) findings.Error(McapFindings.Statistics, statisticsOffset, $"Statistics say {claimed} messages of channel {channel}; there are {actual}.");
        }

        void Compare(string what, ulong claimed, ulong actual)
        {
            if (claimed != actual) findings.Error(McapFindings.Statistics, statisticsOffset, $"Statistics say {what} {claimed}; there is {actual}.");
        }
    }

    private void FindUnused()
    {
        if (!isComplete) return;
        int silent = channels.Keys.Count(channel => !messageCounts.ContainsKey(channel));
        if (silent > 0) findings.Note(McapFindings.Channel, null, $"{silent:N0} of {channels.Count:N0} channels have no message.");
        var used = channels.Values.Select(channel => channel.Record.SchemaId).ToHashSet();
        int unused = schemas.Keys.Count(schema => !used.Contains(schema));
        if (unused > 0) findings.Note(McapFindings.Schema, null, $"{unused:N0} of {schemas.Count:N0} schemas are of no channel.");
    }
}
