using Mesh.Model;

namespace Mesh.Formats.Blocks;

/// <summary>A source for a reader that would dispose it, though it belongs to somebody else.</summary>
internal sealed class BorrowedSource(IByteSource inner) : IByteSource
{
    public long Length => inner.Length;

    public string Name => inner.Name;

    public ValueTask<int> ReadAtAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) => inner.ReadAtAsync(offset, buffer, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
