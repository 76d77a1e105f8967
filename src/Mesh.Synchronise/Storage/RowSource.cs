namespace Mesh.Synchronise;

/// <summary>Samples in order of (time, sequence).</summary>
internal abstract class RowSource
{
    /// <summary>The sample moved to last.</summary>
    public RowRef Current { get; protected set; }

    /// <summary>What the next sample is ordered by, known without reading it; null at the end.</summary>
    public abstract (long Time, long Sequence)? Next { get; }

    /// <summary>Moves to the next sample; false at the end. Completes at once while samples are in memory.</summary>
    public abstract ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken);
}

/// <summary>What orders a sample in memory; block and row only settle what recordings do not have, the same sequence twice.</summary>
internal readonly record struct RowKey(long Time, long Sequence, int Block, int Row) : IComparable<RowKey>
{
    public int CompareTo(RowKey other)
    {
        int order = Time.CompareTo(other.Time);
        if (order == 0) order = Sequence.CompareTo(other.Sequence);
        if (order == 0) order = Block.CompareTo(other.Block);
        return order == 0 ? Row.CompareTo(other.Row) : order;
    }
}

/// <summary>Samples in memory.</summary>
internal sealed class MemoryRows(RowKey[] keys, IReadOnlyList<RowBlock> blocks) : RowSource
{
    private int next;

    public override (long Time, long Sequence)? Next => next < keys.Length ? (keys[next].Time, keys[next].Sequence) : null;

    public override ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        if (next == keys.Length) return ValueTask.FromResult(false);
        var key = keys[next++];
        Current = new RowRef(key.Time, key.Sequence, blocks[key.Block], key.Row);
        return ValueTask.FromResult(true);
    }
}

/// <summary>
/// Several ordered sources as one. A source is read only when it has the next sample: runs are spilled one after the other, so that of
/// hundreds hardly more than one is being read, and has a block in memory, at a time.
/// </summary>
internal sealed class MergedRows : RowSource
{
    private readonly PriorityQueue<RowSource, (long Time, long Sequence, int Order)> waiting = new();
    private RowSource? active;
    private int activeOrder;

    public MergedRows(IReadOnlyList<RowSource> sources)
    {
        for (int i = 0; i < sources.Count; i++)
        {
            if (sources[i].Next is { } key) waiting.Enqueue(sources[i], (key.Time, key.Sequence, i));
        }
    }

    public override (long Time, long Sequence)? Next
    {
        get
        {
            Choose();
            return active?.Next;
        }
    }

    public override ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        Choose();
        if (active is null) return ValueTask.FromResult(false);
        var moved = active.MoveNextAsync(cancellationToken);
        if (!moved.IsCompletedSuccessfully) return TakeAsync(moved);
        Current = active.Current;
        return moved;
    }

    private async ValueTask<bool> TakeAsync(ValueTask<bool> moved)
    {
        bool any = await moved.ConfigureAwait(false);
        Current = active!.Current;
        return any;
    }

    // The source that had the last sample nearly always has the next one too: one comparison then. One that is at its end is let go of,
    // because its last sample keeps a block in memory.
    private void Choose()
    {
        if (active?.Next is { } key)
        {
            if (!waiting.TryPeek(out _, out var lowest) || lowest.CompareTo((key.Time, key.Sequence, activeOrder)) > 0) return;
            waiting.Enqueue(active, (key.Time, key.Sequence, activeOrder));
        }

        waiting.TryDequeue(out active, out var first);
        activeOrder = first.Order;
    }
}
