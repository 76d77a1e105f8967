namespace Mesh.Formats.Mcap;

/// <summary>Writes MCAP files forward: header, chunks with message indexes, data end, summary, footer.</summary>
public sealed class McapWriter : IAsyncDisposable
{
    /// <param name="output">Takes the bytes in order; need not seek. Not disposed.</param>
    /// <param name="options">Chunking, compression, checksums.</param>
    public McapWriter(Stream output, McapWriterOptions? options = null) => throw new NotSupportedException();

    /// <summary>Adds a schema; returns its id, from 1. Written before the first message that needs it.</summary>
    public ushort AddSchema(string name, string encoding, ReadOnlyMemory<byte> data) => throw new NotSupportedException();

    /// <summary>Adds a channel; returns its id.</summary>
    /// <param name="schemaId">Id of the schema; 0 for none.</param>
    /// <param name="topic">Topic.</param>
    /// <param name="messageEncoding">Encoding of the payloads.</param>
    /// <param name="metadata">Key-value pairs.</param>
    public ushort AddChannel(ushort schemaId, string topic, string messageEncoding, IReadOnlyDictionary<string, string>? metadata = null) => throw new NotSupportedException();

    /// <summary>Appends a message; the payload is copied.</summary>
    public ValueTask WriteMessageAsync(
        ushort channelId, uint sequence, ulong logTimeNs, ulong publishTimeNs, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Writes a metadata record.</summary>
    public ValueTask WriteMetadataAsync(string name, IReadOnlyDictionary<string, string> metadata, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Writes an attachment record.</summary>
    public ValueTask WriteAttachmentAsync(
        string name, string mediaType, ulong logTimeNs, ulong createTimeNs, ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Closes the last chunk and writes summary and footer.</summary>
    public ValueTask CompleteAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
