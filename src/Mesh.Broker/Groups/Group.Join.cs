using Mesh.Broker.Protocol;

namespace Mesh.Broker.Groups;

/// <summary>Joining: the barrier at which a generation begins.</summary>
internal sealed partial class Group
{
    public Task<JoinAnswer> JoinAsync(JoinRequest request)
    {
        lock (gate)
        {
            if (closed) return Answer(ErrorCode.NotCoordinator);
            DropLapsedIds();
            if (members.Count > 0 && (request.ProtocolType != protocolType || !IsCompatible(request))) return Answer(ErrorCode.InconsistentGroupProtocol);

            var member = request.MemberId.Length > 0 ? members.GetValueOrDefault(request.MemberId) : null;
            var instance = request.InstanceId is null ? null : OfInstance(request.InstanceId);
            if (member is null && request.MemberId.Length == 0)
            {
                if (instance is not null) return ReplaceInstance(instance, request);
                if (members.Count + pending.Count >= settings.MaxMembers) return Answer(ErrorCode.GroupMaxSizeReached);
                string newId = NewMemberId(request);
                if (request.MemberIdFirst && request.InstanceId is null)
                {
                    pending[newId] = Now + TicksOf(request.SessionTimeout);
                    SetPendingTimer();
                    return Task.FromResult(JoinAnswer.Failed(ErrorCode.MemberIdRequired, newId));
                }

                return Admit(newId, request);
            }

            if (instance is not null && instance.Id != request.MemberId) return Answer(ErrorCode.FencedInstanceId);
            if (member is null) return pending.Remove(request.MemberId) ? Admit(request.MemberId, request) : Answer(ErrorCode.UnknownMemberId);
            return Rejoin(member, request);
        }

        Task<JoinAnswer> Answer(ErrorCode error) => Task.FromResult(JoinAnswer.Failed(error, request.MemberId));
    }

    private Task<JoinAnswer> Admit(string memberId, JoinRequest request)
    {
        var member = new GroupMember(memberId, request.InstanceId);
        members[memberId] = member;
        if (members.Count == 1)
        {
            leader = memberId;
            protocolType = request.ProtocolType;
        }

        Update(member, request);
        Touch(member);
        var parked = Park(member);
        if (state == GroupState.PreparingRebalance)
        {
            MaybeCompleteJoin();
        }
        else
        {
            PrepareRebalance();
        }

        return parked;
    }

    private Task<JoinAnswer> Rejoin(GroupMember member, JoinRequest request)
    {
        bool changed = !SameProtocols(member.Protocols, request.Protocols);
        Update(member, request);
        Touch(member);
        switch (state)
        {
            // The answer got lost: the member asks again for the generation it is in.
            case GroupState.CompletingRebalance when !changed:
            case GroupState.Stable when !changed && member.Id != leader:
                return Task.FromResult(AnswerFor(member));
            default:
                var parked = Park(member);
                if (state == GroupState.PreparingRebalance) MaybeCompleteJoin();
                else PrepareRebalance();
                return parked;
        }
    }

    /// <summary>A static member came back under a new id; with an unchanged subscription nobody else notices.</summary>
    private Task<JoinAnswer> ReplaceInstance(GroupMember old, JoinRequest request)
    {
        var member = new GroupMember(NewMemberId(request), request.InstanceId) { Assignment = old.Assignment, IsSynced = old.IsSynced };
        bool changed = !SameSubscription(old.Protocols, request.Protocols);
        members.Remove(old.Id);
        old.Dispose();
        old.Join?.TrySetResult(JoinAnswer.Failed(ErrorCode.FencedInstanceId, old.Id));
        old.Sync?.TrySetResult(SyncAnswer.Failed(ErrorCode.FencedInstanceId));
        members[member.Id] = member;
        Update(member, request);
        Touch(member);

        bool wasLeader = leader == old.Id;
        if (wasLeader) leader = member.Id;
        if (state == GroupState.Stable && !changed && SelectProtocol() == protocol)
        {
            // As in Kafka before KIP-814: the returning leader is told the old leader's id, so that it does not assign anew.
            return Task.FromResult(AnswerFor(member) with { Leader = wasLeader ? old.Id : leader, Members = [] });
        }

        var parked = Park(member);
        if (state == GroupState.PreparingRebalance) MaybeCompleteJoin();
        else PrepareRebalance();
        return parked;
    }

    private static Task<JoinAnswer> Park(GroupMember member)
    {
        // A second join of the same member replaces the first, whose connection is gone.
        member.Join?.TrySetResult(JoinAnswer.Failed(ErrorCode.UnknownMemberId, member.Id));
        member.Join = new TaskCompletionSource<JoinAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        return member.Join.Task;
    }

    private static void Update(GroupMember member, JoinRequest request)
    {
        member.ClientId = request.ClientId;
        member.ClientHost = request.ClientHost;
        if (member.SessionTimeout != request.SessionTimeout)
        {
            // A timer of a longer session would notice the end of a shorter one too late.
            member.Timer?.Dispose();
            member.Timer = null;
        }

        member.SessionTimeout = request.SessionTimeout;
        member.RebalanceTimeout = request.RebalanceTimeout;
        member.Protocols = request.Protocols;
    }

