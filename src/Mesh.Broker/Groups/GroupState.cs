namespace Mesh.Broker.Groups;

/// <summary>Where a group is in its rebalance; the names are the ones DescribeGroups answers with.</summary>
internal enum GroupState
{
    /// <summary>No members.</summary>
    Empty,

    /// <summary>Waiting for all members to join.</summary>
    PreparingRebalance,

    /// <summary>Waiting for the leader's assignment.</summary>
    CompletingRebalance,

    /// <summary>Everybody has an assignment.</summary>
    Stable,
}
