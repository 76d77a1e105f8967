using Mesh.Model;

namespace Mesh.Decode;

/// <summary>A landing object under the name its producer knows it by.</summary>
public sealed class NamedByteSource(IByteSource source, string name) : IByteSource
{
    public long Length => source.Length;

    public string Name => name;

    public ValueTask<int> ReadAtAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
        source.ReadAtAsync(offset, buffer, cancellationToken);

    public ValueTask DisposeAsync() => source.DisposeAsync();
}
