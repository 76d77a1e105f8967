using Microsoft.Extensions.Logging;

namespace Mesh.Broker.Storage;

/// <summary>A consumer group's position in one partition.</summary>
internal readonly record struct CommittedOffset(long Offset, int LeaderEpoch, string? Metadata)
{
    /// <summary>Characters of metadata that are accepted.</summary>
    public const int MaxMetadataLength = 4096;
}

/// <summary>One position to commit; null forgets it.</summary>
internal readonly record struct OffsetChange(string Topic, int Partition, CommittedOffset? Committed);

/// <summary>
/// The groups' offsets in a log of their own. Offsets sent within a transaction are pending, per producer id, until the transaction ends;
/// of two positions of a group in a partition the one that was sent later counts, whichever was made valid first.
/// </summary>
internal sealed class OffsetStore : IAsyncDisposable
{
    private readonly TimeProvider time;
    private readonly Lock readLock = new();
    private readonly Dictionary<string, GroupOffsets> groups = new(StringComparer.Ordinal);
    private readonly Dictionary<long, Dictionary<(string Group, string Topic, int Partition), Position>> pending = [];
    private EntryLog log = null!;

    // Gives every position its place in the order in which they were sent.
    private long sequence;

    private readonly record struct Position(CommittedOffset Committed, long Sequence);

    private sealed class GroupOffsets
    {
        public readonly Dictionary<(string Topic, int Partition), Position> Positions = [];
        public long LastActiveMs;
    }

    private OffsetStore(TimeProvider time) => this.time = time;

    public static async ValueTask<OffsetStore> OpenAsync(string folder, FlushPolicy flush, TimeProvider time, ILogger logger)
    {
        Directory.CreateDirectory(folder);
        var store = new OffsetStore(time);
        store.log = await EntryLog.OpenAsync(Path.Combine(folder, "offsets.log"), flush, logger, content => store.Apply(OffsetEntry.Decode(content)), store.Snapshot).ConfigureAwait(false);
        return store;
    }

    /// <summary>Groups that have offsets.</summary>
    public IReadOnlyList<string> Groups
    {
        get
        {
            lock (readLock) return [.. groups.Keys];
        }
    }

    /// <summary>Producers whose offsets wait for the end of a transaction.</summary>
    public IReadOnlyList<long> PendingProducers
    {
        get
        {
            lock (readLock) return [.. pending.Keys];
        }
    }

    /// <summary>Commits a group's offsets together: after a crash either all of them or none are there.</summary>
    /// <returns>False when they could not be written.</returns>
    public ValueTask<bool> CommitAsync(string group, IReadOnlyList<OffsetChange> changes) =>
        AppendAsync(new OffsetEntry(OffsetEntryKind.Commit) { Group = group, TimeMs = NowMs, Changes = changes });

    /// <summary>Keeps offsets back until the producer's transaction ends; null takes one out again.</summary>
    /// <returns>False when they could not be written.</returns>
    public ValueTask<bool> PendAsync(long producerId, string group, IReadOnlyList<OffsetChange> changes) =>
        AppendAsync(new OffsetEntry(OffsetEntryKind.Pending) { ProducerId = producerId, Group = group, TimeMs = NowMs, Changes = changes });

    /// <summary>Makes a producer's pending offsets valid or drops them; does nothing when it has none.</summary>
    /// <returns>False when that could not be written.</returns>
    public async ValueTask<bool> EndAsync(long producerId, bool commit)
    {
        lock (readLock)
        {
            if (!pending.ContainsKey(producerId)) return true;
        }

        return await AppendAsync(new OffsetEntry(commit ? OffsetEntryKind.PendingCommitted : OffsetEntryKind.PendingAborted) { ProducerId = producerId, TimeMs = NowMs }).ConfigureAwait(false);
    }

    public CommittedOffset? Find(string group, string topic, int partition)
    {
        lock (readLock) return groups.TryGetValue(group, out var offsets) && offsets.Positions.TryGetValue((topic, partition), out var found) ? found.Committed : null;
    }

    /// <summary>Whether an open transaction may still change the group's offset (KIP-447).</summary>
    public bool IsPending(string group, string topic, int partition)
    {
        lock (readLock)
        {
            foreach (var offsets in pending.Values)
            {
                if (offsets.ContainsKey((group, topic, partition))) return true;
            }

            return false;
        }
    }

    /// <summary>Partitions of a group whose offsets an open transaction may still change.</summary>
    public IReadOnlyList<(string Topic, int Partition)> PendingOfGroup(string group)
    {
        lock (readLock) return [.. pending.Values.SelectMany(offsets => offsets.Keys).Where(key => key.Group == group).Select(key => (key.Topic, key.Partition)).Distinct()];
    }

    public IReadOnlyList<(string Topic, int Partition, CommittedOffset Committed)> OfGroup(string group)
    {
        lock (readLock)
        {
            return groups.TryGetValue(group, out var offsets)
                ? [.. offsets.Positions.Select(pair => (pair.Key.Topic, pair.Key.Partition, pair.Value.Committed)).OrderBy(o => o.Topic, StringComparer.Ordinal).ThenBy(o => o.Partition)]
                : [];
        }
    }

    /// <summary>When the group last committed or was said to be alive; null when it has no offsets.</summary>
    public DateTimeOffset? LastActive(string group)
    {
        lock (readLock) return groups.TryGetValue(group, out var offsets) ? DateTimeOffset.FromUnixTimeMilliseconds(offsets.LastActiveMs) : null;
    }

    /// <summary>Takes note that a group has members though it commits nothing.</summary>
    public ValueTask<bool> MarkActiveAsync(string group) => CommitAsync(group, []);

