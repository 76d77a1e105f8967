namespace Mesh.Formats.Mcap;

/// <summary>First byte of a record (specification, "Records"). 0x01–0x7F are reserved, 0x80–0xFF are private, 0x00 is invalid.</summary>
public enum McapOpcode : byte
{
    /// <summary>Not a record.</summary>
    Invalid = 0x00,
    /// <summary>First record of the file.</summary>
    Header = 0x01,
    /// <summary>Last record of the file.</summary>
    Footer = 0x02,
    /// <summary>Schema of message payloads.</summary>
    Schema = 0x03,
    /// <summary>Stream of messages under a topic.</summary>
    Channel = 0x04,
    /// <summary>One message.</summary>
    Message = 0x05,
    /// <summary>Schemas, channels and messages, possibly compressed.</summary>
    Chunk = 0x06,
    /// <summary>Times and places of a channel's messages in the preceding chunk.</summary>
    MessageIndex = 0x07,
    /// <summary>Place and time range of a chunk.</summary>
    ChunkIndex = 0x08,
    /// <summary>A file within the file.</summary>
    Attachment = 0x09,
    /// <summary>Place of an attachment.</summary>
    AttachmentIndex = 0x0A,
    /// <summary>Counts over the file.</summary>
    Statistics = 0x0B,
    /// <summary>Named key-value pairs.</summary>
    Metadata = 0x0C,
    /// <summary>Place of a metadata record.</summary>
    MetadataIndex = 0x0D,
    /// <summary>Place of a group of records of the summary.</summary>
    SummaryOffset = 0x0E,
    /// <summary>End of the data section.</summary>
    DataEnd = 0x0F,
}
