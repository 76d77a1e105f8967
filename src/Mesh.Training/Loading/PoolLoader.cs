using Mesh.Columnar;

namespace Mesh.Training.Loading;

/// <summary>Fills shuffle buffers one after the other from the row groups, in the order of the epochs.</summary>
internal sealed class PoolLoader : IAsyncDisposable
{
    private readonly TensorPlan plan;
    private readonly OpenFiles files;
    private readonly ColumnMemory memory = new(maxIdleBytes: 64 << 20);
    private readonly long budget;
    private int[] order;
    private int epoch;
    private int group;
    private long row;
    private long skipTo;
    private IAsyncEnumerator<RecordBatch>? batches;
    private BatchPlaces? places;
    private Schema? placed;

    /// <param name="plan">What is read.</param>
    /// <param name="files">The files.</param>
    /// <param name="start">The beginning of a buffer.</param>
    public PoolLoader(TensorPlan plan, OpenFiles files, TensorPosition start)
    {
        this.plan = plan;
        this.files = files;
        budget = plan.BufferBytes;
        epoch = start.Epoch;
        group = start.Group;
        skipTo = start.Row;
        order = SampleOrder.Of(plan, epoch);
    }

    /// <summary>Fills a buffer: to its size, or to the end of the epoch.</summary>
    /// <returns>False when all epochs are done.</returns>
    public async Task<bool> FillAsync(SamplePool pool, CancellationToken cancellationToken)
    {
        pool.Begin(Here(Math.Max(row, skipTo)));
        while (epoch < plan.Options.Epochs)
        {
            if (group >= order.Length)
            {
                epoch++;
                group = 0;
                order = SampleOrder.Of(plan, epoch);
                if (pool.Rows > 0) return Finish(pool);
                pool.Begin(Here(0));
                continue;
            }

            batches ??= await BeginGroupAsync(cancellationToken).ConfigureAwait(false);
            if (!await batches.MoveNextAsync().ConfigureAwait(false))
            {
                await batches.DisposeAsync().ConfigureAwait(false);
                (batches, row, skipTo) = (null, 0, 0);
                group++;
                pool.EndGroup();
                if (pool.Bytes >= budget) return Finish(pool);
                continue;
            }

            var batch = batches.Current;
            row += batch.Length;
            if (row > skipTo) Append(pool, batch);
            memory.Reclaim();
            // A buffer may end within a row group, but no window is to be cut by it.
            if (plan.Options.Window == 1 && pool.Bytes >= budget) return Finish(pool);
        }

        return false;
    }

    public async ValueTask DisposeAsync()
    {
        if (batches is not null) await batches.DisposeAsync().ConfigureAwait(false);
    }

    private bool Finish(SamplePool pool)
    {
        pool.End(Here(row));
        return true;
    }

    private TensorPosition Here(long rowInGroup) => new(epoch, group, rowInGroup, 0);

    private void Append(SamplePool pool, RecordBatch batch)
    {
        if (!ReferenceEquals(placed, batch.Schema)) (places, placed) = (new BatchPlaces(plan, batch.Schema), batch.Schema);
        pool.Append(batch, places!);
    }

    private async ValueTask<IAsyncEnumerator<RecordBatch>> BeginGroupAsync(CancellationToken cancellationToken)
    {
        var next = plan.Groups[order[group]];
        var reader = await files.OpenAsync(next.File, cancellationToken).ConfigureAwait(false);
        return reader.ReadAsync(plan.ReadOptions(next, reader.Schema, memory), cancellationToken).GetAsyncEnumerator(cancellationToken);
    }
}
