using Mesh.Lakehouse.Metadata;

namespace Mesh.Streaming.DeadLetters;

/// <summary>Which page of which letters is asked for.</summary>
public sealed record DeadLetterQuery : PageQuery
{
    /// <summary>Which letters.</summary>
    public DeadLetterFilter Filter { get; init; } = new();

    /// <summary>In the reason or the channel, whatever its capitals, or at least four digits that the letter's id begins with; null for all.</summary>
    public string? Text { get; init; }

    /// <summary>What to sort by (default: when they were written).</summary>
    public DeadLetterSort Sort { get; init; }

    /// <summary>The greatest first (default: true).</summary>
    public bool Descending { get; init; } = true;
}
