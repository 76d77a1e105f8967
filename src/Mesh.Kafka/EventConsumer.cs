using System.Runtime.CompilerServices;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Mesh.Kafka;

/// <summary>
/// Reads a topic's events as a member of a group, from the group's offsets, else from the beginning. Offsets are committed by the
/// caller, never by a timer. One reader at a time. A broker or topic that is away is waited for.
/// </summary>
/// <typeparam name="T">Generated event class.</typeparam>
public sealed class EventConsumer<T> : IAsyncDisposable
    where T : class, IMessage<T>, new()
{
    private readonly ConsumerThread<ConsumedEvent<T>> thread;
    private readonly string group;

    /// <param name="options">Where from.</param>
    /// <param name="topic">Topic.</param>
    /// <param name="group">Consumer group.</param>
    /// <param name="logger">Takes the client's own log.</param>
    public EventConsumer(KafkaOptions options, string topic, string group, ILogger logger)
    {
        this.group = group;
        thread = new ConsumerThread<ConsumedEvent<T>>(options, topic, group, new EventReading<T>().Read, logger);
    }

    /// <summary>
    /// Reads on until cancelled. Events that do not parse are delivered with an error, never dropped. An event may come again after the
    /// group has been rebalanced.
    /// </summary>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH7106</c>: the client's settings are wrong.</exception>
    public async IAsyncEnumerable<ConsumedEvent<T>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        thread.Start();
        while (true)
        {
            var consumed = await thread.ReadAsync(cancellationToken).ConfigureAwait(false);
            yield return consumed;
        }
    }

    /// <summary>Waits for an event and returns it with those that follow shortly.</summary>
    /// <param name="maxCount">Most events.</param>
    /// <param name="maxBytes">No further event is added once the values have this many bytes.</param>
    /// <param name="linger">How long to wait for more after the first.</param>
    /// <param name="cancellationToken">Stops waiting; events taken by then are returned, without any it throws.</param>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH7106</c>: the client's settings are wrong.</exception>
    public async ValueTask<IReadOnlyList<ConsumedEvent<T>>> ReadBatchAsync(
        int maxCount, long maxBytes, TimeSpan linger, CancellationToken cancellationToken)
    {
        thread.Start();
        var started = DateTime.UtcNow;
        List<ConsumedEvent<T>> batch = [await thread.ReadAsync(cancellationToken).ConfigureAwait(false)];
        long bytes = batch[0].RawValue.Length;
        using var lingering = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        lingering.CancelAfter(linger);
        while (batch.Count < maxCount && bytes < maxBytes)
        {
            if (!thread.TryRead(out var next))
            {
                try
                {
                    next = await thread.ReadAsync(lingering.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    break;
                }
            }

            batch.Add(next);
            bytes += next.RawValue.Length;
        }

        EventTracing.Received(batch, group, started);
        return batch;
    }

    /// <summary>
    /// Commits the group's next offset of a partition and waits until the group has it; a coordinator that is away is waited for. An
    /// offset below one committed earlier, or of a partition another member reads now, is ignored.
    /// </summary>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH7105</c>, transient: the consumer was stopped before the group had it.</exception>
    public ValueTask CommitAsync(int partition, long nextOffset, CancellationToken cancellationToken) =>
        thread.CommitAsync(partition, nextOffset, cancellationToken);

    /// <summary>Commits what is waiting to be, leaves the group and stops reading.</summary>
    public ValueTask DisposeAsync() => thread.StopAsync();
}
