using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Mesh.Kafka;

/// <summary>Creates topics and looks at them.</summary>
public sealed class TopicAdmin : IAsyncDisposable
{
    /// <param name="options">Where.</param>
    /// <param name="logger">Takes the client's own log.</param>
    public TopicAdmin(KafkaOptions options, ILogger logger) => throw new NotSupportedException();

    /// <summary>Creates those of the topics that do not exist.</summary>
    /// <param name="topics">Name and number of partitions.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task EnsureAsync(IReadOnlyDictionary<string, int> topics, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Topics with their number of partitions.</summary>
    public Task<IReadOnlyDictionary<string, int>> ListAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Reads what a topic holds at this moment, from the beginning to the current end, outside any group.</summary>
    public IAsyncEnumerable<ConsumedEvent<T>> ReadToEndAsync<T>(string topic, CancellationToken cancellationToken)
        where T : class, IMessage<T>, new() => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
