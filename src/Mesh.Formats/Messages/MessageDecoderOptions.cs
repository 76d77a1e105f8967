namespace Mesh.Formats.Messages;

/// <summary>Limits that keep a hostile message or schema from taking the process down.</summary>
public sealed record MessageDecoderOptions
{
    /// <summary>Deepest nesting of types (default: 32).</summary>
    public int MaxNesting { get; init; } = 32;

    /// <summary>Most columns a schema may unfold into, nested ones counted (default: 2000).</summary>
    public int MaxFields { get; init; } = 2000;
}
