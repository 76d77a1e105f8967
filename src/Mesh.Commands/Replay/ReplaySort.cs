namespace Mesh.Commands.Replay;

/// <summary>What a list of replays is sorted by.</summary>
public enum ReplaySort
{
    /// <summary>When it was asked for.</summary>
    Created,
    /// <summary>When it last did something.</summary>
    Changed,
}
