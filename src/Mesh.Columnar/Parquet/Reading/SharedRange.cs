using System.Buffers;
using Mesh.Model;

namespace Mesh.Columnar.Parquet;

/// <summary>Bytes of several small column chunks that lie close together, read at once when the first of them is wanted. Safe for concurrent use.</summary>
internal sealed class SharedRange(IByteSource source, long start, int length, ParquetReadStatistics? statistics) : IDisposable
{
    private readonly SemaphoreSlim gate = new(1, 1);
    private byte[]? bytes;

    public long Start => start;

    public async ValueTask<byte[]> LoadAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref bytes) is { } loaded) return loaded;
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (bytes is not null) return bytes;
            byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
            int found = await source.ReadAtAsync(start, buffer.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            if (found != length) throw new ParquetDataException("the file ends within a page");
            statistics?.CountRequest(length);
            Volatile.Write(ref bytes, buffer);
            return buffer;
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose()
    {
        if (bytes is not null) ArrayPool<byte>.Shared.Return(bytes);
        bytes = null;
        gate.Dispose();
    }
}
