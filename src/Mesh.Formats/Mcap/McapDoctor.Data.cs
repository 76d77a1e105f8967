using System.Buffers.Binary;

namespace Mesh.Formats.Mcap;

/// <summary>The data section: definitions, messages, chunks and what follows them.</summary>
internal sealed partial class McapDoctor
{
    private readonly Dictionary<ushort, (byte[] Content, McapSchemaRecord Record)> schemas = [];
    private readonly Dictionary<ushort, (byte[] Content, McapChannelRecord Record)> channels = [];
    private readonly HashSet<ushort> summarySchemas = [];
    private readonly HashSet<ushort> summaryChannels = [];
    private readonly HashSet<ushort> repeatedSchemas = [];
    private readonly HashSet<ushort> repeatedChannels = [];
    private readonly HashSet<ushort> undefinedChannels = [];
    private readonly Dictionary<ushort, ulong> messageCounts = [];
    private readonly Dictionary<ushort, (long Offset, long Count)> backwards = [];
    private readonly SortedDictionary<long, ChunkPlace> chunks = [];
    private readonly List<(ulong LogTime, int At, ushort Channel)> chunkMessages = [];
    private ChunkPlace? lastChunk;
    private int keptPlaces;
    private ulong messages;
    private long bareMessages;
    private ulong minTime = ulong.MaxValue;
    private ulong maxTime;

    private void ExamineSchema(ReadOnlySpan<byte> content, long offset)
    {
        if (!McapSchemaRecord.TryParse(content, out var schema)) return;
        if (schema.Id == 0) findings.Error(McapFindings.Schema, offset, $"Schema id 0 stands for no schema and must not be defined.");
        if (schema.Encoding.Length == 0 && schema.Data.Length > 0) findings.Error(McapFindings.Schema, offset, $"Schema {schema.Id} '{Short(schema.Name)}' has data but names no encoding.");
        if (schema.Encoding.Length == 0 && schema.Data.Length == 0) findings.Warning(McapFindings.Schema, offset, $"Schema {schema.Id} '{Short(schema.Name)}' has neither encoding nor data.");
        if (schemas.TryGetValue(schema.Id, out var known) && !known.Content.AsSpan().SequenceEqual(content)
            && (known.Record.Name != schema.Name || known.Record.Encoding != schema.Encoding || !known.Record.Data.AsSpan().SequenceEqual(schema.Data)))
        {
            findings.Error(McapFindings.Schema, offset, $"Schema {schema.Id} is '{Short(schema.Name)}' here and '{Short(known.Record.Name)}', or another text of that name, before.");
        }

        if (inSummary)
        {
            if (known.Content is null && isComplete) findings.Error(McapFindings.Schema, offset, $"Schema {schema.Id} of the summary is not in the data section.");
            summarySchemas.Add(schema.Id);
            return;
        }

        if (known.Content is not null && repeatedSchemas.Add(schema.Id)) findings.Warning(McapFindings.Schema, offset, $"Schema {schema.Id} is written more than once.");
        schemas[schema.Id] = (content.ToArray(), schema);
    }

    private void ExamineChannel(ReadOnlySpan<byte> content, long offset)
    {
        if (!McapChannelRecord.TryParse(content, out var channel)) return;
        if (channels.TryGetValue(channel.Id, out var known) && !known.Content.AsSpan().SequenceEqual(content)) CompareChannels(channel, known.Record, offset);
        if (inSummary)
        {
            if (known.Content is null && isComplete) findings.Error(McapFindings.Channel, offset, $"Channel {channel.Id} of the summary is not in the data section.");
            summaryChannels.Add(channel.Id);
        }
        else
        {
            if (known.Content is not null && repeatedChannels.Add(channel.Id)) findings.Warning(McapFindings.Channel, offset, $"Channel {channel.Id} is written more than once.");
            channels[channel.Id] = (content.ToArray(), channel);
        }

        if (channel.SchemaId != 0 && isComplete && !schemas.ContainsKey(channel.SchemaId))
        {
            findings.Error(McapFindings.Channel, offset, $"Channel {channel.Id} '{Short(channel.Topic)}' has schema {channel.SchemaId}, which is not defined before it.");
        }
    }

