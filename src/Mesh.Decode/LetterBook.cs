using Google.Protobuf;
using Mesh.Formats;
using Mesh.Kafka.Events;
using Mesh.Streaming.Ingest;

namespace Mesh.Decode;

/// <summary>The dead letters of one recording: single ones up to a limit per channel, then one per channel and code that counts the rest.</summary>
internal sealed class LetterBook(UploadContext upload, DecodeOptions options, TimeProvider time)
{
    private const long InlineBytesPerRecording = 16L << 20;

    private readonly Dictionary<string, int> written = [];
    private readonly Dictionary<(string Channel, string Code), DeadLetter> ranges = [];
    private readonly List<DeadLetter> pending = [];
    private long inlineBytes;

    /// <summary>Letters not yet written.</summary>
    public int PendingCount => pending.Count;

    /// <summary>Notes a message that has no row.</summary>
    public void Add(ChannelStream stream, in MessageRef message, ReadOnlySpan<byte> payload, long sequence, string code, string reason)
    {
        stream.DeadLetters++;
        if (written.GetValueOrDefault(stream.Topic) < options.MaxLettersPerChannel)
        {
            written[stream.Topic] = written.GetValueOrDefault(stream.Topic) + 1;
            pending.Add(Letter(stream, message, payload, sequence, code, reason));
        }
        else if (ranges.TryGetValue((stream.Topic, code), out var range))
        {
            range.Count++;
            range.LastSequence = sequence;
        }
        else
        {
            ranges.Add((stream.Topic, code), Letter(stream, message, payload, sequence, code, reason));
        }
    }

    /// <summary>Hands over what is to be written now.</summary>
    public DeadLetter[] TakePending()
    {
        var letters = pending.ToArray();
        pending.Clear();
        return letters;
    }

    /// <summary>Hands over the letters that count the rest; call once, at the end.</summary>
    public IEnumerable<DeadLetter> TakeRanges()
    {
        foreach (var range in ranges.Values)
        {
            if (range.Count > 1)
            {
                range.Reason = $"{range.Count} messages from sequence {range.Sequence} to {range.LastSequence} (those that are not in the table) failed alike; the first: {range.Reason}";
            }

            yield return range;
        }
    }

    private DeadLetter Letter(ChannelStream stream, in MessageRef message, ReadOnlySpan<byte> payload, long sequence, string code, string reason)
    {
        var letter = new DeadLetter
        {
            Stage = "decode",
            Code = code,
            Reason = reason,
            IngestId = upload.IngestId.ToString(),
            VehicleId = upload.VehicleId,
            Channel = stream.Topic,
            Sequence = sequence,
            LastSequence = sequence,
            Count = 1,
            LogTimeNs = message.LogTimeNs,
            SchemaName = stream.SchemaName,
            Attempts = upload.Attempt,
            Source = new SourceCoordinates { Topic = upload.Source.Topic, Partition = upload.Source.Partition, Offset = upload.Source.Offset },
            CreatedAtUs = time.GetUtcNow().ToUnixTimeMilliseconds() * 1000,
            Topology = upload.Topology,
            TopologyVersion = upload.TopologyVersion,
            PayloadBytes = message.Length,
        };

        if (message.IsHeld && payload.Length <= options.MaxLetterPayloadBytes && inlineBytes + payload.Length <= InlineBytesPerRecording)
        {
            letter.Payload = ByteString.CopyFrom(payload);
            inlineBytes += payload.Length;
        }
        else
        {
            letter.PayloadUri = upload.RecordingUri;
            letter.PayloadOffset = message.FileOffset;
        }

        return letter;
    }
}
