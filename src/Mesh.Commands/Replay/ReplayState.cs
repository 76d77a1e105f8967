namespace Mesh.Commands.Replay;

/// <summary>Where a replay is.</summary>
public enum ReplayState
{
    /// <summary>Works, or waits for its turn.</summary>
    Running,
    /// <summary>Somebody has halted it; it goes on when asked to.</summary>
    Paused,
    /// <summary>Somebody has ended it; what it had done stays.</summary>
    Stopped,
    /// <summary>Every item is finished.</summary>
    Done,
}
