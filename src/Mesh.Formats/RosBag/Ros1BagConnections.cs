using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Mesh.Formats.RosBag;

/// <summary>
/// Connections of one bag by their ids, each a channel. Repetitions are passed over; a contradiction is reported and the later definition
/// taken for what follows.
/// </summary>
internal sealed class Ros1BagConnections(LossList losses, RecordingQuery query, long maxBytes)
{
    // What a definition costs beyond its own bytes: strings, dictionaries, list places.
    private const int OverheadBytes = 256;

    // Ids are counted from zero by every writer; others go into the dictionary.
    private const int MaxDirectId = 1 << 16;

    private readonly List<RecordingChannel> channels = [];
    private readonly List<bool> wanted = [];
    private readonly List<byte[]> contents = [];
    private readonly Dictionary<uint, int> others = [];
    private readonly Dictionary<uint, RecordingChannel> malformed = [];
    private int[] direct = [];
    private long keptBytes;
    private bool limitReported;

    public IReadOnlyList<RecordingChannel> Channels => channels;

    /// <summary>Place of a connection's channel; -1 when nothing defines it.</summary>
    public int IndexOf(uint id) => id < (uint)direct.Length ? direct[id] : others.Count > 0 && others.TryGetValue(id, out int index) ? index : -1;

    /// <summary>Whether the query wants a channel's topic.</summary>
    public bool IsWanted(int channel) => wanted[channel];

    /// <summary>Takes in a connection record.</summary>
    /// <param name="bytes">The whole record.</param>
    /// <param name="record">Its header.</param>
    /// <param name="fileOffset">Where it, or its chunk, is in the file.</param>
    public void Add(ReadOnlySpan<byte> bytes, in Ros1BagRecord record, long fileOffset)
    {
        var topicBytes = bytes[record.Text];
        var data = bytes[record.DataOffset..];
        int known = IndexOf(record.Connection);
        if (known >= 0 && contents[known].Length == topicBytes.Length + data.Length && contents[known].AsSpan().StartsWith(topicBytes)
            && contents[known].AsSpan(topicBytes.Length).SequenceEqual(data)) return;

        if (keptBytes + bytes.Length * 2L + OverheadBytes > maxBytes)
        {
            if (!limitReported) losses.Add(Ros1BagLosses.TooManyDefinitions, fileOffset, 0, Ros1BagMessageLister.AtMost(maxBytes) + " of connections", "more, which are not kept");
            limitReported = true;
            return;
        }

        keptBytes += bytes.Length * 2L + OverheadBytes;
        bool isSound = TryParse(Encoding.UTF8.GetString(topicBytes), data, channels.Count, out var channel);
        if (!isSound)
        {
            losses.Add(Ros1BagLosses.Definition, fileOffset, 0, "fields that fill a connection record", "a field that reaches beyond it");
            malformed[record.Connection] = channel;
            return;
        }

        if (known >= 0)
        {
            if (IsSame(channels[known], channel)) return;
            losses.Add(Ros1BagLosses.Definition, fileOffset, 0,
                string.Create(CultureInfo.InvariantCulture, $"connection {record.Connection} to stay '{channels[known].Topic}' ({channels[known].Schema?.Name})"),
                $"another definition, '{channel.Topic}' ({channel.Schema?.Name})");
        }

        Put(record.Connection, channel, [.. topicBytes, .. data]);
    }

    /// <summary>Takes what could be read of a damaged definition, when no sound one has come up.</summary>
    public bool TryUseMalformed(uint id)
    {
        if (!malformed.Remove(id, out var channel)) return false;
        Put(id, channel with { Index = channels.Count }, []);
        return true;
    }

    /// <summary>Reads a connection header: the data of a connection record.</summary>
    /// <returns>Whether its fields fill it exactly; what was read before the first that does not is in <paramref name="channel"/>.</returns>
    private static bool TryParse(string topic, ReadOnlySpan<byte> data, int index, out RecordingChannel channel)
    {
        string? type = null;
        byte[]? definition = null;
        Dictionary<string, string> metadata = [];
        bool isSound = true;
        while (data.Length > 0 && isSound)
        {
            uint length = data.Length < sizeof(uint) ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(data);
            isSound = length <= data.Length - sizeof(uint);
            if (!isSound) break;
            var field = data.Slice(sizeof(uint), (int)length);
            data = data[(sizeof(uint) + (int)length)..];
            int equals = field.IndexOf((byte)'=');
            isSound = equals > 0;
            if (!isSound) break;
            var value = field[(equals + 1)..];
            switch (Encoding.UTF8.GetString(field[..equals]))
            {
                case "type": type = Encoding.UTF8.GetString(value); break;
                case "message_definition": definition = value.ToArray(); break;

                // The topic as published; the record's own is the one that messages are stored under.
                case "topic" when value.SequenceEqual(Encoding.UTF8.GetBytes(topic)): break;
                case var name: metadata[name] = Encoding.UTF8.GetString(value); break;
            }
        }

        var schema = type is null && definition is null ? null : new MessageSchema(type ?? "", "ros1msg", definition ?? []);
        channel = new RecordingChannel(index, topic, "ros1", schema, metadata);
        return isSound;
    }

    private static bool IsSame(RecordingChannel one, RecordingChannel other) =>
        one.Topic == other.Topic && one.Schema?.Name == other.Schema?.Name
        && (one.Schema is null || one.Schema.Data.Span.SequenceEqual(other.Schema!.Data.Span))
        && one.Metadata.Count == other.Metadata.Count
        && one.Metadata.All(pair => other.Metadata.TryGetValue(pair.Key, out string? value) && value == pair.Value);

    private void Put(uint id, RecordingChannel channel, byte[] content)
    {
        if (id < MaxDirectId)
        {
            if (id >= direct.Length)
            {
                int old = direct.Length;
                Array.Resize(ref direct, (int)Math.Min(MaxDirectId, Math.Max(id + 1, old * 2)));
                direct.AsSpan(old).Fill(-1);
            }

            direct[id] = channel.Index;
        }
        else
        {
            others[id] = channel.Index;
        }

        channels.Add(channel);
        contents.Add(content);
        wanted.Add(query.Selects(channel.Topic));
    }
}
