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
            switch (state)
            {
                case GroupState.Stable:
                    return Task.FromResult(AssignmentFor(member!));
                case GroupState.CompletingRebalance:
                    member!.Sync?.TrySetResult(SyncAnswer.Failed(ErrorCode.UnknownMemberId));
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
        rebalanceDeadline = long.MaxValue;
        foreach (var member in members.Values)
        {
            Touch(member);
            member.Sync?.TrySetResult(AssignmentFor(member));
            member.Sync = null;
        }
    }

    private SyncAnswer AssignmentFor(GroupMember member) => new(ErrorCode.None, protocolType, protocol, member.Assignment);
}