    /// <summary>Forgets a deleted topic, lest a new one of its name start in the middle.</summary>
    public async ValueTask ForgetTopicAsync(string topic)
    {
        foreach (string group in Groups)
        {
            var gone = OfGroup(group).Where(o => o.Topic == topic).Select(o => new OffsetChange(topic, o.Partition, null)).ToList();
            if (gone.Count > 0) await CommitAsync(group, gone).ConfigureAwait(false);
        }

        List<(long ProducerId, string Group, int Partition)> held;
        lock (readLock) held = [.. pending.SelectMany(pair => pair.Value.Keys.Where(key => key.Topic == topic).Select(key => (pair.Key, key.Group, key.Partition)))];
        foreach (var offsets in held.GroupBy(each => (each.ProducerId, each.Group)))
        {
            await PendAsync(offsets.Key.ProducerId, offsets.Key.Group, [.. offsets.Select(each => new OffsetChange(topic, each.Partition, null))]).ConfigureAwait(false);
        }
    }

    /// <summary>Forgets all offsets of a group, also what transactions hold for it.</summary>
    /// <returns>False when that could not be written.</returns>
    public async ValueTask<bool> ForgetGroupAsync(string group)
    {
        List<(long ProducerId, string Topic, int Partition)> held;
        lock (readLock) held = [.. pending.SelectMany(pair => pair.Value.Keys.Where(key => key.Group == group).Select(key => (pair.Key, key.Topic, key.Partition)))];
        foreach (var offsets in held.GroupBy(each => each.ProducerId))
        {
            if (!await PendAsync(offsets.Key, group, [.. offsets.Select(each => new OffsetChange(each.Topic, each.Partition, null))]).ConfigureAwait(false)) return false;
        }

        return await CommitAsync(group, [.. OfGroup(group).Select(o => new OffsetChange(o.Topic, o.Partition, null))]).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => log.DisposeAsync();

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    private ValueTask<bool> AppendAsync(OffsetEntry entry) => log.AppendAsync(entry.Encode(), () => Apply(entry));

    private void Apply(OffsetEntry entry)
    {
        lock (readLock)
        {
            switch (entry.Kind)
            {
                case OffsetEntryKind.Commit:
                    foreach (var change in entry.Changes) Set(entry.Group, change.Topic, change.Partition, change.Committed, ++sequence);

                    // An entry of a version that kept no time is as old as we know.
                    if (groups.TryGetValue(entry.Group, out var active)) active.LastActiveMs = entry.TimeMs >= 0 ? entry.TimeMs : NowMs;
                    break;
                case OffsetEntryKind.Pending:
                    Pend(entry);
                    break;
                default:
                    if (!pending.Remove(entry.ProducerId, out var offsets) || entry.Kind == OffsetEntryKind.PendingAborted) break;
                    foreach (var ((group, topic, partition), position) in offsets)
                    {
                        if (groups.TryGetValue(group, out var of) && of.Positions.TryGetValue((topic, partition), out var later) && later.Sequence > position.Sequence) continue;
                        Set(group, topic, partition, position.Committed, position.Sequence);
                        groups[group].LastActiveMs = entry.TimeMs;
                    }

                    break;
            }
        }
    }

    private void Set(string group, string topic, int partition, CommittedOffset? committed, long order)
    {
        if (!groups.TryGetValue(group, out var offsets))
        {
            if (committed is null) return;
            groups[group] = offsets = new GroupOffsets();
        }

        if (committed is { } position) offsets.Positions[(topic, partition)] = new Position(position, order);
        else offsets.Positions.Remove((topic, partition));
        if (offsets.Positions.Count == 0) groups.Remove(group);
    }

    private void Pend(OffsetEntry entry)
    {
        if (!pending.TryGetValue(entry.ProducerId, out var offsets)) pending[entry.ProducerId] = offsets = [];
        foreach (var change in entry.Changes)
        {
            if (change.Committed is { } committed) offsets[(entry.Group, change.Topic, change.Partition)] = new Position(committed, ++sequence);
            else offsets.Remove((entry.Group, change.Topic, change.Partition));
        }

        if (offsets.Count == 0) pending.Remove(entry.ProducerId);
    }

    /// <summary>What is kept, in an order that keeps which of two positions was sent later.</summary>
    private IEnumerable<byte[]> Snapshot()
    {
        foreach (var (group, offsets) in groups)
        {
            yield return new OffsetEntry(OffsetEntryKind.Commit)
            {
                Group = group,
                TimeMs = offsets.LastActiveMs,
                Changes = [.. offsets.Positions.Select(pair => new OffsetChange(pair.Key.Topic, pair.Key.Partition, pair.Value.Committed))],
            }.Encode();
        }

        // A pending position that is older than the committed one can never become valid and is left out.
        var kept = pending.SelectMany(pair => pair.Value.Select(each => (ProducerId: pair.Key, each.Key, Position: each.Value)))
            .Where(each => !groups.TryGetValue(each.Key.Group, out var of) || !of.Positions.TryGetValue((each.Key.Topic, each.Key.Partition), out var later) || later.Sequence < each.Position.Sequence)
            .OrderBy(each => each.Position.Sequence);
        foreach (var (producerId, key, position) in kept)
        {
            yield return new OffsetEntry(OffsetEntryKind.Pending)
            {
                ProducerId = producerId,
                Group = key.Group,
                TimeMs = 0,
                Changes = [new OffsetChange(key.Topic, key.Partition, position.Committed)],
            }.Encode();
        }
    }
}
