namespace Mesh.Formats.Mcap;

/// <summary>A record as it lies in the buffer.</summary>
/// <param name="opcode">What it is.</param>
/// <param name="content">Its content, without opcode and length.</param>
public readonly ref struct McapRecord(McapOpcode opcode, ReadOnlySpan<byte> content)
{
    /// <summary>What it is; values beyond the specification's are for the reader to skip.</summary>
    public McapOpcode Opcode { get; } = opcode;

    /// <summary>Its content, without opcode and length.</summary>
    public ReadOnlySpan<byte> Content { get; } = content;
}
