using System.Buffers;
using System.Runtime.InteropServices;
using Mesh.Columnar.Compression;
using Mesh.Model;

namespace Mesh.Columnar.Parquet;

/// <summary>Where a column chunk is and what is known of its pages.</summary>
internal sealed record ChunkPlan(long Start, long End, Codec Codec)
{
    /// <summary>Rows of the row group.</summary>
    public required long RowCount { get; init; }

    /// <summary>Places of the data pages; empty when not known.</summary>
    public IReadOnlyList<PageLocation> Pages { get; init; } = [];

    /// <summary>Bytes that will be wanted, in order; nothing beyond them is read ahead. Empty for the whole chunk.</summary>
    public IReadOnlyList<(long Start, long End)> Wanted { get; init; } = [];

    /// <summary>Bytes read at a time.</summary>
    public int WindowBytes { get; init; } = 256 << 10;

    /// <summary>Bytes shared with other chunks; null to read on its own.</summary>
    public SharedRange? Shared { get; init; }

    public bool CheckCrc { get; init; } = true;

    public ParquetReadStatistics? Statistics { get; init; }
}

/// <summary>Reads the pages of one column chunk in order through a window, so that a chunk of any size takes little memory.</summary>
internal sealed class ChunkSource(IByteSource source, ChunkPlan plan) : IDisposable
{
    private const int FirstHeaderBytes = 1024;
    private const int MaxHeaderBytes = 16 << 20;

    private byte[] window = [];
    private long windowStart;
    private int windowLength;
    private byte[] decompressed = [];
    private long position = plan.Start;

    /// <summary>Header of the current page.</summary>
    public PageHeader Header { get; private set; }

    /// <summary>Holds the body of the current page, decompressed; valid until the next header is read.</summary>
    public byte[] Page { get; private set; } = [];

    /// <summary>Where in <see cref="Page"/> the body begins.</summary>
    public int PageStart { get; private set; }

    /// <summary>Length of the body.</summary>
    public int PageLength { get; private set; }

    /// <summary>Where the current page begins in the file.</summary>
    public long PageOffset { get; private set; }

    /// <summary>Places of the data pages; empty when not known.</summary>
    public IReadOnlyList<PageLocation> Pages => plan.Pages;

    /// <summary>The data page that comes next.</summary>
    public int NextPage { get; private set; }

    /// <summary>Rows of the current data page by the offset index; null when not known.</summary>
    public long? CurrentPageRows => NextPage > 0 && NextPage <= Pages.Count
        ? (NextPage < Pages.Count ? Pages[NextPage].FirstRow : plan.RowCount) - Pages[NextPage - 1].FirstRow
        : null;

    /// <summary>Whether there is a dictionary ahead of the data pages.</summary>
    public bool HasPageBeforeIndexed => position < Pages[0].Offset;

    /// <summary>The data page that holds a row.</summary>
    public int FindPage(long row)
    {
        int low = 0, high = Pages.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (Pages[middle].FirstRow <= row) low = middle;
            else high = middle - 1;
        }

