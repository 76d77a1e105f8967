using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace Mesh.Kafka;

/// <summary>
/// Reads a topic's records as they are, as a member of a group: from the group's offsets, else from the beginning. For topics that
/// others write, whose values are no events of Mesh; otherwise as <see cref="EventConsumer{T}"/>. One reader at a time.
/// </summary>
public sealed class RecordConsumer : IAsyncDisposable
{
    private const int MaxBufferedRecords = 16_384;

    private readonly ConsumerThread<LogRecord> thread;
    private long lastRead;

    /// <param name="options">Where from.</param>
    /// <param name="topic">Topic.</param>
    /// <param name="group">Consumer group.</param>
    /// <param name="logger">Takes the client's own log.</param>
    public RecordConsumer(KafkaOptions options, string topic, string group, ILogger logger) =>
        thread = new ConsumerThread<LogRecord>(options, topic, group, LogRecord.Of, logger);

    /// <param name="options">Where from.</param>
    /// <param name="topic">Topic.</param>
    /// <param name="group">Consumer group.</param>
    /// <param name="placeAsync">
    /// Says for partitions that have been assigned where to begin, instead of the group's offsets; one that is left out begins with its first record.
    /// It holds the consumer up, for 15 s at most; when it fails, the consumer joins the group again.
    /// </param>
    /// <param name="logger">Takes the client's own log.</param>
    public RecordConsumer(
        KafkaOptions options, string topic, string group, Func<IReadOnlyList<int>, CancellationToken, Task<IReadOnlyDictionary<int, long>>> placeAsync, ILogger logger) =>
        thread = new ConsumerThread<LogRecord>(options, topic, group, LogRecord.Of, logger) { MaxBufferedEvents = MaxBufferedRecords, Place = placeAsync };

    /// <summary>Waits for a record and returns it with those that follow.</summary>
    /// <param name="maxCount">Most records.</param>
    /// <param name="maxBytes">No further record is added once the batch has this many bytes.</param>
    /// <param name="linger">How long a record may wait for others, the time counted that it has waited since the last batch.</param>
    /// <param name="cancellationToken">Stops waiting; records taken by then are returned, without any it throws.</param>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH7106</c>: the client's settings are wrong.</exception>
    public async ValueTask<IReadOnlyList<LogRecord>> ReadBatchAsync(int maxCount, long maxBytes, TimeSpan linger, CancellationToken cancellationToken)
    {
        thread.Start();
        var left = linger;
        if (thread.TryRead(out var record)) left -= Stopwatch.GetElapsedTime(lastRead);
        else record = await thread.ReadAsync(cancellationToken).ConfigureAwait(false);
        List<LogRecord> batch = [record];
        long bytes = BytesOf(record);
        using var lingering = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (left > TimeSpan.Zero) lingering.CancelAfter(left);
        else await lingering.CancelAsync().ConfigureAwait(false);
        while (batch.Count < maxCount && bytes < maxBytes)
        {
            if (!thread.TryRead(out record))
            {
                try
                {
                    record = await thread.ReadAsync(lingering.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    break;
                }
            }

            batch.Add(record);
            bytes += BytesOf(record);
        }

        lastRead = Stopwatch.GetTimestamp();
        return batch;
    }

    /// <summary>Reads on until cancelled. A record may come again after the group has been rebalanced.</summary>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH7106</c>: the client's settings are wrong.</exception>
    public async IAsyncEnumerable<LogRecord> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        thread.Start();
        while (true) yield return await thread.ReadAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes a record that has been read already, if there is one.</summary>
    public bool TryRead([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out LogRecord? record)
    {
        thread.Start();
        return thread.TryRead(out record);
    }

    /// <summary>As <see cref="EventConsumer{T}.CommitAsync"/>.</summary>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH7105</c>, transient: the consumer was stopped before the group had it.</exception>
    public ValueTask CommitAsync(int partition, long nextOffset, CancellationToken cancellationToken) =>
        thread.CommitAsync(partition, nextOffset, cancellationToken);

    /// <summary>Commits what is waiting to be, leaves the group and stops reading.</summary>
    public ValueTask DisposeAsync() => thread.StopAsync();

    private static long BytesOf(LogRecord record) => (record.Key?.Length ?? 0) + (record.Value?.Length ?? 0);
}
