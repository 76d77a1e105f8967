using Mesh.Model;

namespace Mesh.Formats.Spooling;

/// <summary>A byte source read from its beginning to its end by libraries that take streams.</summary>
internal sealed class ByteSourceStream(IByteSource source, CancellationToken cancellationToken) : Stream
{
    private const int BufferBytes = 1 << 20;

    private readonly byte[] buffer = GC.AllocateUninitializedArray<byte>((int)Math.Clamp(source.Length, 1, BufferBytes));
    private int start;
    private int filled;
    private long position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => source.Length;

    /// <summary>Bytes handed out.</summary>
    public override long Position
    {
        get => position - (filled - start);
        set => throw new NotSupportedException();
    }

    /// <summary>Whether everything has been handed out.</summary>
    public bool IsAtEnd => Position >= source.Length;

    public override int ReadByte()
    {
        if (start == filled && !Fill()) return -1;
        return buffer[start++];
    }

    public override int Read(byte[] target, int offset, int count) => Read(target.AsSpan(offset, count));

    public override int Read(Span<byte> target)
    {
        if (target.IsEmpty || (start == filled && !Fill())) return 0;
        int count = Math.Min(target.Length, filled - start);
        buffer.AsSpan(start, count).CopyTo(target);
        start += count;
        return count;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] target, int offset, int count) => throw new NotSupportedException();

    // The decompressors of libraries call synchronously; Wrapped runs them on a thread of their own, which may wait.
    private bool Fill()
    {
        var reading = source.ReadAtAsync(position, buffer, cancellationToken);
        start = 0;
        filled = reading.AsTask().GetAwaiter().GetResult();
        position += filled;
        return filled > 0;
    }
}
