using Mesh.Kafka;
using Mesh.Lakehouse.Metadata;
using Microsoft.Extensions.Logging;

namespace Mesh.Streaming;

/// <summary>Publishes the outbox, in order, until cancelled; a log that is away is waited for.</summary>
public sealed class OutboxRelay
{
    /// <param name="outbox">Entries.</param>
    /// <param name="producer">Where to.</param>
    /// <param name="logger">Log.</param>
    public OutboxRelay(Outbox outbox, EventProducer producer, ILogger logger) => throw new NotSupportedException();

    /// <summary>Runs until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}
