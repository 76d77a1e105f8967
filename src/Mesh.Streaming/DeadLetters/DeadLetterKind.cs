namespace Mesh.Streaming.DeadLetters;

/// <summary>What a dead letter stands for; decides what replay does.</summary>
public enum DeadLetterKind
{
    /// <summary>Messages of a recording whose other messages are in the lake.</summary>
    Messages,
    /// <summary>A whole recording, nothing of which is in the lake.</summary>
    Recording,
    /// <summary>The files of a recording for one table, which the table refused.</summary>
    FileSet,
    /// <summary>A record on an event topic that is no event of its kind.</summary>
    Event,
}
