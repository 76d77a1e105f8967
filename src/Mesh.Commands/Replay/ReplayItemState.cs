namespace Mesh.Commands.Replay;

/// <summary>Where a recording of a replay is.</summary>
public enum ReplayItemState
{
    /// <summary>Waits, or is being worked on.</summary>
    Pending,
    /// <summary>In the lake.</summary>
    Done,
    /// <summary>It could not be brought there; the item says why.</summary>
    Failed,
}
