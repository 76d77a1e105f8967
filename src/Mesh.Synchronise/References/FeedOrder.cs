namespace Mesh.Synchronise;

/// <summary>In which order messages are given to a matcher. Both orders come from the recording, neither from how it was read.</summary>
public enum FeedOrder
{
    /// <summary>By (log time, stamp, channel, sequence): what a node in the vehicle would have seen, so the sets are those it would have made.</summary>
    Arrival,
    /// <summary>By (stamp, channel, sequence): late messages lose nothing.</summary>
    Stamp,
}
