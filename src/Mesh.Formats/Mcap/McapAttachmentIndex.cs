namespace Mesh.Formats.Mcap;

/// <summary>Place of an attachment (specification, "Attachment Index").</summary>
/// <param name="Offset">Byte position of the attachment record.</param>
/// <param name="Length">Bytes of the attachment record, opcode and length included.</param>
/// <param name="LogTimeNs">When it was recorded, nanoseconds.</param>
/// <param name="CreateTimeNs">When it was made, nanoseconds; 0 when unknown.</param>
/// <param name="DataSize">Bytes of the attached file.</param>
/// <param name="Name">Its name.</param>
/// <param name="MediaType">Its media type.</param>
public sealed record McapAttachmentIndex(
    ulong Offset, ulong Length, ulong LogTimeNs, ulong CreateTimeNs, ulong DataSize, string Name, string MediaType)
{
    internal static bool TryParse(ReadOnlySpan<byte> content, out McapAttachmentIndex record)
    {
        var fields = new McapFieldReader(content);
        record = new McapAttachmentIndex(fields.ReadUInt64(), fields.ReadUInt64(), fields.ReadUInt64(), fields.ReadUInt64(), fields.ReadUInt64(),
            fields.ReadString(), fields.ReadString());
        return !fields.Failed;
    }
}
