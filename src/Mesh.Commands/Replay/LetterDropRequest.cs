using Mesh.Streaming.DeadLetters;

namespace Mesh.Commands.Replay;

/// <summary>Dead letters to be given up.</summary>
public sealed record LetterDropRequest
{
    /// <summary>Which; only open ones are dropped.</summary>
    public DeadLetterFilter Filter { get; init; } = new();

    /// <summary>Why; kept with each letter.</summary>
    public string Reason { get; init; } = "";
}
