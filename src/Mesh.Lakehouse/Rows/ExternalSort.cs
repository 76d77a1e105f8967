using System.Runtime.CompilerServices;
using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Storage;

namespace Mesh.Lakehouse.Rows;

/// <summary>
/// Sorts any number of rows in bounded memory: what does not fit is spilled as sorted runs, which are merged. Stable: equal rows come out in
/// the order they were added. Not thread-safe.
/// </summary>
/// <param name="schema">Schema of all batches.</param>
/// <param name="sortBy">Columns, ascending, nulls last; those without an order are left out.</param>
/// <param name="options">Limits.</param>
public sealed class ExternalSort(Schema schema, IReadOnlyList<string> sortBy, ExternalSortOptions options) : IAsyncDisposable
{
    private const int BatchRows = 4096;
    private const long MinRunGroupBytes = 256 << 10;

    private readonly string folder = Path.Combine(options.SpillFolder, $"mesh-sort-{Guid.NewGuid():N}");
    private readonly List<RecordBatch> rows = [];
    private List<string> runs = [];
    private long heldBytes;
    private int nextRun;

    /// <summary>Runs spilled so far.</summary>
    public int SpilledRuns => nextRun;

    /// <summary>Adds rows.</summary>
    public async ValueTask AddAsync(RecordBatch batch, CancellationToken cancellationToken)
    {
        if (batch.Length == 0) return;
        rows.Add(batch);
        heldBytes += batch.EstimatedBytes;
        if (heldBytes >= options.MemoryBytes) await SpillAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>All rows in order. To be called once, after the last was added.</summary>
    public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (runs.Count == 0)
        {
            if (rows.Count == 0) yield break;
            foreach (var batch in Sorted()) yield return batch;
            yield break;
        }

        if (rows.Count > 0) await SpillAsync(cancellationToken).ConfigureAwait(false);
        while (runs.Count > options.MaxFanIn)
        {
            // Neighbours are merged, so that equal rows keep their order.
            var merged = new List<string>();
            foreach (string[] some in runs.Chunk(options.MaxFanIn)) merged.Add(some.Length == 1 ? some[0] : await MergeToRunAsync(some, cancellationToken).ConfigureAwait(false));
            runs = merged;
        }

        await foreach (var batch in MergeAsync(runs, cancellationToken).ConfigureAwait(false)) yield return batch;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        rows.Clear();
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private IEnumerable<RecordBatch> Sorted()
    {
        var order = new RowOrder(rows, sortBy);
        if (order.IsSorted()) return rows;
        return Gathered(order.Sort());
    }

    private IEnumerable<RecordBatch> Gathered(RowRef[] order)
    {
        for (int start = 0; start < order.Length; start += BatchRows)
        {
            yield return RowGather.Take(rows, order.AsSpan(start, Math.Min(BatchRows, order.Length - start)));
        }
    }

    private async ValueTask SpillAsync(CancellationToken cancellationToken)
    {
        string run = NewRun();
        var output = File.Create(run);
        await using (output.ConfigureAwait(false))
        {
            var writer = CreateWriter(output);
            await using (writer.ConfigureAwait(false))
            {
                foreach (var batch in Sorted()) await writer.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
                await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        runs.Add(run);
        rows.Clear();
        heldBytes = 0;
    }

    private async ValueTask<string> MergeToRunAsync(IReadOnlyList<string> some, CancellationToken cancellationToken)
    {
        string run = NewRun();
        var output = File.Create(run);
        await using (output.ConfigureAwait(false))
        {
            var writer = CreateWriter(output);
            await using (writer.ConfigureAwait(false))
            {
                await foreach (var batch in MergeAsync(some, cancellationToken).ConfigureAwait(false)) await writer.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
                await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        foreach (string done in some) File.Delete(done);
        return run;
    }

    private async IAsyncEnumerable<RecordBatch> MergeAsync(IReadOnlyList<string> some, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var readers = new List<ParquetReader>();
        var sources = new List<IAsyncEnumerator<RecordBatch>>();
        try
        {
            foreach (string run in some)
            {
                var reader = await ParquetReader.OpenAsync(new FileByteSource(run), cancellationToken).ConfigureAwait(false);
                readers.Add(reader);
                sources.Add(reader.ReadAsync(null, cancellationToken).GetAsyncEnumerator(cancellationToken));
            }

            // No run is empty. One batch of each is in memory; the order looks at the array, so advancing a run is replacing its batch.
            var heads = new RecordBatch[some.Count];
            for (int i = 0; i < heads.Length; i++) heads[i] = (await NextAsync(sources[i]).ConfigureAwait(false))!;
            var queue = new PriorityQueue<int, RowRef>(new RowOrder(heads, sortBy));
            for (int i = 0; i < heads.Length; i++) queue.Enqueue(i, new RowRef(i, 0));

            var pending = new List<RowRef>(BatchRows);
            while (queue.TryDequeue(out int run, out var row))
            {
                pending.Add(row);
                int next = row.Row + 1;
                bool isEndOfBatch = next == heads[run].Length;
                if (!isEndOfBatch) queue.Enqueue(run, new RowRef(run, next));
                if (pending.Count == BatchRows || isEndOfBatch)
                {
                    yield return RowGather.Take(heads, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(pending));
                    pending.Clear();
                }

                if (isEndOfBatch && await NextAsync(sources[run]).ConfigureAwait(false) is { } batch)
                {
                    heads[run] = batch;
                    queue.Enqueue(run, new RowRef(run, 0));
                }
            }
        }
        finally
        {
            foreach (var source in sources) await source.DisposeAsync().ConfigureAwait(false);
            foreach (var reader in readers) await reader.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<RecordBatch?> NextAsync(IAsyncEnumerator<RecordBatch> source)
    {
        while (await source.MoveNextAsync().ConfigureAwait(false))
        {
            if (source.Current.Length > 0) return new RecordBatch(schema, source.Current.Length, source.Current.Columns);
        }

        return null;
    }

    private string NewRun()
    {
        Directory.CreateDirectory(folder);
        return Path.Combine(folder, $"{nextRun++}.parquet");
    }

    // A run's row group is what merging holds of it: all of them together are to fit where the rows did before.
    private ParquetWriter CreateWriter(Stream output) => new(
        output, schema, new ParquetWriterOptions { RowGroupBytes = Math.Max(MinRunGroupBytes, options.MemoryBytes / options.MaxFanIn) });
}
