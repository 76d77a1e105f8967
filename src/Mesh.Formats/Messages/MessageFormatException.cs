using Mesh.Model;

namespace Mesh.Formats.Messages;

/// <summary>A payload does not match its schema at a known place.</summary>
public sealed class MessageFormatException(string code, int offset, string expected, string found)
    : MeshException(code, $"At byte {offset:N0} of the message expected {expected}, found {found}.")
{
    /// <summary>Byte position within the payload.</summary>
    public int Offset { get; } = offset;
}
