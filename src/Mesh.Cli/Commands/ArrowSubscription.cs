using Mesh.Columnar;
using Mesh.Columnar.ArrowIpc;
using Mesh.Commands.Queries;
using Mesh.Commands.State;

namespace Mesh.Cli.Commands;

/// <summary>
/// Follows a product as an Arrow stream. When the product's schema changes, the stream is ended and another one begun behind it in the same output,
/// which readers of several streams take one by one.
/// </summary>
internal sealed class ArrowSubscription(IMeshQueries queries, string product, ConsumerCursor? cursor, Stream output)
{
    private ArrowWriter? writer;
    private Schema? schema;

    /// <param name="after">The last snapshot seen; null for all.</param>
    /// <param name="limit">Rows after which to stop.</param>
    /// <param name="follow">Whether to wait for more at the end.</param>
    /// <param name="cancellationToken">Ends following; what was begun is ended properly.</param>
    public async Task FollowAsync(long? after, long limit, bool follow, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var batches = await queries.ReadBatchesAsync(product, after, null, cancellationToken).ConfigureAwait(false);
                await using (batches.ConfigureAwait(false))
                {
                    if (!batches.Schema.Equals(schema)) await BeginAsync(batches.Schema).ConfigureAwait(false);
                    long? current = null;
                    long rows = 0;
                    await foreach (var (snapshot, batch) in batches.Batches.WithCancellation(cancellationToken).ConfigureAwait(false))
                    {
                        if (snapshot != current)
                        {
                            await FinishSnapshotAsync(current, rows).ConfigureAwait(false);
                            (current, rows) = (snapshot, 0);
                        }

                        // A batch that was begun is written whole: half of one would spoil the stream.
                        var wanted = batch.Length <= limit ? batch : batch.Prefix((int)limit);
                        await writer!.WriteAsync(wanted, CancellationToken.None).ConfigureAwait(false);
                        rows += wanted.Length;
                        limit -= wanted.Length;
                        if (limit > 0) continue;
                        await writer.CompleteAsync(CancellationToken.None).ConfigureAwait(false);
                        return;
                    }

                    await FinishSnapshotAsync(current, rows).ConfigureAwait(false);
                    after = current ?? after;
                }

                if (!follow) break;
                await Task.Delay(TimeSpan.FromMilliseconds(500), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C is how following ends; rows of an unfinished snapshot come again next time.
        }

        if (writer is not null) await writer.CompleteAsync(CancellationToken.None).ConfigureAwait(false);
    }

    private async Task BeginAsync(Schema next)
    {
        if (writer is not null) await writer.CompleteAsync(CancellationToken.None).ConfigureAwait(false);
        (writer, schema) = (new ArrowWriter(output, next, ProductBatch.StreamOptions), next);
    }

    private async Task FinishSnapshotAsync(long? snapshot, long rows)
    {
        if (snapshot is null) return;
        await output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        await Terminal.Error.WriteLineAsync($"snapshot {snapshot}: {rows:N0} rows").ConfigureAwait(false);
        cursor?.Write(snapshot.Value);
    }
}
