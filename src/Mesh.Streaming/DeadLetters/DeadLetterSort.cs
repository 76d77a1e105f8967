namespace Mesh.Streaming.DeadLetters;

/// <summary>What a list of letters is sorted by.</summary>
public enum DeadLetterSort
{
    /// <summary>When it was written.</summary>
    Created,
    /// <summary>When it last changed.</summary>
    Changed,
    /// <summary>Messages it stands for.</summary>
    Messages,
    /// <summary>Bytes of its payload.</summary>
    Bytes,
    /// <summary>How often it was tried.</summary>
    Attempts,
    /// <summary>Code of the error, then stage.</summary>
    Code,
}
