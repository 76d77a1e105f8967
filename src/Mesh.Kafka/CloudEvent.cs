using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Confluent.Kafka;

namespace Mesh.Kafka;

/// <summary>
/// The attributes of an event (CloudEvents 1.0.2) that a record carries as headers, in the binary content mode of the Kafka protocol
/// binding: <c>ce_id</c>, <c>ce_source</c>, <c>ce_type</c> and so on, and <c>content-type</c>.
/// </summary>
/// <param name="Id">With <paramref name="Source"/> the event's identity: an event that comes twice has the same one.</param>
/// <param name="Source">Who says it: a URI reference.</param>
/// <param name="Type">What happened; for Mesh's events the full Protobuf name.</param>
public sealed record CloudEvent(string Id, string Source, string Type)
{
    /// <summary>Source of the events that Mesh itself publishes, whichever of its processes does.</summary>
    public const string MeshSource = "/mesh";

    /// <summary>Media type of the data of events that Mesh publishes.</summary>
    public const string ProtobufContentType = "application/protobuf";

    private const string Prefix = "ce_";
    private const string SpecVersion = "1.0";
    private const string ContentTypeHeader = "content-type";

    /// <summary>When it happened; null when the event does not say, or not in RFC 3339.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>What it is about, within the source: for Mesh's events the record's key.</summary>
    public string? Subject { get; init; }

    /// <summary>URI of the schema that the data follows.</summary>
    public string? DataSchema { get; init; }

    /// <summary>Media type of the data.</summary>
    public string? DataContentType { get; init; }

    /// <summary>
    /// An id that follows from an event's content, so that publishing it again gives it again: a UUID (RFC 9562, version 8) of SHA-256 over
    /// type, topic, key (each preceded by its length in bytes, 32 bits big-endian) and message.
    /// </summary>
    internal static string IdOf(string type, string topic, string key, ReadOnlySpan<byte> protobuf)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (string part in (ReadOnlySpan<string>)[type, topic, key])
        {
            byte[] bytes = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        hash.AppendData(protobuf);
        Span<byte> id = hash.GetHashAndReset().AsSpan(0, 16);
        id[6] = (byte)((id[6] & 0x0F) | 0x80);
        id[8] = (byte)((id[8] & 0x3F) | 0x80);
        return new Guid(id, bigEndian: true).ToString();
    }

    /// <summary>Adds the attributes to a record's headers.</summary>
    internal void Write(Headers headers)
    {
        Add(headers, Prefix + "specversion", SpecVersion);
        Add(headers, Prefix + "id", Id);
        Add(headers, Prefix + "source", Source);
        Add(headers, Prefix + "type", Type);
        Add(headers, Prefix + "time", Time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
        Add(headers, Prefix + "subject", Subject);
        Add(headers, Prefix + "dataschema", DataSchema);
        Add(headers, ContentTypeHeader, DataContentType);
    }

    /// <summary>The attributes in a record's headers; null when they are not those of a CloudEvent 1.0 in binary mode.</summary>
    internal static CloudEvent? Read(Headers? headers)
    {
        if (headers is null || Text(headers, Prefix + "specversion") != SpecVersion) return null;
        if (Text(headers, Prefix + "id") is not { } id || Text(headers, Prefix + "source") is not { } source || Text(headers, Prefix + "type") is not { } type) return null;
        return new CloudEvent(id, source, type)
        {
            Time = DateTimeOffset.TryParse(Text(headers, Prefix + "time"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null,
            Subject = Text(headers, Prefix + "subject"),
            DataSchema = Text(headers, Prefix + "dataschema"),
            DataContentType = Text(headers, ContentTypeHeader),
        };
    }

    // The specification allows no empty attribute: one that has no value is left out.
    private static void Add(Headers headers, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value)) headers.Add(name, Encoding.UTF8.GetBytes(value));
    }

    private static string? Text(Headers headers, string name) =>
        headers.TryGetLastBytes(name, out byte[]? bytes) && bytes is { Length: > 0 } ? Encoding.UTF8.GetString(bytes) : null;
}
