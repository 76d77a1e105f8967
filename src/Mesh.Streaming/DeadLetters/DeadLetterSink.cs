using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Mesh.Kafka;
using Mesh.Kafka.Events;

namespace Mesh.Streaming.DeadLetters;

/// <summary>Writes dead letters to <c>mesh.STAGE.dead-letters.v1</c>; the id is derived, so that a repeated attempt writes the same letter.</summary>
public sealed class DeadLetterSink
{
    /// <summary>Largest letter the log takes with certainty, below Kafka's default of 1 MiB per message.</summary>
    private const int MaxLetterBytes = 900_000;

    private readonly EventProducer producer;

    /// <param name="producer">Where to.</param>
    public DeadLetterSink(EventProducer producer) => this.producer = producer;

    /// <summary>
    /// Writes a letter and waits until it is durable. Sets <see cref="DeadLetter.Id"/> when it is empty. A payload that does not fit into
    /// a message is left out and the reason says so; the coordinates remain.
    /// </summary>
    /// <exception cref="Mesh.Model.MeshException">As <see cref="EventProducer.PublishAsync{T}"/>.</exception>
    public async Task WriteAsync(DeadLetter letter, CancellationToken cancellationToken)
    {
        if (letter.Id.Length == 0) letter.Id = IdOf(letter);
        if (letter.CalculateSize() > MaxLetterBytes)
        {
            letter.Reason += $" (The payload of {letter.Payload.Length:N0} bytes is too large for a letter and is not part of it.)";
            letter.Payload = ByteString.Empty;
        }

        string key = letter.IngestId.Length > 0 ? letter.IngestId : letter.Id;
        await producer.PublishAsync(Topics.DeadLetters(letter.Stage), key, letter, cancellationToken).ConfigureAwait(false);
        StreamingMetrics.DeadLetters.Add(
            Math.Max(1, letter.Count), new KeyValuePair<string, object?>("mesh.stage", letter.Stage), new KeyValuePair<string, object?>("error.type", letter.Code));
    }

    /// <summary>
    /// Identity of a letter: lower-case hex SHA-256 over stage, ingest id, channel, sequence (decimal) and code, each UTF-8 and preceded by
    /// its length as a big-endian 32-bit integer; a letter with a topology version adds the topology's name and the version, because every
    /// version of a topology has letters of its own about the same message.
    /// </summary>
    public static string IdOf(DeadLetter letter)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        string[] place = [letter.Stage, letter.IngestId, letter.Channel, letter.Sequence.ToString(CultureInfo.InvariantCulture), letter.Code];
        foreach (string field in letter.TopologyVersion.Length == 0 ? place : [.. place, letter.Topology, letter.TopologyVersion])
        {
            byte[] bytes = Encoding.UTF8.GetBytes(field);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
