namespace Mesh.Formats.Mcap;

/// <summary>What <see cref="McapRecordLexer"/> found.</summary>
public enum McapLexResult
{
    /// <summary>A whole record.</summary>
    Record,
    /// <summary>The beginning of a record; more bytes are needed to say what it holds.</summary>
    NeedMoreBytes,
    /// <summary>No record begins here: the opcode is invalid or the length above the limit.</summary>
    Corrupt,
}
