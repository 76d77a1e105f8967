using System.Buffers;
using Mesh.Model;

namespace Mesh.Columnar.Parquet;

/// <summary>Reads the pages of one column chunk in order through a window, so that a chunk of any size takes little memory.</summary>
internal sealed class ChunkSource : IDisposable
{
    private const int WindowBytes = 256 << 10;
    private const int MaxHeaderBytes = 16 << 20;

    private readonly IByteSource source;
    private readonly Codec codec;
    private readonly long end;
    private byte[] window = [];
    private long windowStart;
    private int windowLength;
    private byte[] page = [];
    private long position;

    public ChunkSource(IByteSource source, Codec codec, long start, long length)
    {
        this.source = source;
        this.codec = codec;
        position = start;
        end = start + length;
    }

    /// <summary>Header of the current page.</summary>
    public PageHeader Header { get; private set; }

    /// <summary>Body of the current page, decompressed; valid until the next one is read.</summary>
    public byte[] Page => page;

    /// <summary>Length of the body.</summary>
    public int PageLength { get; private set; }

    /// <summary>Where the current page begins in the file.</summary>
    public long PageOffset { get; private set; }

    /// <summary>Reads the next page; false at the end of the chunk.</summary>
    public async ValueTask<bool> TryNextAsync(CancellationToken cancellationToken)
    {
        if (position >= end) return false;
        PageOffset = position;
        int headerBytes = await ReadHeaderAsync(cancellationToken).ConfigureAwait(false);
        position += headerBytes;
        int compressedBytes = Header.CompressedBytes;
        if (compressedBytes > end - position) throw new ParquetDataException("a page reaches beyond its column chunk");
        PageDecompressor.RequirePossible(codec, compressedBytes, Header.UncompressedBytes);

        var body = await ReadAsync(compressedBytes, cancellationToken).ConfigureAwait(false);
        position += compressedBytes;
        if (page.Length < Header.UncompressedBytes)
        {
            ReturnPage();
            page = ArrayPool<byte>.Shared.Rent(Header.UncompressedBytes);
        }

        PageLength = Header.UncompressedBytes;
        Decompress(body);
        return true;
    }

    public void Dispose()
    {
        ReturnPage();
        if (window.Length > 0) ArrayPool<byte>.Shared.Return(window);
        window = [];
    }

    private void Decompress(ReadOnlyMemory<byte> body)
    {
        // Levels of version 2 pages stay uncompressed ahead of the values.
        int levelBytes = 0;
        var bodyCodec = codec;
        if (Header.Type == PageType.DataPageV2)
        {
            if (Header.DefinitionBytes < 0 || Header.RepetitionBytes < 0) throw new ParquetDataException("a page has levels of negative size");
            long levels = (long)Header.DefinitionBytes + Header.RepetitionBytes;
            if (levels > body.Length || levels > PageLength) throw new ParquetDataException("a page is shorter than its levels");
            levelBytes = (int)levels;
            body.Span[..levelBytes].CopyTo(page);
            if (!Header.IsCompressed) bodyCodec = Codec.Uncompressed;
        }

        var target = page.AsSpan(levelBytes, PageLength - levelBytes);
        body = body[levelBytes..];
        if (target.IsEmpty && body.IsEmpty) return;
        PageDecompressor.Decompress(bodyCodec, body, target);
    }

    private async ValueTask<int> ReadHeaderAsync(CancellationToken cancellationToken)
    {
        // The length of a header is not known: try with what is there, then with more.
        for (int wanted = 1024; ; wanted *= 8)
        {
            int available = (int)Math.Min(Math.Min(wanted, MaxHeaderBytes), end - position);
            var bytes = await ReadAsync(available, cancellationToken).ConfigureAwait(false);
            try
            {
                Header = PageHeader.Read(bytes.Span, out int consumed);
                return consumed;
            }
            catch (ParquetDataException) when (available == wanted && wanted < MaxHeaderBytes)
            {
            }
        }
    }

    /// <summary>Bytes from the current position on, through the window.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> ReadAsync(int count, CancellationToken cancellationToken)
    {
        if (position < windowStart || position + count > windowStart + windowLength)
        {
            int size = (int)Math.Min(Math.Max(count, WindowBytes), end - position);
            if (window.Length < size)
            {
                if (window.Length > 0) ArrayPool<byte>.Shared.Return(window);
                window = [];
                window = ArrayPool<byte>.Shared.Rent(size);
            }

            windowStart = position;
            windowLength = 0;
            windowLength = await source.ReadAtAsync(position, window.AsMemory(0, size), cancellationToken).ConfigureAwait(false);
            if (windowLength < count) throw new ParquetDataException("the file ends within a page");
        }

        return window.AsMemory((int)(position - windowStart), count);
    }

    private void ReturnPage()
    {
        if (page.Length > 0) ArrayPool<byte>.Shared.Return(page);
        page = [];
    }
}
