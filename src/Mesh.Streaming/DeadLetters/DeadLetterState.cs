namespace Mesh.Streaming.DeadLetters;

/// <summary>Where a dead letter is on its way back.</summary>
public enum DeadLetterState
{
    /// <summary>Waits for somebody.</summary>
    Open,
    /// <summary>A replay has been asked for and is not finished.</summary>
    Replaying,
    /// <summary>What it stood for is in the lake.</summary>
    Replayed,
    /// <summary>Given up for good, with a reason.</summary>
    Dropped,
}
