using Mesh.Columnar;
using Mesh.Streaming.Ingest;

namespace Mesh.Synchronise;

/// <summary>The samples of one channel of one recording, in memory and in spilled runs.</summary>
internal sealed class ChannelRows : IDisposable
{
    private readonly List<RowBlock> blocks = [];
    private readonly List<SpilledRun> runs = [];
    private RowKey[]? sortedKeys;

    /// <summary>Columns of the samples.</summary>
    public ChannelSchemas Schemas { get; } = new();

    /// <summary>Bytes held in memory.</summary>
    public long Bytes { get; private set; }

    public long Rows { get; private set; }

    /// <summary>Earliest stamp; meaningful with rows.</summary>
    public long MinTime { get; private set; } = long.MaxValue;

    /// <summary>Latest stamp; meaningful with rows.</summary>
    public long MaxTime { get; private set; } = long.MinValue;

    public void Add(ChannelBatch batch)
    {
        if (batch.Batch.Length == 0) return;
        var (type, columns) = ValueColumns.Of(batch.Batch);
        long[] sequences = batch.Batch["sequence"].Values<long>().ToArray();
        var block = new RowBlock
        {
            SchemaIndex = Schemas.Add(type, sequences.Min()),
            Times = batch.SensorTimeNs,
            Sequences = sequences,
            LogTimes = batch.Batch["log_time"].Values<long>().ToArray(),
            ArrivalsNs = batch.Batch["log_time_ns"].Values<long>().ToArray(),
            Columns = columns,
        };
        blocks.Add(block);
        sortedKeys = null;
        Bytes += block.EstimatedBytes;
        Rows += block.Length;
        foreach (long time in block.Times.Span)
        {
            MinTime = Math.Min(MinTime, time);
            MaxTime = Math.Max(MaxTime, time);
        }
    }

    /// <summary>Moves what is in memory into a run.</summary>
    public async ValueTask SpillAsync(string folder, CancellationToken cancellationToken)
    {
        runs.Add(await SpilledRun.WriteAsync(folder, SortKeys(), blocks, Schemas.All, cancellationToken).ConfigureAwait(false));
        blocks.Clear();
        sortedKeys = null;
        Bytes = 0;
    }

    /// <summary>All samples in order of (time, sequence). May be called several times, not beside <see cref="Add"/>.</summary>
    /// <param name="keysOnly">Without values: of runs only what orders the samples is read.</param>
    public RowSource Read(bool keysOnly = false)
    {
        var memory = new MemoryRows(SortKeys(), blocks);
        return runs.Count == 0 ? memory : new MergedRows([memory, .. runs.Select(run => run.Read(keysOnly))]);
    }

    public void Dispose()
    {
        foreach (var run in runs) run.Dispose();
        runs.Clear();
        blocks.Clear();
    }

    private RowKey[] SortKeys()
    {
        if (sortedKeys is not null) return sortedKeys;
        var keys = new RowKey[blocks.Sum(block => block.Length)];
        int count = 0;
        bool sorted = true;
        for (int block = 0; block < blocks.Count; block++)
        {
            var times = blocks[block].Times.Span;
            var sequences = blocks[block].Sequences.Span;
            for (int row = 0; row < times.Length; row++, count++)
            {
                keys[count] = new RowKey(times[row], sequences[row], block, row);
                sorted = sorted && (count == 0 || keys[count - 1].CompareTo(keys[count]) < 0);
            }
        }

        if (!sorted) Array.Sort(keys);
        return sortedKeys = keys;
    }
}
