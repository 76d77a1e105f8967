namespace Mesh.Formats.Mcap;

/// <summary>Place of a metadata record (specification, "Metadata Index").</summary>
/// <param name="Offset">Byte position of the metadata record.</param>
/// <param name="Length">Bytes of the metadata record, opcode and length included.</param>
/// <param name="Name">Its name.</param>
public sealed record McapMetadataIndex(ulong Offset, ulong Length, string Name)
{
    internal static bool TryParse(ReadOnlySpan<byte> content, out McapMetadataIndex record)
    {
        var fields = new McapFieldReader(content);
        record = new McapMetadataIndex(fields.ReadUInt64(), fields.ReadUInt64(), fields.ReadString());
        return !fields.Failed;
    }
}
