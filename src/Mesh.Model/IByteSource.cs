namespace Mesh.Model;

/// <summary>Random-access bytes of a known length: a file, an object, a buffer. Safe for concurrent reads.</summary>
public interface IByteSource : IAsyncDisposable
{
    /// <summary>Length in bytes; does not change while the source is open.</summary>
    long Length { get; }

    /// <summary>Name for messages to people: a path or URI.</summary>
    string Name { get; }

    /// <summary>
    /// Reads at <paramref name="offset"/> until <paramref name="buffer"/> is full or the source ends.
    /// </summary>
    /// <returns>Bytes read; fewer than asked for only at the end of the source.</returns>
    ValueTask<int> ReadAtAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken);
}
