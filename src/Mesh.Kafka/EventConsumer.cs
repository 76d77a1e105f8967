using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Mesh.Kafka;

/// <summary>
/// Reads a topic's events as a member of a group, from the group's offsets, else from the beginning. Offsets are committed by the
/// caller, never by a timer. One reader at a time.
/// </summary>
/// <typeparam name="T">Generated event class.</typeparam>
public sealed class EventConsumer<T> : IAsyncDisposable
    where T : class, IMessage<T>, new()
{
    /// <param name="options">Where from.</param>
    /// <param name="topic">Topic.</param>
    /// <param name="group">Consumer group.</param>
    /// <param name="logger">Takes the client's own log.</param>
    public EventConsumer(KafkaOptions options, string topic, string group, ILogger logger) => throw new NotSupportedException();

    /// <summary>Reads on until cancelled. Events that do not parse are delivered with an error, never dropped.</summary>
    public IAsyncEnumerable<ConsumedEvent<T>> ReadAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Commits the group's next offset of a partition; an offset below one committed earlier is ignored.</summary>
    public ValueTask CommitAsync(int partition, long nextOffset, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
