namespace Mesh.Broker.Registry;

/// <summary>A schema that has been read, with what it refers to.</summary>
internal abstract class ParsedSchema
{
    /// <summary>Levels of nesting that are read.</summary>
    public const int MaxDepth = 64;

    /// <summary>The text that is kept; of a schema that came in another form than text, its text.</summary>
    public required string Text { get; init; }

    /// <summary>Two schemas with the same canonical text and the same references are one.</summary>
    public required string Canonical { get; init; }

    /// <summary>Why data written with <paramref name="writer"/> cannot be read with this one; empty when it can.</summary>
    public abstract IReadOnlyList<Incompatibility> CannotRead(ParsedSchema writer);
}
