using Mesh.Model;

namespace Mesh.Formats.Mdf4;

/// <summary>A source that stays open when its reader is disposed.</summary>
internal sealed class Mdf4BorrowedSource(IByteSource source) : IByteSource
{
    public long Length => source.Length;

    public string Name => source.Name;

    public ValueTask<int> ReadAtAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) => source.ReadAtAsync(offset, buffer, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
