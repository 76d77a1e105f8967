namespace Mesh.Synchronise;

/// <summary>Samples in order of (time, sequence).</summary>
internal abstract class RowSource
{
    /// <summary>The sample moved to last.</summary>
    public RowRef Current { get; protected set; }

    /// <summary>Moves to the next sample; false at the end.</summary>
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

    public override ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        if (next == keys.Length) return ValueTask.FromResult(false);
        var key = keys[next++];
        Current = new RowRef(key.Time, key.Sequence, blocks[key.Block], key.Row);
        return ValueTask.FromResult(true);
    }
}

/// <summary>Several ordered sources as one.</summary>
internal sealed class MergedRows(List<RowSource> sources) : RowSource
{
    private RowSource? last;
    private bool started;

    public override async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        if (!started)
        {
            started = true;
            for (int i = sources.Count - 1; i >= 0; i--)
            {
                if (!await sources[i].MoveNextAsync(cancellationToken).ConfigureAwait(false)) sources.RemoveAt(i);
            }
        }
        else if (last is not null && !await last.MoveNextAsync(cancellationToken).ConfigureAwait(false))
        {
            sources.Remove(last);
        }

        last = null;
        foreach (var source in sources)
        {
            if (last is null || (source.Current.Time, source.Current.Sequence).CompareTo((last.Current.Time, last.Current.Sequence)) < 0) last = source;
        }

        if (last is null) return false;
        Current = last.Current;
        return true;
    }
}