    private void CompareChannels(in McapChannelRecord channel, in McapChannelRecord known, long offset)
    {
        if (known.SchemaId != channel.SchemaId) findings.Error(McapFindings.Channel, offset, $"Channel {channel.Id} has schema {channel.SchemaId} here and {known.SchemaId} before.");
        if (known.Topic != channel.Topic) findings.Error(McapFindings.Channel, offset, $"Channel {channel.Id} is '{Short(channel.Topic)}' here and '{Short(known.Topic)}' before.");
        if (known.MessageEncoding != channel.MessageEncoding)
        {
            findings.Error(McapFindings.Channel, offset, $"Channel {channel.Id} has message encoding '{Short(channel.MessageEncoding)}' here and '{Short(known.MessageEncoding)}' before.");
        }

        var metadata = channel.Metadata;
        if (known.Metadata.Count != metadata.Count || !known.Metadata.All(pair => metadata.TryGetValue(pair.Key, out string? value) && value == pair.Value))
        {
            findings.Error(McapFindings.Channel, offset, $"Channel {channel.Id} has other metadata here than before.");
        }
    }

    private void ExamineMessage(in McapMessageRecord message, long offset)
    {
        if (isComplete && !channels.ContainsKey(message.ChannelId) && undefinedChannels.Add(message.ChannelId))
        {
            findings.Error(McapFindings.Message, offset, $"A message of channel {message.ChannelId} comes before any definition of that channel.");
        }

        if (messages > 0 && message.LogTime < maxTime)
        {
            var (first, count) = backwards.GetValueOrDefault(message.ChannelId, (offset, 0));
            backwards[message.ChannelId] = (first, count + 1);
        }

        messages++;
        messageCounts[message.ChannelId] = messageCounts.GetValueOrDefault(message.ChannelId) + 1;
        minTime = Math.Min(minTime, message.LogTime);
        maxTime = Math.Max(maxTime, message.LogTime);
    }

    private async ValueTask<bool> TryExamineChunkAsync(long offset, long total, CancellationToken cancellationToken)
    {
        lastChunk = null;
        if (inSummary) findings.Error(McapFindings.Summary, offset, $"A chunk lies in the summary section.");
        if (total > options.MaxRecordBytes)
        {
            isComplete = false;
            window.Seek(offset + total);
            return true;
        }

        window.Seek(offset + McapRecordLexer.PrefixBytes);
        var content = chunk.Reserve(offset, (int)total - McapRecordLexer.PrefixBytes);
        if (await window.TakeAsync(content, cancellationToken).ConfigureAwait(false) < content.Length) return false;
        if (!chunk.TryParse())
        {
            isComplete = false;
            return true;
        }

        chunk.Unpack();
        lastChunk = new ChunkPlace(offset, total, chunk.Header, chunk.IsSound);
        chunks[offset] = lastChunk;
        chunkMessages.Clear();
        if (chunk.IsSound) ExamineRecords(lastChunk);
        else isComplete = false;
        return true;
    }

    private void ExamineRecords(ChunkPlace place)
    {
        var lexer = new McapRecordLexer(options);
        var records = chunk.Records.Span;
        ulong earliest = ulong.MaxValue, latest = 0;
        for (int at = 0; at < records.Length && lexer.TryRead(records[at..], out var record, out int consumed) == McapLexResult.Record; at += consumed)
        {
            switch (record.Opcode)
            {
                case McapOpcode.Schema:
                    ExamineSchema(record.Content, place.Offset);
                    break;
                case McapOpcode.Channel:
                    ExamineChannel(record.Content, place.Offset);
                    break;
                case McapOpcode.Message when McapMessageRecord.TryParse(record.Content, out var message):
                    ExamineMessage(message, place.Offset);
                    place.Count(message.ChannelId);
                    chunkMessages.Add((message.LogTime, at, message.ChannelId));
                    earliest = Math.Min(earliest, message.LogTime);
                    latest = Math.Max(latest, message.LogTime);
                    break;
                case McapOpcode.Message:
                    // Too short: the reader has reported it.
                    break;
                case > McapOpcode.DataEnd:
                    ExamineUnknown(record.Opcode, place.Offset);
                    break;
                default:
                    findings.Error(McapFindings.Chunk, place.Offset, $"A {record.Opcode} record lies in a chunk, at byte {at:N0} of its records; only schemas, channels and messages may.");
                    break;
            }
        }

        if (chunkMessages.Count == 0)
        {
            findings.Note(McapFindings.Chunk, place.Offset, $"The chunk has no messages.");
        }
        else if (place.Header.MessageStartTime != earliest || place.Header.MessageEndTime != latest)
        {
            findings.Error(McapFindings.Chunk, place.Offset, $"The chunk says its messages are from {place.Header.MessageStartTime} to {place.Header.MessageEndTime}; they are from {earliest} to {latest}. Readers that pick by time will miss some.");
        }
    }

