using Mesh.Model;

namespace Mesh.Commands.Recordings;

/// <summary>Tells how far into a source its reader has come.</summary>
internal sealed class ProgressByteSource(IByteSource inner, ReadProgress progress) : IByteSource
{
    public long Length => inner.Length;

    public string Name => inner.Name;

    public async ValueTask<int> ReadAtAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int read = await inner.ReadAtAsync(offset, buffer, cancellationToken).ConfigureAwait(false);
        progress.Advance(read);
        return read;
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
