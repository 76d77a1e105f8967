using Mesh.Model;

namespace Mesh.Formats.Ros2Bag;

/// <summary>A source that stays open when its reader is done with it.</summary>
internal sealed class BorrowedByteSource(IByteSource source) : IByteSource
{
    public long Length => source.Length;

    public string Name => source.Name;

    public ValueTask<int> ReadAtAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) => source.ReadAtAsync(offset, buffer, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