    private void ExamineMessageIndex(ReadOnlySpan<byte> content, long offset)
    {
        var fields = new McapFieldReader(content);
        ushort channel = fields.ReadUInt16();
        var entries = fields.ReadBytes32();
        if (fields.Failed || entries.Length % 16 != 0)
        {
            findings.Error(McapFindings.MessageIndex, offset, $"The fields of a MessageIndex record reach beyond its end.");
            return;
        }

        if (lastChunk is null)
        {
            findings.Error(McapFindings.MessageIndex, offset, $"A message index of channel {channel} follows no chunk.");
            return;
        }

        lastChunk.MessageIndexLength = offset + McapRecordLexer.PrefixBytes + content.Length - lastChunk.End;
        if (++keptPlaces <= MaxKeptPlaces && !lastChunk.MessageIndexes.TryAdd(channel, offset))
        {
            findings.Error(McapFindings.MessageIndex, offset, $"There is more than one message index of channel {channel} for the chunk at byte {lastChunk.Offset:N0}.");
        }

        if (!lastChunk.IsSound) return;
        long wrong = 0;
        for (var left = entries; !left.IsEmpty; left = left[16..])
        {
            ulong time = BinaryPrimitives.ReadUInt64LittleEndian(left), at = BinaryPrimitives.ReadUInt64LittleEndian(left[8..]);
            int found = at <= int.MaxValue ? MessageAt((int)at) : -1;
            if (found < 0 || chunkMessages[found].Channel != channel || chunkMessages[found].LogTime != time) wrong++;
        }

        long count = entries.Length / 16, actual = lastChunk.MessageCounts.GetValueOrDefault(channel);
        if (wrong > 0) findings.Error(McapFindings.MessageIndex, offset, $"{wrong:N0} of {count:N0} entries of the index of channel {channel} are not where and when its messages are in the chunk at byte {lastChunk.Offset:N0}.");
        else if (count != actual) findings.Error(McapFindings.MessageIndex, offset, $"The index of channel {channel} has {count:N0} entries for {actual:N0} messages in the chunk at byte {lastChunk.Offset:N0}.");
    }

    /// <summary>Place in <see cref="chunkMessages"/> of the message that begins at a byte of the chunk; negative when none does.</summary>
    private int MessageAt(int at)
    {
        int low = 0, high = chunkMessages.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            if (chunkMessages[middle].At == at) return middle;
            if (chunkMessages[middle].At < at) low = middle + 1;
            else high = middle - 1;
        }

        return -1;
    }

    private void EndMessageIndexes()
    {
        if (lastChunk is { MessageIndexes.Count: > 0, IsSound: true } && keptPlaces <= MaxKeptPlaces)
        {
            foreach (var (channel, count) in lastChunk.MessageCounts)
            {
                if (!lastChunk.MessageIndexes.ContainsKey(channel))
                {
                    findings.Error(McapFindings.MessageIndex, lastChunk.Offset, $"{count:N0} messages of channel {channel} in the chunk are in no message index, though other channels' are.");
                }
            }
        }

        lastChunk?.ForgetCounts();
        lastChunk = null;
    }

    /// <summary>A chunk as it was met.</summary>
    private sealed class ChunkPlace(long offset, long length, McapChunkRecord header, bool isSound)
    {
        public long Offset => offset;

        public long Length => length;

        public long End => offset + length;

        public McapChunkRecord Header => header;

        public bool IsSound => isSound;

        public long MessageIndexLength { get; set; }

        public Dictionary<ushort, long> MessageIndexes { get; } = [];

        public Dictionary<ushort, long> MessageCounts { get; private set; } = [];

        /// <summary>Channels with messages in it.</summary>
        public ushort[] Channels { get; private set; } = [];

        public void Count(ushort channel) => MessageCounts[channel] = MessageCounts.GetValueOrDefault(channel) + 1;

        public void ForgetCounts()
        {
            Channels = [.. MessageCounts.Keys];
            MessageCounts = [];
        }
    }
}
