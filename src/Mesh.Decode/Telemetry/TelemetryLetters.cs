using Google.Protobuf;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Model;

namespace Mesh.Decode.Telemetry;

/// <summary>Dead letters of telemetry: their coordinates are the log's, their ingest id is the recording id of the partition.</summary>
public static class TelemetryLetters
{
    /// <summary>The letter of a record, without payload; its sequence is the offset.</summary>
    public static DeadLetter Create(TopicSource source, LogRecord record, MeshException refusal, string topology, TimeProvider time) => new()
    {
        Stage = "decode",
        Code = refusal.Code,
        Reason = refusal.Message,
        IngestId = source.RecordingId,
        Sequence = record.Position.Offset,
        LastSequence = record.Position.Offset,
        Count = 1,
        Attempts = 1,
        Source = new SourceCoordinates { Topic = record.Position.Topic, Partition = record.Position.Partition, Offset = record.Position.Offset },
        CreatedAtUs = time.GetUtcNow().ToUnixTimeMilliseconds() * 1000,
        Topology = topology,
    };

    /// <summary>Keeps what a letter may hold of a payload; the coordinates lead to the rest.</summary>
    public static void SetPayload(DeadLetter letter, ReadOnlySpan<byte> payload, int maxBytes)
    {
        letter.Payload = ByteString.CopyFrom(payload[..Math.Min(payload.Length, maxBytes)]);
        letter.PayloadBytes = payload.Length;
    }
}
