using System.Collections.Concurrent;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;
using Microsoft.Extensions.Logging;

namespace Mesh.Broker.Groups;

/// <summary>
/// All groups of the broker, which coordinates every one of them. Members and generations live in memory: after a restart a member is
/// unknown and joins again. Offsets outlive the group's members, until nobody has used the group for long.
/// </summary>
internal sealed class GroupCoordinator(GroupSettings settings, OffsetStore offsets, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Group> groups = new(StringComparer.Ordinal);
    private readonly Lock creating = new();
    private readonly CancellationTokenSource stopping = new();
    private Task sweeping = Task.CompletedTask;
    private bool closed;

    /// <summary>Groups with members or offsets, by name.</summary>
    public IEnumerable<string> Ids => offsets.Groups.Union(groups.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal);

    public Group? Find(string id) => groups.GetValueOrDefault(id);

    /// <summary>The group, created when it is new; null when there are too many.</summary>
    public Group? FindOrCreate(string id)
    {
        if (groups.TryGetValue(id, out var found)) return found;
        lock (creating)
        {
            if (closed) return null;
            if (groups.TryGetValue(id, out found)) return found;
            if (groups.Count >= GroupSettings.MaxGroups) DropIdle();
            if (groups.Count >= GroupSettings.MaxGroups) return null;
            return groups[id] = new Group(id, settings, time, logger);
        }
    }

    /// <summary>The group as it is; null when nobody was in it and it has no offsets.</summary>
    public GroupDescription? Describe(string id)
    {
        if (Find(id) is { } group && (group.Generation > 0 || !group.IsIdle)) return group.Describe();
        return offsets.LastActive(id) is null ? null : new GroupDescription(nameof(GroupState.Empty), ConsumerSubscription.ProtocolType, "", []);
    }

    /// <summary>Whether a commit is from a current member, or from a client that only keeps offsets in a group nobody is in.</summary>
    public ErrorCode CheckCommit(string id, string memberId, string? instanceId, int generation, bool transactional)
    {
        if (Find(id) is { } group) return group.CheckCommit(memberId, instanceId, generation, transactional);

        // A member of a group that the broker forgot in a restart must join again, lest it overwrite what its successor committed.
        return generation < 0 ? ErrorCode.None : ErrorCode.UnknownMemberId;
    }

    /// <summary>Whether single offsets may be forgotten, and of which topics not.</summary>
    public ErrorCode CheckOffsetDelete(string id, out IReadOnlySet<string> subscribed)
    {
        subscribed = new HashSet<string>();
        if (Describe(id) is null) return ErrorCode.GroupIdNotFound;
        if (Find(id) is not { IsIdle: false } group) return ErrorCode.None;
        if (group.Subscribed() is not { } topics) return ErrorCode.NonEmptyGroup;
        subscribed = topics;
        return ErrorCode.None;
    }

    /// <summary>Forgets a group without members and all its offsets.</summary>
    public async ValueTask<ErrorCode> DeleteAsync(string id)
    {
        if (id.Length == 0) return ErrorCode.InvalidGroupId;
        if (Describe(id) is null) return ErrorCode.GroupIdNotFound;
        if (!TryDrop(id)) return ErrorCode.NonEmptyGroup;
        return await offsets.ForgetGroupAsync(id).ConfigureAwait(false) ? ErrorCode.None : ErrorCode.CoordinatorNotAvailable;
    }

    /// <summary>Forgets unused groups from now on, until the coordinator is disposed.</summary>
    public void StartSweeping() => sweeping = SweepOnAndOnAsync();

    /// <summary>Forgets the offsets of groups that nobody has used for longer than they are kept, and takes note of those in use.</summary>
    public async ValueTask SweepAsync()
    {
        foreach (string id in offsets.Groups)
        {
            if (offsets.LastActive(id) is not { } lastActive) continue;
            var age = time.GetUtcNow() - lastActive;
            if (Find(id) is { IsIdle: false })
            {
                if (age >= GroupSettings.SweepInterval) await offsets.MarkActiveAsync(id).ConfigureAwait(false);
                continue;
            }

            if (age <= settings.OffsetsRetention || offsets.PendingOfGroup(id).Count > 0 || !TryDrop(id)) continue;
            if (await offsets.ForgetGroupAsync(id).ConfigureAwait(false)) BrokerLog.GroupExpired(logger, id, lastActive);
        }
    }

    /// <summary>Answers everybody who waits; the broker stops.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (creating) closed = true;
        foreach (var group in groups.Values) group.Dispose();
        await stopping.CancelAsync().ConfigureAwait(false);
        await sweeping.ConfigureAwait(false);
        stopping.Dispose();
    }

    private void DropIdle()
    {
        foreach (string id in groups.Keys) TryDrop(id);
    }

    /// <returns>False when the group has members.</returns>
    private bool TryDrop(string id)
    {
        if (!groups.TryGetValue(id, out var group)) return true;
        if (!group.TryClose()) return false;
        groups.TryRemove(new KeyValuePair<string, Group>(id, group));
        return true;
    }

    private async Task SweepOnAndOnAsync()
    {
        // The first time comes late enough for members to have joined again after a restart.
        using var timer = new PeriodicTimer(GroupSettings.SweepInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token).ConfigureAwait(false)) await SweepAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The broker stops.
        }
    }
}
