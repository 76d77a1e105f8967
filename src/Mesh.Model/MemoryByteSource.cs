namespace Mesh.Model;

/// <summary>Bytes already in memory.</summary>
public sealed class MemoryByteSource(ReadOnlyMemory<byte> bytes, string name = "memory") : IByteSource
{
    /// <inheritdoc/>
    public long Length => bytes.Length;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public ValueTask<int> ReadAtAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (offset >= bytes.Length) return ValueTask.FromResult(0);
        int count = (int)Math.Min(buffer.Length, bytes.Length - offset);
        bytes.Slice((int)offset, count).CopyTo(buffer);
        return ValueTask.FromResult(count);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
