using System.Globalization;

namespace Mesh.Formats.Mcap;

/// <summary>
/// Schemas and channels of one recording by their ids. Identical repetitions are passed over without work; a contradiction is reported and
/// the later definition taken for what follows.
/// </summary>
internal sealed class McapDefinitions(long maxBytes)
{
    // What a definition costs beyond its own bytes: strings, dictionaries, list places.
    private const int OverheadBytes = 256;

    private readonly Dictionary<ushort, (byte[] Content, MessageSchema Schema)> schemas = [];
    private readonly List<RecordingChannel> channels = [];
    private int[] indexById = [];
    private byte[][] contentByIndex = [];
    private long keptBytes;
    private bool limitReported;

    public IReadOnlyList<RecordingChannel> Channels => channels;

    public IReadOnlyDictionary<ushort, MessageSchema> Schemas => schemas.ToDictionary(pair => pair.Key, pair => pair.Value.Schema);

    /// <summary>Whether the summary's definitions have been taken in; until then a gap is a reason to ask it, not a loss.</summary>
    public bool SummaryConsulted { get; set; }

    /// <summary>Place of a channel in <see cref="Channels"/>; -1 when nothing defines it.</summary>
    public int IndexOf(ushort channelId) => channelId < indexById.Length ? indexById[channelId] : -1;

    public void AddSchema(ReadOnlySpan<byte> content, long fileOffset, McapLosses losses)
    {
        if (content.Length < sizeof(ushort) || !McapSchemaRecord.TryParse(content, out var record))
        {
            losses.Add(McapLosses.MalformedRecord, fileOffset, content.Length, "fields of a Schema record", "a field that reaches beyond the record");
            return;
        }

        if (record.Id == 0)
        {
            losses.Add(McapLosses.Definition, fileOffset, content.Length, "a schema id other than 0, which stands for none", "0");
            return;
        }

        if (schemas.TryGetValue(record.Id, out var known))
        {
            if (known.Content.AsSpan().SequenceEqual(content)) return;
            if (known.Schema.Name == record.Name && known.Schema.Encoding == record.Encoding && known.Schema.Data.Span.SequenceEqual(record.Data)) return;
            losses.Add(McapLosses.Definition, fileOffset, 0,
                string.Create(CultureInfo.InvariantCulture, $"schema {record.Id} to stay '{known.Schema.Name}'"), $"another definition, '{record.Name}'");
        }

        if (!Keep(content.Length * 2L, fileOffset, losses)) return;
        schemas[record.Id] = (content.ToArray(), new MessageSchema(record.Name, record.Encoding, record.Data));
    }

    /// <summary>Takes in a channel.</summary>
    /// <returns>False when its schema is unknown and the summary has not been asked yet: ask it and come again.</returns>
    public bool AddChannel(ReadOnlySpan<byte> content, long fileOffset, McapLosses losses)
    {
        if (content.Length >= sizeof(ushort))
        {
            int index = IndexOf((ushort)(content[0] | content[1] << 8));
            if (index >= 0 && contentByIndex[index].AsSpan().SequenceEqual(content)) return true;
        }

        if (!McapChannelRecord.TryParse(content, out var record))
        {
            losses.Add(McapLosses.MalformedRecord, fileOffset, content.Length, "fields of a Channel record", "a field that reaches beyond the record");
            return true;
        }

        MessageSchema? schema = null;
        if (record.SchemaId != 0)
        {
            if (schemas.TryGetValue(record.SchemaId, out var found)) schema = found.Schema;
            else if (!SummaryConsulted) return false;
            else
            {
                losses.Add(McapLosses.Definition, fileOffset, 0,
                    string.Create(CultureInfo.InvariantCulture, $"schema {record.SchemaId} of channel '{record.Topic}'"), "no such schema in the recording");
            }
        }

        int known = IndexOf(record.Id);
        if (known >= 0)
        {
            var channel = channels[known];
            if (channel.Topic == record.Topic && channel.MessageEncoding == record.MessageEncoding && Equals(channel.Schema, schema)
                && channel.Metadata.Count == record.Metadata.Count
                && channel.Metadata.All(pair => record.Metadata.TryGetValue(pair.Key, out string? value) && value == pair.Value))
            {
                return true;
            }

            losses.Add(McapLosses.Definition, fileOffset, 0,
                string.Create(CultureInfo.InvariantCulture, $"channel {record.Id} to stay '{channel.Topic}'"), $"another definition, '{record.Topic}'");
        }

        if (known >= 0 && TryReturnTo(record.Id, content)) return true;
        if (!Keep(content.Length * 2L, fileOffset, losses)) return true;
        Put(record, schema, content.ToArray());
        return true;
    }

    /// <summary>Definitions that take turns, or are read a second time, do not become ever more channels.</summary>
    private bool TryReturnTo(ushort id, ReadOnlySpan<byte> content)
    {
        const int Recent = 64;
        for (int i = channels.Count - 1; i >= Math.Max(0, channels.Count - Recent); i--)
        {
            if (!contentByIndex[i].AsSpan().SequenceEqual(content)) continue;
            indexById[id] = i;
            return true;
        }

        return false;
    }

    private void Put(in McapChannelRecord record, MessageSchema? schema, byte[] content)
    {
        if (record.Id >= indexById.Length)
        {
            int old = indexById.Length;
            Array.Resize(ref indexById, Math.Max(record.Id + 1, old * 2));
            indexById.AsSpan(old).Fill(-1);
        }

        if (channels.Count == contentByIndex.Length) Array.Resize(ref contentByIndex, Math.Max(16, channels.Count * 2));
        contentByIndex[channels.Count] = content;
        indexById[record.Id] = channels.Count;
        channels.Add(new RecordingChannel(channels.Count, record.Topic, record.MessageEncoding, schema, record.Metadata));
    }

    private bool Keep(long bytes, long fileOffset, McapLosses losses)
    {
        if (keptBytes + bytes + OverheadBytes <= maxBytes)
        {
            keptBytes += bytes + OverheadBytes;
            return true;
        }

        if (!limitReported)
        {
            losses.Add(McapLosses.TooManyDefinitions, fileOffset, 0,
                string.Create(CultureInfo.InvariantCulture, $"at most {maxBytes:N0} bytes of schemas and channels"), "more, which are not kept");
            limitReported = true;
        }

        return false;
    }
}
