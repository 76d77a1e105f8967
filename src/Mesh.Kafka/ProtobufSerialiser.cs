using Confluent.Kafka;
using Google.Protobuf;
using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Kafka;

/// <summary>
/// Writes generated Protobuf classes in Confluent's wire format, for producers of Confluent.Kafka. The schema of a topic's values is
/// registered as <c>TOPIC-value</c>, of its keys as <c>TOPIC-key</c>, once; thread-safe.
/// </summary>
/// <typeparam name="T">The class.</typeparam>
public sealed class ProtobufSerialiser<T> : IAsyncSerializer<T>, IDisposable
    where T : class, IMessage<T>, new()
{
    private readonly SchemaRegistry registry;
    private readonly EventSchema schema = EventSchema.Of(new T().Descriptor);

    /// <param name="options">Where the registry is.</param>
    /// <param name="logger">Is told when the registry has to be asked again.</param>
    public ProtobufSerialiser(KafkaOptions options, ILogger logger) => registry = new SchemaRegistry(options, logger);

    /// <inheritdoc/>
    /// <exception cref="MeshException"><c>MESH7102</c>: the registry did not answer (transient) or refused the schema.</exception>
    public async Task<byte[]> SerializeAsync(T data, SerializationContext context)
    {
        // Null stays null: a tombstone.
        if (data is null) return null!;
        string subject = $"{context.Topic}-{(context.Component == MessageComponentType.Key ? "key" : "value")}";
        int id = await registry.GetIdAsync(subject, data.Descriptor, CancellationToken.None).ConfigureAwait(false);
        return WireFormat.Write(id, schema, data);
    }

    /// <inheritdoc/>
    public void Dispose() => registry.Dispose();
}
