using Mesh.Broker.Protocol;

namespace Mesh.Broker.Groups;

/// <summary>Handing the leader's assignment to everybody.</summary>
internal sealed partial class Group
{
    /// <param name="memberId">Who asks.</param>
    /// <param name="instanceId">Its static identity, if any.</param>
    /// <param name="memberGeneration">The generation it joined.</param>
    /// <param name="claimedType">Protocol type it believes in; null when it does not say.</param>
    /// <param name="claimedProtocol">Protocol it believes in; null when it does not say.</param>
    /// <param name="assignments">Assignment per member id, from the leader.</param>
    public Task<SyncAnswer> SyncAsync(
        string memberId, string? instanceId, int memberGeneration, string? claimedType, string? claimedProtocol, IReadOnlyList<(string MemberId, byte[] Assignment)> assignments)
    {
        lock (gate)
        {
            if (closed) return Answer(ErrorCode.NotCoordinator);
            if (Check(memberId, instanceId, memberGeneration, out var member) is not ErrorCode.None and var error) return Answer(error);
            if (claimedType is not null && claimedType != protocolType) return Answer(ErrorCode.InconsistentGroupProtocol);
            if (claimedProtocol is not null && claimedProtocol != protocol) return Answer(ErrorCode.InconsistentGroupProtocol);

            Touch(member!);
            member!.IsSynced = true;
            switch (state)
            {
                case GroupState.Stable:
                    EndSyncing();
                    return Task.FromResult(AssignmentFor(member));
                case GroupState.CompletingRebalance:
                    member.Sync?.TrySetResult(SyncAnswer.Failed(ErrorCode.UnknownMemberId));
                    member.Sync = new TaskCompletionSource<SyncAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
                    var parked = member.Sync.Task;
                    if (memberId == leader) Assign(assignments);
                    return parked;
                default:
                    return Answer(ErrorCode.RebalanceInProgress);
            }
        }

        static Task<SyncAnswer> Answer(ErrorCode error) => Task.FromResult(SyncAnswer.Failed(error));
    }

    private void Assign(IReadOnlyList<(string MemberId, byte[] Assignment)> assignments)
    {
        foreach (var member in members.Values) member.Assignment = [];
        foreach (var (id, assignment) in assignments)
        {
            if (members.TryGetValue(id, out var member)) member.Assignment = assignment;
        }

        state = GroupState.Stable;
        EndSyncing();
        foreach (var member in members.Values)
        {
            Touch(member);
            member.Sync?.TrySetResult(AssignmentFor(member));
            member.Sync = null;
        }
    }

    /// <summary>Once everybody has its assignment nobody is late any more.</summary>
    private void EndSyncing()
    {
        if (members.Values.All(static member => member.IsSynced)) rebalanceDeadline = long.MaxValue;
    }

    private SyncAnswer AssignmentFor(GroupMember member) => new(ErrorCode.None, protocolType, protocol, member.Assignment);
}
