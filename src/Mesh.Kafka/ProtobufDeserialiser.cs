using Confluent.Kafka;
using Google.Protobuf;

namespace Mesh.Kafka;

/// <summary>
/// Reads generated Protobuf classes in Confluent's wire format, whoever wrote them, for consumers of Confluent.Kafka. Needs no registry:
/// the class knows its fields, and fields it does not know are kept.
/// </summary>
/// <typeparam name="T">The class.</typeparam>
public sealed class ProtobufDeserialiser<T> : IDeserializer<T>
    where T : class, IMessage<T>, new()
{
    private readonly EventSchema schema = EventSchema.Of(new T().Descriptor);
    private readonly MessageParser<T> parser = new(() => new T());

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The bytes are not in the wire format, or hold another message.</exception>
    public T Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context)
    {
        if (isNull) return null!;
        if (WireFormat.Locate(data, schema, out int start) is { } problem) throw new InvalidDataException($"A record of {context.Topic} is not a {schema.FullName}: {problem}.");
        try
        {
            return parser.ParseFrom(data[start..]);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new InvalidDataException($"A record of {context.Topic} is not a {schema.FullName}: {exception.Message}", exception);
        }
    }
}
