namespace Mesh.Formats.Mcap;

/// <summary>Writes recordings as MCAP. Equal schemas are written once.</summary>
public sealed class McapRecordingWriter : RecordingWriter
{
    private readonly McapWriter writer;
    private readonly List<(MessageSchema Schema, ushort Id)> schemas = [];

    /// <param name="output">Takes the bytes in order; need not seek. Not disposed.</param>
    /// <param name="options">Chunking, compression, checksums.</param>
    public McapRecordingWriter(Stream output, McapWriterOptions? options = null) => writer = new McapWriter(output, options);

    /// <inheritdoc/>
    public override int AddChannel(RecordingChannel channel) =>
        writer.AddChannel(channel.Schema is { } schema ? IdOf(schema) : (ushort)0, channel.Topic, channel.MessageEncoding, channel.Metadata);

    /// <inheritdoc/>
    public override ValueTask WriteAsync(int channel, MessageRef message, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken) =>
        writer.WriteMessageAsync((ushort)channel, message.Sequence, message.LogTimeNs, message.PublishTimeNs, payload, cancellationToken);

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
    public override async ValueTask CompleteAsync(CancellationToken cancellationToken) => await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await writer.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private ushort IdOf(MessageSchema schema)
    {
        foreach (var (known, id) in schemas)
        {
            if (MessageSchema.AreSame(known, schema)) return id;
        }

        ushort added = writer.AddSchema(schema.Name, schema.Encoding, schema.Data);
        schemas.Add((schema, added));
        return added;
    }
}
