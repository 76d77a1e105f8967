using Mesh.Model;

namespace Mesh.Columnar.ArrowIpc.Format;

/// <summary>A stream read from front to back, which is all that messages need. Its length is not known.</summary>
internal sealed class ForwardByteSource(Stream stream, string name) : IByteSource
{
    private long position;

    /// <summary>As far as anybody could tell.</summary>
    public long Length => long.MaxValue;

    public string Name { get; } = name;

    public async ValueTask<int> ReadAtAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (offset != position) throw new InvalidOperationException($"The stream is at byte {position}, not {offset}: it is read forwards only.");
        int read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        position += read;
        return read;
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();
}
