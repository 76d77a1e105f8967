namespace Mesh.Commands.Replay;

/// <summary>What a replay takes.</summary>
public enum ReplayKind
{
    /// <summary>Dead letters, after a fix.</summary>
    DeadLetters,
    /// <summary>Whole recordings, through another topology version.</summary>
    Recordings,
}
