using Google.Protobuf;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Streaming.DeadLetters;

/// <summary>A record on an event topic that is no event of its kind: it never stalls the partition, it becomes a dead letter.</summary>
public static class UnreadableEvent
{
    /// <summary>Adds the letter to the outbox; a record read again gives the same letter.</summary>
    /// <param name="transaction">The transaction in which the record is done with.</param>
    /// <param name="stage">The stage that read it.</param>
    /// <param name="code">The stage's code for it.</param>
    /// <param name="expected">What the topic should hold, for people: "a job request".</param>
    /// <param name="item">The record.</param>
    /// <param name="now">When.</param>
    public static async Task SetAsideAsync<T>(MetadataTransaction transaction, string stage, string code, string expected, ConsumedEvent<T> item, DateTimeOffset now)
        where T : class, IMessage<T>
    {
        var (topic, partition, offset) = item.Position;
        var letter = new DeadLetter
        {
            Stage = stage,
            Code = code,
            Reason = $"Not {expected}: {item.Error} Find out who else writes to {topic}.",
            Channel = $"{topic}-{partition}",
            Sequence = offset,
            Payload = ByteString.CopyFrom(item.RawValue.Span),
            Attempts = 1,
            Source = new SourceCoordinates { Topic = topic, Partition = partition, Offset = offset },
            CreatedAtUs = UnixMicros.Of(now),
        };
        letter.Id = DeadLetterSink.IdOf(letter);
        await Outbox.AddAsync(transaction, Topics.DeadLetters(stage), item.Key, DeadLetter.Descriptor.FullName, letter.ToByteArray()).ConfigureAwait(false);
    }
}
