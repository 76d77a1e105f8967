using System.Text;
using Confluent.Kafka;

namespace Mesh.Kafka;

/// <summary>A record as the log has it.</summary>
/// <param name="Position">Where it is.</param>
/// <param name="Time">Its timestamp.</param>
/// <param name="Key">Key; null for none.</param>
/// <param name="Value">Value; null for none, a tombstone.</param>
/// <param name="Headers">Headers in their order; a name may come more than once.</param>
public sealed record LogRecord(EventPosition Position, DateTimeOffset Time, byte[]? Key, byte[]? Value, IReadOnlyList<KeyValuePair<string, byte[]>> Headers) : IConsumed
{
    /// <summary>The CloudEvents attributes in the headers; null when there are none.</summary>
    public CloudEvent? CloudEvent { get; init; }

    int IConsumed.Bytes => (Key?.Length ?? 0) + (Value?.Length ?? 0);

    string? IConsumed.Error => null;

    /// <summary>The last header of a name as text (UTF-8, what is none is replaced); null when there is none.</summary>
    public string? Header(string name)
    {
        for (int i = Headers.Count - 1; i >= 0; i--)
        {
            if (Headers[i].Key == name) return Encoding.UTF8.GetString(Headers[i].Value);
        }

        return null;
    }

    internal static LogRecord Of(ConsumeResult<byte[], byte[]> record) => new(
        new EventPosition(record.Topic, record.Partition.Value, record.Offset.Value), DateTimeOffset.FromUnixTimeMilliseconds(record.Message.Timestamp.UnixTimestampMs),
        record.Message.Key, record.Message.Value, [.. (record.Message.Headers ?? []).Select(header => KeyValuePair.Create(header.Key, header.GetValueBytes() ?? []))])
    {
        CloudEvent = CloudEvent.Read(record.Message.Headers),
    };
}
