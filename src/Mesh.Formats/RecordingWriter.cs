namespace Mesh.Formats;

/// <summary>Writes messages into a recording of one format. Not thread-safe. Without <see cref="CompleteAsync"/> the file is unfinished.</summary>
public abstract class RecordingWriter : IAsyncDisposable
{
    /// <summary>Adds a channel.</summary>
    /// <param name="channel">Topic, encoding, schema and metadata; its index is not looked at.</param>
    /// <returns>What <see cref="WriteAsync"/> takes.</returns>
    /// <exception cref="RecordingFormatException"><c>MESH10010</c>: the format cannot carry this encoding; the message says what can.</exception>
    public abstract int AddChannel(RecordingChannel channel);

    /// <summary>Appends a message; the payload is copied before this returns.</summary>
    /// <param name="channel">What <see cref="AddChannel"/> returned.</param>
    /// <param name="message">Times and sequence; its channel, offset and length are not looked at.</param>
    /// <param name="payload">The bytes.</param>
    /// <param name="cancellationToken">Stops.</param>
    public abstract ValueTask WriteAsync(int channel, MessageRef message, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken);

    /// <summary>Adds a file. Formats that have no room for it drop it and say so by returning false.</summary>
    public virtual ValueTask<bool> WriteAttachmentAsync(RecordingAttachment attachment, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => new(false);

    /// <summary>Adds key-value pairs. Formats that have no room for them drop them and say so by returning false.</summary>
    public virtual ValueTask<bool> WriteMetadataAsync(RecordingMetadata metadata, CancellationToken cancellationToken) => new(false);

    /// <summary>Writes indexes and end marks. Nothing may be written after.</summary>
    public abstract ValueTask CompleteAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
