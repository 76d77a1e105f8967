namespace Mesh.Formats.Mcap;

/// <summary>Attachments and metadata passed on the way, for recordings whose summary does not list them.</summary>
internal sealed class McapExtras
{
    // Enough for any real recording; a hostile one is not worth more memory.
    private const int MaxNoted = 10_000;

    private readonly List<(McapOpcode Opcode, long Position, long Length)> noted = [];

    public IReadOnlyList<(McapOpcode Opcode, long Position, long Length)> Noted => noted;

    public void Note(McapOpcode opcode, long position, long length)
    {
        if (opcode is McapOpcode.Attachment or McapOpcode.Metadata && noted.Count < MaxNoted) noted.Add((opcode, position, length));
    }
}
