using System.Globalization;

namespace Mesh.Formats.Mcap;

/// <summary>Writes any recording's channels and messages as MCAP. Schemas of the same content become one.</summary>
public sealed class McapRecordingWriter : RecordingWriter
{
    private readonly McapWriter writer;
    private readonly Dictionary<SchemaKey, ushort> schemas = [];
    private int channelCount;

    /// <param name="output">Takes the bytes in order; need not seek. Not disposed.</param>
    /// <param name="options">Chunking, compression, checksums.</param>
    public McapRecordingWriter(Stream output, McapWriterOptions? options = null) => writer = new McapWriter(output, options);

    /// <inheritdoc/>
    /// <exception cref="RecordingFormatException"><c>MESH10010</c>: more channels or schemas than MCAP has ids for.</exception>
    public override int AddChannel(RecordingChannel channel)
    {
        if (channelCount == ushort.MaxValue) throw Full("channels");
        ushort schema = channel.Schema is null ? (ushort)0 : SchemaId(channel.Schema);
        channelCount++;
        return writer.AddChannel(schema, channel.Topic, channel.MessageEncoding, channel.Metadata);
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(int channel, MessageRef message, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channel, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(channel, channelCount);
        return writer.WriteMessageAsync((ushort)channel, message.Sequence, message.LogTimeNs, message.PublishTimeNs, payload, cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> WriteAttachmentAsync(RecordingAttachment attachment, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await writer.WriteAttachmentAsync(attachment.Name, attachment.MediaType, attachment.LogTimeNs, attachment.CreateTimeNs, content, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> WriteMetadataAsync(RecordingMetadata metadata, CancellationToken cancellationToken)
    {
        await writer.WriteMetadataAsync(metadata.Name, metadata.Values, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public override ValueTask CompleteAsync(CancellationToken cancellationToken) => writer.CompleteAsync(cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await writer.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private ushort SchemaId(MessageSchema schema)
    {
        var key = new SchemaKey(schema);
        if (schemas.TryGetValue(key, out ushort id)) return id;
        if (schemas.Count == ushort.MaxValue) throw Full("schemas");
        return schemas[key] = writer.AddSchema(schema.Name, schema.Encoding, schema.Data);
    }

    private static RecordingFormatException Full(string what) => new("MESH10010", string.Create(CultureInfo.InvariantCulture,
        $"An MCAP file holds at most {ushort.MaxValue:N0} {what}. Filter or split the recording."));

    /// <summary>A schema by its content.</summary>
    private readonly struct SchemaKey(MessageSchema schema) : IEquatable<SchemaKey>
    {
        private readonly MessageSchema schema = schema;

        public bool Equals(SchemaKey other) =>
            schema.Name == other.schema.Name && schema.Encoding == other.schema.Encoding && schema.Data.Span.SequenceEqual(other.schema.Data.Span);

        public override bool Equals(object? obj) => obj is SchemaKey other && Equals(other);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.Add(schema.Name);
            hash.Add(schema.Encoding);
            hash.AddBytes(schema.Data.Span);
            return hash.ToHashCode();
        }
    }
}
