using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Mesh.Kafka;

/// <summary>
/// A partition of one incarnation of a topic: a topic that is deleted and created again is another source, whose offsets begin at 0 again.
/// </summary>
/// <param name="Topic">Name of the topic.</param>
/// <param name="Partition">Number of the partition.</param>
/// <param name="TopicId">
/// What the broker called the topic when it was created (KIP-516), 32 lower-case hexadecimal digits; empty where brokers do not tell (before Kafka 2.8).
/// </param>
public sealed record TopicSource(string Topic, int Partition, string TopicId)
{
    /// <summary>Its name in <c>mesh.source-offsets</c>: <c>TOPIC-PARTITION@ID</c>, without <c>@ID</c> where there is none.</summary>
    public string Key => TopicId.Length == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{Topic}-{Partition}")
        : string.Create(CultureInfo.InvariantCulture, $"{Topic}-{Partition}@{TopicId}");

    /// <summary>
    /// The <c>recording_id</c> of rows read from it: lower-case hex SHA-256 over topic, partition (decimal) and topic id, each UTF-8 and preceded by its
    /// length as a big-endian 32-bit integer.
    /// </summary>
    public string RecordingId { get; } = Hash(Topic, Partition.ToString(CultureInfo.InvariantCulture), TopicId);

    /// <inheritdoc/>
    public override string ToString() => Key;

    private static string Hash(params ReadOnlySpan<string> fields)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (string text in fields)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
