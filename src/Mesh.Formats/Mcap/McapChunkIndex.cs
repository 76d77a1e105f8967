namespace Mesh.Formats.Mcap;

/// <summary>Place and time range of a chunk (specification, "Chunk Index").</summary>
/// <param name="MessageStartTimeNs">Earliest log time in the chunk, nanoseconds; 0 without messages.</param>
/// <param name="MessageEndTimeNs">Latest log time in the chunk, nanoseconds; 0 without messages.</param>
/// <param name="ChunkStartOffset">Byte position of the chunk record.</param>
/// <param name="ChunkLength">Bytes of the chunk record, opcode and length included.</param>
/// <param name="MessageIndexOffsets">Byte position of the message index by channel id; empty when the writer wrote none.</param>
/// <param name="MessageIndexLength">Bytes of the message index records after the chunk.</param>
/// <param name="Compression">Name of the compression; empty for none.</param>
/// <param name="CompressedSize">Bytes of the chunk's records as stored.</param>
/// <param name="UncompressedSize">Bytes of the chunk's records.</param>
public sealed record McapChunkIndex(
    ulong MessageStartTimeNs, ulong MessageEndTimeNs, ulong ChunkStartOffset, ulong ChunkLength,
    IReadOnlyList<KeyValuePair<ushort, ulong>> MessageIndexOffsets, ulong MessageIndexLength,
    string Compression, ulong CompressedSize, ulong UncompressedSize)
{
    internal static bool TryParse(ReadOnlySpan<byte> content, out McapChunkIndex record, bool keepOffsets = true)
    {
        var fields = new McapFieldReader(content);
        ulong start = fields.ReadUInt64(), end = fields.ReadUInt64(), offset = fields.ReadUInt64(), length = fields.ReadUInt64();
        var map = fields.ReadBytes32();
        record = new McapChunkIndex(start, end, offset, length, keepOffsets && map.Length > 0 ? new McapMessageIndexOffsets(map.ToArray()) : [],
            fields.ReadUInt64(), Intern(fields.ReadBytes32()), fields.ReadUInt64(), fields.ReadUInt64());
        return !fields.Failed && map.Length % McapMessageIndexOffsets.EntryBytes == 0;
    }

    // One string per chunk of a long recording would be the largest part of its index.
    private static string Intern(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("zstd"u8) ? "zstd" : name.SequenceEqual("lz4"u8) ? "lz4" : System.Text.Encoding.UTF8.GetString(name);
}
