namespace Mesh.Formats.Mdf4;

/// <summary>Reads the messages of one data group.</summary>
internal abstract class Mdf4GroupReader : IAsyncDisposable
{
    /// <summary>Bytes of messages put together before they are handed out.</summary>
    protected const int BlockBytes = 1 << 20;

    /// <summary>The next messages that the query asks for; null at the end.</summary>
    public abstract ValueTask<MessageBlock?> NextAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
