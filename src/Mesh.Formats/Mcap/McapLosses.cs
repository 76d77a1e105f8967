namespace Mesh.Formats.Mcap;

/// <summary>The damage of one MCAP file, and the codes for it.</summary>
internal sealed class McapLosses(int maxEntries) : LossList(maxEntries)
{
    /// <summary>The file ends before its footer, or inside a record.</summary>
    public const string Truncated = "MESH10101";
    /// <summary>No record begins where one must.</summary>
    public const string NotARecord = "MESH10102";
    /// <summary>A chunk's CRC does not match; its messages are not delivered.</summary>
    public const string ChunkCrc = "MESH10103";
    /// <summary>A chunk does not decompress to what it claims.</summary>
    public const string ChunkDecompression = "MESH10104";
    /// <summary>A chunk uses a compression that is not well known.</summary>
    public const string UnknownCompression = "MESH10105";
    /// <summary>A chunk claims more bytes than the limit or than its compression can hold.</summary>
    public const string ChunkTooLarge = "MESH10106";
    /// <summary>A record's fields reach beyond its end.</summary>
    public const string MalformedRecord = "MESH10107";
    /// <summary>Messages of a channel that nothing defines.</summary>
    public const string UndefinedChannel = "MESH10108";
    /// <summary>A schema or channel contradicts an earlier one of the same id, or a channel's schema is nowhere.</summary>
    public const string Definition = "MESH10109";
    /// <summary>The CRC of the data section does not match though every record was readable.</summary>
    public const string DataCrc = "MESH10110";
    /// <summary>Summary or footer do not hold what they promise.</summary>
    public const string Summary = "MESH10111";
    /// <summary>A record above the limit.</summary>
    public const string RecordTooLarge = "MESH10112";
    /// <summary>Schemas and channels above the limit.</summary>
    public const string TooManyDefinitions = "MESH10113";
    /// <summary>Bytes after the closing magic.</summary>
    public const string TrailingBytes = "MESH10115";
}
