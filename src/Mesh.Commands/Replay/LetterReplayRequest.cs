using Mesh.Streaming.DeadLetters;

namespace Mesh.Commands.Replay;

/// <summary>Dead letters to be replayed.</summary>
public sealed record LetterReplayRequest
{
    /// <summary>Which; only open ones are taken.</summary>
    public DeadLetterFilter Filter { get; init; } = new();

    /// <summary>Topology that decodes, <c>NAME</c> or <c>NAME@V</c>; null for the one each letter came from, as it was applied last.</summary>
    public string? Topology { get; init; }

    /// <summary>Whether letters that cannot be replayed are left out; else one of them refuses all (default).</summary>
    public bool LeaveOut { get; init; }
}
