using Mesh.Model;

namespace Mesh.Formats;

/// <summary>
/// A recording read forward, block by block, in file order. Damage does not throw: it is added to <see cref="Losses"/> and reading
/// goes on at the next intact place.
/// </summary>
public abstract class RecordingReader : IAsyncDisposable
{
    /// <summary>Channels met so far, by <see cref="RecordingChannel.Index"/>; grows while blocks are read.</summary>
    public abstract IReadOnlyList<RecordingChannel> Channels { get; }

    /// <summary>Damage met so far, in file order.</summary>
    public abstract IReadOnlyList<DataLoss> Losses { get; }

    /// <summary>Reads the next run of messages.</summary>
    /// <returns>
    /// A block that is valid until the next call or disposal, or null at the end. Its memory is reused: copy what must outlive it.
    /// </returns>
    public abstract ValueTask<MessageBlock?> ReadBlockAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