        return low;
    }

    /// <summary>Makes a data page the next one.</summary>
    public void MoveTo(int page)
    {
        plan.Statistics?.CountPages(0, page - NextPage);
        NextPage = page;
        position = Pages[page].Offset;
    }

    /// <summary>Reads the next header; false at the end of the chunk. The body follows by one of the next two methods.</summary>
    public async ValueTask<bool> TryNextHeaderAsync(CancellationToken cancellationToken)
    {
        if (position >= plan.End || (Pages.Count > 0 && NextPage == Pages.Count)) return false;
        PageOffset = position;
        int headerBytes = await ReadHeaderAsync(cancellationToken).ConfigureAwait(false);
        position += headerBytes;
        if (Header.CompressedBytes > plan.End - position) throw new ParquetDataException("a page reaches beyond its column chunk");
        if (Header.Type is PageType.DataPage or PageType.DataPageV2) NextPage++;
        return true;
    }

    /// <summary>Leaves the body of the current page out.</summary>
    public void SkipBody()
    {
        position += Header.CompressedBytes;
        if (Header.Type is PageType.DataPage or PageType.DataPageV2) plan.Statistics?.CountPages(0, 1);
    }

    /// <summary>Reads and decompresses the body of the current page.</summary>
    public async ValueTask LoadBodyAsync(CancellationToken cancellationToken)
    {
        PageDecompressor.RequirePossible(plan.Codec, Header.CompressedBytes, Header.UncompressedBytes);
        var body = await ReadAsync(Header.CompressedBytes, cancellationToken).ConfigureAwait(false);
        position += Header.CompressedBytes;
        if (plan.CheckCrc && Header.Crc is { } crc && Crc32.Compute(body.Span) != crc) throw new ParquetDataException("a page differs from its checksum");
        plan.Statistics?.CountPages(1, 0);
        PageLength = Header.UncompressedBytes;
        Open(body);
    }

    public void Dispose()
    {
        if (NextPage < Pages.Count) plan.Statistics?.CountPages(0, Pages.Count - NextPage);
        if (decompressed.Length > 0) ArrayPool<byte>.Shared.Return(decompressed);
        if (window.Length > 0) ArrayPool<byte>.Shared.Return(window);
        decompressed = window = Page = [];
    }

    private void Open(ReadOnlyMemory<byte> body)
    {
        // Levels of version 2 pages stay uncompressed ahead of the values.
        int levelBytes = 0;
        var codec = plan.Codec;
        if (Header.Type == PageType.DataPageV2)
        {
            if (Header.DefinitionBytes < 0 || Header.RepetitionBytes < 0) throw new ParquetDataException("a page has levels of negative size");
            long levels = (long)Header.DefinitionBytes + Header.RepetitionBytes;
            if (levels > body.Length || levels > PageLength) throw new ParquetDataException("a page is shorter than its levels");
            levelBytes = (int)levels;
            if (!Header.IsCompressed) codec = Codec.Uncompressed;
        }

        if (codec == Codec.Uncompressed && MemoryMarshal.TryGetArray(body, out var stored))
        {
            if (stored.Count != PageLength) throw new ParquetDataException($"a page of {PageLength:N0} bytes takes {stored.Count:N0} without compression");
            Page = stored.Array!;
            PageStart = stored.Offset;
            return;
        }

        if (decompressed.Length < PageLength)
        {
            if (decompressed.Length > 0) ArrayPool<byte>.Shared.Return(decompressed);
            decompressed = [];
            decompressed = ArrayPool<byte>.Shared.Rent(PageLength);
        }

        Page = decompressed;
        PageStart = 0;
        body.Span[..levelBytes].CopyTo(Page);
        var target = Page.AsSpan(levelBytes, PageLength - levelBytes);
        body = body[levelBytes..];

        // Some writers leave out the stream of a page without values, others write one that is empty.
        if (target.IsEmpty) return;
        PageDecompressor.Decompress(codec, body, target);
    }

    private async ValueTask<int> ReadHeaderAsync(CancellationToken cancellationToken)
    {
        // The length of a header is not known: try with what is there, then with more.
        for (int wanted = FirstHeaderBytes; ; wanted *= 8)
        {
            int available = (int)Math.Min(Math.Min(wanted, MaxHeaderBytes), plan.End - position);
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
        if (plan.Shared is not null)
        {
            byte[] shared = await plan.Shared.LoadAsync(cancellationToken).ConfigureAwait(false);
            return shared.AsMemory((int)(position - plan.Shared.Start), count);
        }

        if (position < windowStart || position + count > windowStart + windowLength)
        {
            int size = (int)Math.Max(count, Math.Min(plan.WindowBytes, WantedEnd() - position));
            int kept = MoveWindow(size);
            int read = await source.ReadAtAsync(position + kept, window.AsMemory(kept, size - kept), cancellationToken).ConfigureAwait(false);
            plan.Statistics?.CountRequest(read);
            windowLength += read;
            if (windowLength < count) throw new ParquetDataException("the file ends within a page");
        }

        return window.AsMemory((int)(position - windowStart), count);
    }

    /// <summary>Makes the window begin at the current position, with room for so many bytes.</summary>
    /// <returns>Bytes that the window had already.</returns>
    private int MoveWindow(int size)
    {
        bool overlaps = position >= windowStart && position < windowStart + windowLength;
        var known = overlaps ? window.AsSpan(0, windowLength)[(int)(position - windowStart)..] : [];
        windowStart = position;
        windowLength = known.Length;
        if (window.Length >= size)
        {
            known.CopyTo(window);
            return known.Length;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(size);
        known.CopyTo(larger);
        if (window.Length > 0) ArrayPool<byte>.Shared.Return(window);
        window = larger;
        return known.Length;
    }

    private long WantedEnd()
    {
        foreach (var (start, end) in plan.Wanted)
        {
            if (position >= start && position < end) return end;
        }

        return plan.End;
    }
}
