namespace Mesh.Formats.Messages;

/// <summary>Limits that keep a hostile message or schema from taking the process down.</summary>
public sealed record MessageDecoderOptions
{
    /// <summary>Whether MDF channels and bus signals are given as stored, without their conversion (default: false, physical values).</summary>
    public bool RawValues { get; init; }

    /// <summary>Deepest nesting of types (default: 32).</summary>
    public int MaxNesting { get; init; } = 32;

    /// <summary>Most columns a schema may unfold into, nested ones counted (default: 2000).</summary>
    public int MaxFields { get; init; } = 2000;

    /// <summary>
    /// Most values the nested messages of one protobuf message may unfold into (default: 16 million): an empty nested message is two
    /// bytes but fills all its columns. Plain arrays, text and bytes do not count, they cannot grow.
    /// </summary>
    public long MaxNestedValues { get; init; } = 16_000_000;
}