    private void PrepareRebalance()
    {
        foreach (var member in members.Values)
        {
            member.Sync?.TrySetResult(SyncAnswer.Failed(ErrorCode.RebalanceInProgress));
            member.Sync = null;
        }

        initialDelay = state == GroupState.Empty;
        state = GroupState.PreparingRebalance;
        SetRebalanceTimer(initialDelay ? settings.InitialRebalanceDelay : LongestRebalanceTimeout());
        MaybeCompleteJoin();
    }

    private TimeSpan LongestRebalanceTimeout()
    {
        var longest = TimeSpan.Zero;
        foreach (var member in members.Values) longest = member.RebalanceTimeout > longest ? member.RebalanceTimeout : longest;
        return longest;
    }

    private void SetRebalanceTimer(TimeSpan after)
    {
        rebalanceDeadline = Now + TicksOf(after);
        rebalanceTimer.Change(after, Timeout.InfiniteTimeSpan);
    }

    private void OnRebalanceTimer()
    {
        lock (gate)
        {
            if (closed || rebalanceDeadline == long.MaxValue) return;
            long left = rebalanceDeadline - Now;
            if (left > 0)
            {
                rebalanceTimer.Change(TimeSpan.FromSeconds((double)left / time.TimestampFrequency) + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
                return;
            }

            rebalanceDeadline = long.MaxValue;
            if (state == GroupState.PreparingRebalance)
            {
                CompleteJoin();
                return;
            }

            // The leader's assignment did not come, or somebody did not fetch it.
            foreach (var member in members.Values.Where(static member => !member.IsSynced).ToList()) Remove(member);
        }
    }

    private void MaybeCompleteJoin()
    {
        if (state != GroupState.PreparingRebalance || initialDelay) return;
        if (pending.Count == 0 && members.Values.All(member => member.Join is not null)) CompleteJoin();
    }

    private void CompleteJoin()
    {
        initialDelay = false;
        foreach (var absent in members.Values.Where(member => member.Join is null).ToList())
        {
            // A static member keeps its place until its session ends.
            if (absent.InstanceId is not null) continue;
            members.Remove(absent.Id);
            absent.Dispose();
        }

        if (members.Count > 0 && members.Values.All(static member => member.Join is null))
        {
            // Static members that are all away; their sessions decide who is still there.
            SetRebalanceTimer(LongestRebalanceTimeout());
            return;
        }

        generation++;
        if (members.Count == 0)
        {
            state = GroupState.Empty;
            (protocol, leader) = (null, "");
            rebalanceDeadline = long.MaxValue;
            return;
        }

        protocol = SelectProtocol();
        if (!members.TryGetValue(leader, out var leading) || leading.Join is null) leader = members.Values.First(static member => member.Join is not null).Id;
        state = GroupState.CompletingRebalance;
        SetRebalanceTimer(LongestRebalanceTimeout());
        BrokerLog.GroupRebalanced(logger, Id, generation, members.Count);
        foreach (var member in members.Values)
        {
            // A static member that is away keeps its place until its session ends.
            member.IsSynced = member.Join is null;
            if (member.Join is null) continue;
            Touch(member);
            member.Join.TrySetResult(AnswerFor(member));
            member.Join = null;
        }
    }

    private JoinAnswer AnswerFor(GroupMember member) => new(
        ErrorCode.None, generation, protocolType, protocol, leader, member.Id,
        member.Id == leader ? [.. members.Values.Select(each => new JoinMember(each.Id, each.InstanceId, each.MetadataFor(protocol)))] : []);

    /// <summary>Each member votes for the first of its protocols that all support.</summary>
    private string SelectProtocol()
    {
        var votes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var member in members.Values)
        {
            string vote = member.Protocols.Select(each => each.Name).First(name => members.Values.All(other => other.Protocols.Any(each => each.Name == name)));
            votes[vote] = votes.GetValueOrDefault(vote) + 1;
        }

        return votes.MaxBy(vote => vote.Value).Key;
    }

    private bool IsCompatible(JoinRequest request) =>
        request.Protocols.Any(candidate => members.Values.All(member =>
            member.Id == request.MemberId || (member.InstanceId is not null && member.InstanceId == request.InstanceId) || member.Protocols.Any(each => each.Name == candidate.Name)));

    private static bool SameProtocols(IReadOnlyList<JoinProtocol> left, IReadOnlyList<JoinProtocol> right) =>
        left.Count == right.Count && left.Zip(right).All(pair => pair.First.Name == pair.Second.Name && pair.First.Metadata.AsSpan().SequenceEqual(pair.Second.Metadata));

    /// <summary>Whether the leader would assign the same: what a consumer owns at the moment it joins is not part of that, its topics are.</summary>
    private bool SameSubscription(IReadOnlyList<JoinProtocol> left, IReadOnlyList<JoinProtocol> right)
    {
        byte[] before = MetadataOf(left), now = MetadataOf(right);
        if (protocolType == ConsumerSubscription.ProtocolType && ConsumerSubscription.Topics(before) is { } topics && ConsumerSubscription.Topics(now) is { } others) return topics.SetEquals(others);
        return before.AsSpan().SequenceEqual(now);

        byte[] MetadataOf(IReadOnlyList<JoinProtocol> protocols) => protocols.FirstOrDefault(each => each.Name == protocol)?.Metadata ?? [];
    }

    private static string NewMemberId(JoinRequest request) => $"{request.InstanceId ?? request.ClientId}-{Guid.NewGuid()}";
}
