using System.Buffers.Binary;

namespace Mesh.Formats.Mcap;

// Records that only readers and the tests take apart; those that users see have files of their own. Each parser says false when a field
// reaches beyond the record's end.

internal readonly record struct McapSchemaRecord(ushort Id, string Name, string Encoding, byte[] Data)
{
    public static bool TryParse(ReadOnlySpan<byte> content, out McapSchemaRecord record)
    {
        var fields = new McapFieldReader(content);
        record = new McapSchemaRecord(fields.ReadUInt16(), fields.ReadString(), fields.ReadString(), fields.ReadBytes32().ToArray());
        return !fields.Failed;
    }
}

internal readonly record struct McapChannelRecord(
    ushort Id, ushort SchemaId, string Topic, string MessageEncoding, IReadOnlyDictionary<string, string> Metadata)
{
    public static bool TryParse(ReadOnlySpan<byte> content, out McapChannelRecord record)
    {
        var fields = new McapFieldReader(content);
        record = new McapChannelRecord(
            fields.ReadUInt16(), fields.ReadUInt16(), fields.ReadString(), fields.ReadString(), fields.ReadStringMap());
        return !fields.Failed;
    }
}

internal readonly record struct McapMessageRecord(ushort ChannelId, uint Sequence, ulong LogTime, ulong PublishTime)
{
    public const int HeaderBytes = 2 + 4 + 8 + 8;

    public static bool TryParse(ReadOnlySpan<byte> content, out McapMessageRecord record)
    {
        if (content.Length < HeaderBytes)
        {
            record = default;
            return false;
        }

        record = new McapMessageRecord(
            BinaryPrimitives.ReadUInt16LittleEndian(content), BinaryPrimitives.ReadUInt32LittleEndian(content[2..]),
            BinaryPrimitives.ReadUInt64LittleEndian(content[6..]), BinaryPrimitives.ReadUInt64LittleEndian(content[14..]));
        return true;
    }
}

/// <summary>A chunk's fields before its records; <paramref name="RecordsOffset"/> counts from the start of the content.</summary>
internal readonly record struct McapChunkRecord(
    ulong MessageStartTime, ulong MessageEndTime, ulong UncompressedSize, uint UncompressedCrc, string Compression, ulong RecordsLength, int RecordsOffset)
{
    public static bool TryParse(ReadOnlySpan<byte> content, out McapChunkRecord record)
    {
        var fields = new McapFieldReader(content);
        record = new McapChunkRecord(
            fields.ReadUInt64(), fields.ReadUInt64(), fields.ReadUInt64(), fields.ReadUInt32(), fields.ReadString(), fields.ReadUInt64(), fields.Position);
        return !fields.Failed;
    }
}

internal readonly record struct McapAttachmentRecord(ulong LogTime, ulong CreateTime, string Name, string MediaType, byte[] Data, uint Crc)
{
    public static bool TryParse(ReadOnlySpan<byte> content, out McapAttachmentRecord record)
    {
        var fields = new McapFieldReader(content);
        record = new McapAttachmentRecord(fields.ReadUInt64(), fields.ReadUInt64(), fields.ReadString(), fields.ReadString(),
            fields.ReadBytes64().ToArray(), fields.ReadUInt32());
        return !fields.Failed;
    }
}

internal readonly record struct McapMetadataRecord(string Name, IReadOnlyDictionary<string, string> Metadata)
{
    public static bool TryParse(ReadOnlySpan<byte> content, out McapMetadataRecord record)
    {
        var fields = new McapFieldReader(content);
        record = new McapMetadataRecord(fields.ReadString(), fields.ReadStringMap());
        return !fields.Failed;
    }
}

internal readonly record struct McapSummaryOffsetRecord(McapOpcode GroupOpcode, ulong GroupStart, ulong GroupLength)
{
    public static bool TryParse(ReadOnlySpan<byte> content, out McapSummaryOffsetRecord record)
    {
        var fields = new McapFieldReader(content);
        record = new McapSummaryOffsetRecord((McapOpcode)fields.ReadByte(), fields.ReadUInt64(), fields.ReadUInt64());
        return !fields.Failed;
    }
}

internal readonly record struct McapDataEndRecord(uint DataSectionCrc)
{
    public static bool TryParse(ReadOnlySpan<byte> content, out McapDataEndRecord record)
    {
        var fields = new McapFieldReader(content);
        record = new McapDataEndRecord(fields.ReadUInt32());
        return !fields.Failed;
    }
}

internal readonly record struct McapHeaderRecord(string Profile, string Library)
{
    public static bool TryParse(ReadOnlySpan<byte> content, out McapHeaderRecord record)
    {
        var fields = new McapFieldReader(content);
        record = new McapHeaderRecord(fields.ReadString(), fields.ReadString());
        return !fields.Failed;
    }
}

internal readonly record struct McapFooterRecord(ulong SummaryStart, ulong SummaryOffsetStart, uint SummaryCrc)
{
    public const int ContentBytes = 8 + 8 + 4;

    public static bool TryParse(ReadOnlySpan<byte> content, out McapFooterRecord record)
    {
        var fields = new McapFieldReader(content);
        record = new McapFooterRecord(fields.ReadUInt64(), fields.ReadUInt64(), fields.ReadUInt32());
        return !fields.Failed;
    }
}
