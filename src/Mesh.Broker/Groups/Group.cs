using Mesh.Broker.Protocol;
using Microsoft.Extensions.Logging;

namespace Mesh.Broker.Groups;

/// <summary>
/// One consumer group under the classic protocol. All state changes happen under one lock and never wait: a request that has to wait is
/// parked as a task that the change it waits for completes.
/// </summary>
internal sealed partial class Group : IDisposable
{
    private readonly GroupSettings settings;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Lock gate = new();
    private readonly Dictionary<string, GroupMember> members = new(StringComparer.Ordinal);

    // Members that were given an id and have not joined with it yet, with the time at which the id lapses.
    private readonly Dictionary<string, long> pending = new(StringComparer.Ordinal);
    private readonly ITimer pendingTimer;
    private readonly ITimer rebalanceTimer;
    private long rebalanceDeadline = long.MaxValue;
    private bool initialDelay;
    private GroupState state = GroupState.Empty;
    private string? protocolType;
    private string? protocol;
    private string leader = "";
    private int generation;
    private bool closed;

    public Group(string id, GroupSettings settings, TimeProvider time, ILogger logger)
    {
        Id = id;
        this.settings = settings;
        this.time = time;
        this.logger = logger;
        pendingTimer = time.CreateTimer(static group => ((Group)group!).OnPendingTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        rebalanceTimer = time.CreateTimer(static group => ((Group)group!).OnRebalanceTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public string Id { get; }

    /// <summary>Whether nothing would be lost by forgetting the group.</summary>
    public bool IsIdle
    {
        get
        {
            lock (gate)
            {
                DropLapsedIds();
                return members.Count == 0 && pending.Count == 0;
            }
        }
    }

    /// <summary>Grows with each rebalance.</summary>
    public int Generation
    {
        get
        {
            lock (gate) return generation;
        }
    }

    public GroupDescription Describe()
    {
        lock (gate)
        {
            return new GroupDescription(state.ToString(), protocolType ?? "", state == GroupState.Stable ? protocol ?? "" : "", [.. members.Values.Select(member =>
                new GroupMemberDescription(member.Id, member.InstanceId, member.ClientId, member.ClientHost, member.MetadataFor(protocol), member.Assignment))]);
        }
    }

    public ErrorCode Heartbeat(string memberId, string? instanceId, int memberGeneration)
    {
        lock (gate)
        {
            if (Check(memberId, instanceId, memberGeneration, out var member) is not ErrorCode.None and var error) return error;
            Touch(member!);
            return state == GroupState.PreparingRebalance ? ErrorCode.RebalanceInProgress : ErrorCode.None;
        }
    }

    public ErrorCode Leave(string memberId, string? instanceId)
    {
        lock (gate)
        {
            if (instanceId is null && pending.Remove(memberId))
            {
                MaybeCompleteJoin();
                return ErrorCode.None;
            }

            var member = instanceId is null ? members.GetValueOrDefault(memberId) : OfInstance(instanceId);
            if (member is null) return ErrorCode.UnknownMemberId;
            if (instanceId is not null && memberId.Length > 0 && member.Id != memberId) return ErrorCode.FencedInstanceId;
            Remove(member);
            return ErrorCode.None;
        }
    }

    /// <summary>Whether a commit is from a current member, or from a client that only stores offsets in a group nobody is in.</summary>
    /// <param name="memberId">Who commits; empty when it does not say.</param>
    /// <param name="instanceId">Its static identity, if any.</param>
    /// <param name="memberGeneration">The generation it joined; -1 when it does not say.</param>
    /// <param name="transactional">Whether the offsets belong to a transaction: those are fenced by their producer, and old versions name no member.</param>
    public ErrorCode CheckCommit(string memberId, string? instanceId, int memberGeneration, bool transactional = false)
    {
        lock (gate)
        {
            if (memberGeneration < 0 && members.Count == 0) return ErrorCode.None;
            if (transactional && memberGeneration < 0 && memberId.Length == 0 && instanceId is null) return ErrorCode.None;
            if (Check(memberId, instanceId, memberGeneration, out var member) is not ErrorCode.None and var error) return error;
            Touch(member!);
            return state == GroupState.CompletingRebalance && !transactional ? ErrorCode.RebalanceInProgress : ErrorCode.None;
        }
    }

    /// <summary>Topics that members of a group of consumers read; null when that cannot be known, or nobody is in the group.</summary>
    public IReadOnlySet<string>? Subscribed()
    {
        lock (gate)
        {
            if (protocolType != ConsumerSubscription.ProtocolType || members.Count == 0) return null;
            var topics = new HashSet<string>(StringComparer.Ordinal);
            foreach (var metadata in members.Values.SelectMany(static member => member.Protocols).Select(static each => each.Metadata))
            {
                if (ConsumerSubscription.Topics(metadata) is not { } subscribed) return null;
                topics.UnionWith(subscribed);
            }

            return topics;
        }
    }

    /// <summary>Ends a group that nobody is in; who comes to it later is sent to look for its coordinator again.</summary>
    /// <returns>False when somebody is in it.</returns>
    public bool TryClose()
    {
        lock (gate)
        {
            DropLapsedIds();
            if (members.Count > 0 || pending.Count > 0) return false;
            closed = true;
            pendingTimer.Dispose();
            rebalanceTimer.Dispose();
            return true;
        }
    }

    /// <summary>Answers everybody who waits; the broker stops.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            closed = true;
            pendingTimer.Dispose();
            rebalanceTimer.Dispose();
            foreach (var member in members.Values)
            {
                member.Join?.TrySetResult(JoinAnswer.Failed(ErrorCode.NotCoordinator, member.Id));
                member.Sync?.TrySetResult(SyncAnswer.Failed(ErrorCode.NotCoordinator));
                member.Dispose();
            }
        }
    }

    private long Now => time.GetTimestamp();

    private long TicksOf(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    private GroupMember? OfInstance(string instanceId)
    {
        foreach (var member in members.Values)
        {
            if (member.InstanceId == instanceId) return member;
        }

        return null;
    }

    private ErrorCode Check(string memberId, string? instanceId, int memberGeneration, out GroupMember? member)
    {
        member = members.GetValueOrDefault(memberId);
        if (instanceId is not null && OfInstance(instanceId) is { } current && current.Id != memberId) return ErrorCode.FencedInstanceId;
        if (member is null) return ErrorCode.UnknownMemberId;
        return memberGeneration == generation ? ErrorCode.None : ErrorCode.IllegalGeneration;
    }

    /// <summary>Gives a member a full session from now on.</summary>
    private void Touch(GroupMember member)
    {
        member.Deadline = Now + TicksOf(member.SessionTimeout);
        if (member.Timer is null)
        {
            member.Timer = time.CreateTimer(state => OnSessionTimer((GroupMember)state!), member, member.SessionTimeout, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnSessionTimer(GroupMember member)
    {
        lock (gate)
        {
            if (closed || !members.TryGetValue(member.Id, out var current) || current != member) return;

            // A parked member is waiting for us, not we for it.
            if (member.Join is not null || member.Sync is not null) member.Deadline = Now + TicksOf(member.SessionTimeout);

            // The timer is not moved at each heartbeat; when it fires it is set for what is left of the session.
            long left = member.Deadline - Now;
            if (left > 0)
            {
                member.Timer!.Change(TimeSpan.FromSeconds((double)left / time.TimestampFrequency) + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
                return;
            }

            BrokerLog.MemberExpired(logger, Id, member.Id);
            Remove(member);
        }
    }

    private void Remove(GroupMember member)
    {
        members.Remove(member.Id);
        member.Dispose();
        member.Join?.TrySetResult(JoinAnswer.Failed(ErrorCode.UnknownMemberId, member.Id));
        member.Sync?.TrySetResult(SyncAnswer.Failed(ErrorCode.UnknownMemberId));
        switch (state)
        {
            case GroupState.Stable or GroupState.CompletingRebalance:
                PrepareRebalance();
                break;
            case GroupState.PreparingRebalance:
                MaybeCompleteJoin();
                break;
        }
    }

    /// <summary>Who was given an id and does not come with it holds up the others only as long as its session would last.</summary>
    private void OnPendingTimer()
    {
        lock (gate)
        {
            if (closed) return;
            DropLapsedIds();
            SetPendingTimer();
            MaybeCompleteJoin();
        }
    }

    private void SetPendingTimer()
    {
        if (pending.Count == 0) return;
        long left = Math.Max(0, pending.Values.Min() - Now);
        pendingTimer.Change(TimeSpan.FromSeconds((double)left / time.TimestampFrequency) + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
    }

    private void DropLapsedIds()
    {
        if (pending.Count == 0) return;
        long now = Now;
        foreach (string id in pending.Where(entry => entry.Value <= now).Select(entry => entry.Key).ToList()) pending.Remove(id);
    }
}
