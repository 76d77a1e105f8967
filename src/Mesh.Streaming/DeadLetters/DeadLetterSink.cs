using Mesh.Kafka;
using Mesh.Kafka.Events;

namespace Mesh.Streaming.DeadLetters;

/// <summary>Writes dead letters to <c>mesh.STAGE.dead-letters.v1</c>; the id is derived, so that a repeated attempt writes the same letter.</summary>
public sealed class DeadLetterSink
{
    /// <param name="producer">Where to.</param>
    public DeadLetterSink(EventProducer producer) => throw new NotSupportedException();

    /// <summary>Writes a letter and waits until it is durable. Sets <see cref="DeadLetter.Id"/> when it is empty.</summary>
    public Task WriteAsync(DeadLetter letter, CancellationToken cancellationToken) => throw new NotSupportedException();
}
