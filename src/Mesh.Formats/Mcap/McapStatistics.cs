namespace Mesh.Formats.Mcap;

/// <summary>Counts over a recording as its writer states them (specification, "Statistics").</summary>
/// <param name="MessageCount">Messages.</param>
/// <param name="SchemaCount">Schemas.</param>
/// <param name="ChannelCount">Channels.</param>
/// <param name="AttachmentCount">Attachments.</param>
/// <param name="MetadataCount">Metadata records.</param>
/// <param name="ChunkCount">Chunks.</param>
/// <param name="MessageStartTimeNs">Earliest log time, nanoseconds; 0 without messages.</param>
/// <param name="MessageEndTimeNs">Latest log time, nanoseconds; 0 without messages.</param>
/// <param name="ChannelMessageCounts">Messages by channel id.</param>
public sealed record McapStatistics(
    ulong MessageCount, ushort SchemaCount, uint ChannelCount, uint AttachmentCount, uint MetadataCount, uint ChunkCount,
    ulong MessageStartTimeNs, ulong MessageEndTimeNs, IReadOnlyDictionary<ushort, ulong> ChannelMessageCounts)
{
    internal static bool TryParse(ReadOnlySpan<byte> content, out McapStatistics record)
    {
        var fields = new McapFieldReader(content);
        ulong messages = fields.ReadUInt64();
        ushort schemas = fields.ReadUInt16();
        uint channels = fields.ReadUInt32(), attachments = fields.ReadUInt32(), metadata = fields.ReadUInt32(), chunks = fields.ReadUInt32();
        ulong start = fields.ReadUInt64(), end = fields.ReadUInt64();
        var counts = new Dictionary<ushort, ulong>();
        var entries = new McapFieldReader(fields.ReadBytes32());
        while (!entries.AtEnd)
        {
            ushort id = entries.ReadUInt16();
            counts[id] = entries.ReadUInt64();
        }

        record = new McapStatistics(messages, schemas, channels, attachments, metadata, chunks, start, end, counts);
        return !fields.Failed && !entries.Failed;
    }
}
