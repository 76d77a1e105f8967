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
        if (!IsNative)
        {
            content ??= DecompressAll();
            return ReadManaged(buffer);
        }

        while (true)
        {
            if (NeedsInput()) Filled(compressed.Read(input));
            if (TryDecode(buffer, out int written)) return written;
        }
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc cref="Read(Span{byte})"/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty) return 0;
        if (!IsNative)
        {
            content ??= await DecompressAllAsync(cancellationToken).ConfigureAwait(false);
            return ReadManaged(buffer.Span);
        }

        while (true)
        {
            if (NeedsInput()) Filled(await compressed.ReadAsync(input, cancellationToken).ConfigureAwait(false));
            if (TryDecode(buffer.Span, out int written)) return written;
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

    private bool NeedsInput()
    {
        if (damage is not null) throw new InvalidDataException(damage);
        if (start < filled || isInputEnded) return false;
        if (input.Length == 0) input = GC.AllocateUninitializedArray<byte>(InputBytes);
        return true;
    }

    private void Filled(int bytes)
    {
        start = 0;
        filled = bytes;
        isInputEnded = bytes == 0;
    }

    /// <returns>Whether there is something to hand out, be it the end.</returns>
    private bool TryDecode(Span<byte> buffer, out int written)
    {
        written = 0;
        if (isInputEnded && !isWithinFrame) return true;

        // Called once more after the last input: the library may hold back output that did not fit.
        bool sound = Decode(input.AsSpan(start, filled - start), buffer, out int consumed, out written, out bool isFrameEnd);
        start += consumed;
        Consumed += consumed;
        if (!sound) damage = $"{format} data that is damaged";
        else if (consumed > 0 || written > 0) isWithinFrame = !isFrameEnd;
        else if (isInputEnded) damage = $"{format} data that ends within a frame";
        return written > 0;
    }

    private int ReadManaged(Span<byte> buffer)
    {
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
        for (int read; (read = compressed.Read(piece)) > 0;) Gather(all, piece.AsSpan(0, read));
        return DecompressAll(all);
    }

    private async ValueTask<byte[]> DecompressAllAsync(CancellationToken cancellationToken)
    {
        using var all = new MemoryStream();
        byte[] piece = new byte[InputBytes];
        for (int read; (read = await compressed.ReadAsync(piece, cancellationToken).ConfigureAwait(false)) > 0;) Gather(all, piece.AsSpan(0, read));
        return DecompressAll(all);
    }

    private void Gather(MemoryStream all, ReadOnlySpan<byte> piece)
    {
        if (all.Length + piece.Length > MaxManagedBytes) throw NeedsLibrary();
        all.Write(piece);
    }

    private byte[] DecompressAll(MemoryStream all)
    {
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
