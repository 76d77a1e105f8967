using Mesh.Model;

namespace Mesh.Columnar.Compression;

/// <summary>
/// Bytes decompressed from a stream of frames. Damaged or cut frames give what comes before the damage; the read after that throws
/// <see cref="InvalidDataException"/>. Not thread-safe.
/// </summary>
public abstract class DecompressingStream : Stream
{
    /// <summary>Largest content, and largest compressed size, that is decompressed without the native library: 256 MiB.</summary>
    public const int MaxManagedBytes = 256 << 20;

    private const int InputBytes = 128 << 10;

    private readonly Stream compressed;
    private readonly string format;
    private readonly string libraryName;
    private readonly string package;
    private byte[] input = [];
    private int start;
    private int filled;
    private bool isWithinFrame;
    private bool isInputEnded;
    private string? damage;

    // Where managed code decompresses everything at once.
    private byte[]? content;
    private int contentAt;
    private int contentEnd;

    private protected DecompressingStream(Stream compressed, string format, string libraryName, string package)
    {
        this.compressed = compressed;
        this.format = format;
        this.libraryName = libraryName;
        this.package = package;
    }

    /// <summary>Compressed bytes that have been used.</summary>
    public long Consumed { get; private set; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    private protected abstract bool IsNative { get; }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The data is damaged or cut here; everything before it has been read.</exception>
    /// <exception cref="MeshException"><c>MESH10803</c>: the content is too large to be decompressed without the native library.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        if (!IsNative) return ReadManaged(buffer);
        while (true)
        {
            if (damage is not null) throw new InvalidDataException(damage);
            if (start == filled && !isInputEnded)
            {
                if (input.Length == 0) input = GC.AllocateUninitializedArray<byte>(InputBytes);
                start = 0;
                filled = compressed.Read(input);
                isInputEnded = filled == 0;
            }

            if (isInputEnded && !isWithinFrame) return 0;

            // Called once more after the last input: the library may hold back output that did not fit.
            bool sound = Decode(input.AsSpan(start, filled - start), buffer, out int consumed, out int written, out bool isFrameEnd);
            start += consumed;
            Consumed += consumed;
            if (!sound) damage = $"{format} data that is damaged";
            else if (consumed > 0 || written > 0) isWithinFrame = !isFrameEnd;
            else if (isInputEnded) damage = $"{format} data that ends within a frame";
            if (written > 0) return written;
        }
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>One step of the native decoder; false when the data is damaged.</summary>
    private protected abstract bool Decode(ReadOnlySpan<byte> source, Span<byte> destination, out int consumed, out int written, out bool isFrameEnd);

    private protected abstract bool TryDecompressWhole(ReadOnlySpan<byte> source, Span<byte> destination, out int written);

    private protected abstract int DecompressPrefix(ReadOnlySpan<byte> source, Span<byte> destination);

    private int ReadManaged(Span<byte> buffer)
    {
        content ??= DecompressAll();
        int count = Math.Min(buffer.Length, contentEnd - contentAt);
        if (count == 0 && damage is not null) throw new InvalidDataException(damage);
        content.AsSpan(contentAt, count).CopyTo(buffer);
        contentAt += count;
        return count;
    }

    private byte[] DecompressAll()
    {
        using var all = new MemoryStream();
        byte[] piece = new byte[InputBytes];
        for (int read; (read = compressed.Read(piece)) > 0;)
        {
            if (all.Length + read > MaxManagedBytes) throw NeedsLibrary();
            all.Write(piece, 0, read);
        }

        var source = all.GetBuffer().AsSpan(0, (int)all.Length);
        Consumed = source.Length;
        for (long size = Math.Max(1 << 20, source.Length * 4L);; size *= 4)
        {
            byte[] target = GC.AllocateUninitializedArray<byte>((int)Math.Min(size, MaxManagedBytes));
            if (TryDecompressWhole(source, target, out contentEnd)) return target;

            // Damaged data stops at the same place in a larger buffer; sound data fills the buffer it is too large for.
            int prefix = DecompressPrefix(source, target);
            if (prefix < target.Length * 3 / 4)
            {
                contentEnd = prefix;
                damage = $"{format} data that is damaged or cut";
                return target;
            }

            if (target.Length == MaxManagedBytes) throw NeedsLibrary();
        }
    }

    private MeshException NeedsLibrary() => new(
        "MESH10803",
        $"Decompressing more than {MaxManagedBytes >> 20} MiB of {format} data needs {libraryName}, which was not found. Install the package {package} (Debian, Ubuntu), or decompress the file first.");
}
