using Mesh.Formats;

namespace Mesh.Commands.Recordings;

/// <summary>Takes batches of columns and writes them in one form.</summary>
internal abstract class ColumnSink : IAsyncDisposable
{
    /// <summary>What the form has no room for.</summary>
    public virtual IReadOnlyList<string> Notes => [];

    /// <summary>Appends a batch.</summary>
    public abstract ValueTask WriteAsync(ColumnBatch batch, CancellationToken cancellationToken);

    /// <summary>Finishes the files.</summary>
    public abstract ValueTask<IReadOnlyList<OutputReport>> CompleteAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
