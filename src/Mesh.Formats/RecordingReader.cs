using Mesh.Model;

namespace Mesh.Formats;

/// <summary>
/// A recording read forward, block by block, in file order. Damage does not throw: it is added to <see cref="Losses"/> and reading
/// goes on at the next intact place.
/// </summary>
public abstract class RecordingReader : IAsyncDisposable
{
    /// <summary>Format of the recording.</summary>
    public abstract RecordingFormat Format { get; }

    /// <summary>Channels met so far, by <see cref="RecordingChannel.Index"/>; grows while blocks are read.</summary>
    public abstract IReadOnlyList<RecordingChannel> Channels { get; }

    /// <summary>Damage met so far, in file order.</summary>
    public abstract IReadOnlyList<DataLoss> Losses { get; }

    /// <summary>Reads the next run of messages that the query asks for.</summary>
    /// <returns>
    /// A block that is valid until the next call or disposal, or null at the end. Its memory is reused: copy what must outlive it.
    /// </returns>
    public abstract ValueTask<MessageBlock?> ReadBlockAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Gives back the memory of the block read last where it is too large to be kept for the next one. For consumers that are done with a block
    /// long before they ask for another; the block must not be used afterwards.
    /// </summary>
    public virtual void ReleaseBlock()
    {
    }

    /// <summary>
    /// What header and index say, without reading the messages; the query plays no part. May be called before or after reading blocks,
    /// not in between.
    /// </summary>
    /// <returns>Null when the recording has no usable index: only reading it tells.</returns>
    public virtual ValueTask<RecordingSummary?> ReadSummaryAsync(CancellationToken cancellationToken) => new((RecordingSummary?)null);

    /// <summary>Opens the bytes of an attachment, decompressed. The caller disposes the stream before the next call.</summary>
    /// <exception cref="RecordingFormatException"><c>MESH10011</c>: it is not in the recording, or its bytes are damaged.</exception>
    public virtual ValueTask<Stream> OpenAttachmentAsync(RecordingAttachment attachment, CancellationToken cancellationToken) =>
        throw new RecordingFormatException("MESH10011", $"There is no attachment '{attachment.Name}' in this recording.");

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
