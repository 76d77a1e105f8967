using System.Buffers;

namespace Mesh.Storage.S3;

/// <summary>
/// Takes bytes in order, asynchronously: a write waits while the store's room for parts on their way is taken. The part being filled
/// grows with its bytes, so that many small objects under way cost little.
/// </summary>
internal sealed class S3WriteStream(int partBytes, IPartSink sink) : Stream
{
    private const int FirstBufferBytes = 64 << 10;

    private byte[]? buffer;
    private int filled;
    private bool closed;

    public long BytesWritten { get; private set; }

    /// <summary>Whether the object has turned out to be larger than a part.</summary>
    public bool HasParts { get; private set; }

    /// <summary>The bytes that are not in a part yet.</summary>
    public ReadOnlyMemory<byte> Gathered => buffer.AsMemory(0, filled);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => BytesWritten;

    public override long Position { get => BytesWritten; set => throw new NotSupportedException("Objects are written in order."); }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(closed, this);
        while (!bytes.IsEmpty)
        {
            if (filled == partBytes) await SendRestAsync(cancellationToken).ConfigureAwait(false);
            int count = Math.Min(bytes.Length, partBytes - filled);
            Reserve(filled + count);
            bytes.Span[..count].CopyTo(buffer.AsSpan(filled));
            filled += count;
            BytesWritten += count;
            bytes = bytes[count..];
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    // It would block a thread for as long as the store's room is taken.
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Objects in S3 are written by WriteAsync.");

    /// <summary>Gives what has gathered to the sink.</summary>
    public async ValueTask SendRestAsync(CancellationToken cancellationToken)
    {
        HasParts = true;
        var (part, count) = (buffer!, filled);
        (buffer, filled) = (null, 0);
        await sink.AddAsync(part, count, cancellationToken).ConfigureAwait(false);
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        closed = true;
        if (buffer is not null) ArrayPool<byte>.Shared.Return(buffer);
        (buffer, filled) = (null, 0);
        base.Dispose(disposing);
    }

    private void Reserve(int bytes)
    {
        if (buffer is not null && buffer.Length >= bytes) return;
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Min(partBytes, Math.Max(bytes, buffer is null ? FirstBufferBytes : 2 * buffer.Length)));
        if (buffer is not null)
        {
            buffer.AsSpan(0, filled).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(buffer);
        }

        buffer = larger;
    }
}
