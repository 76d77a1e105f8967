namespace Mesh.Lakehouse.Recordings;

/// <summary>Where an upload is.</summary>
public enum RecordingState
{
    /// <summary>Durable in the landing area, announced or about to be.</summary>
    Accepted,
    /// <summary>Files written, commits under way.</summary>
    Written,
    /// <summary>Every table it touches has it.</summary>
    Committed,
    /// <summary>Could not be read at all; the dead letter says why.</summary>
    DeadLettered,
}
