namespace Mesh.Commands.Replay;

/// <summary>How a recording is replayed.</summary>
public enum ReplayItemMode
{
    /// <summary>From beginning to end, as an upload is.</summary>
    Whole,
    /// <summary>Only the messages of its dead letters, into the tables that have the rest of it.</summary>
    Messages,
    /// <summary>Only the files that a table had refused are announced to it again.</summary>
    Files,
}
