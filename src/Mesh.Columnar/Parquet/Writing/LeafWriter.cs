using System.Numerics;
using Mesh.Model;

namespace Mesh.Columnar.Parquet;

/// <summary>
/// Writes the column chunks of one leaf: collects levels and values of the open page, closes it when it is full, and keeps the compressed
/// pages until the row group is written.
/// </summary>
internal abstract partial class LeafWriter
{
    /// <summary>Bounds what a page of tiny values holds in memory, where each takes an index of four bytes.</summary>
    private const int MaxPageEntries = 128 << 10;
    private const int LeastMaxPageEntries = 4096;

    private readonly int maxPageEntries;
    private readonly PooledList<byte> repetition = new();
    private readonly PooledList<byte> definition = new();
    private readonly SegmentedBuffer pages = new();
    private readonly PooledList<byte> dictionaryPage = new();
    private readonly PageIndex pageIndex = new();
    private int pageEntries;
    private int pageRows;
    private long chunkRows;
    private long chunkEntries;
    private long chunkNulls;
    private long chunkUncompressed;
    private long dictionaryUncompressed;
    private int usedEncodings;
    private LeafTotals totals;

    /// <exception cref="MeshException"><c>MESH10920</c>: the options want an encoding that does not fit the column.</exception>
    protected LeafWriter(ParquetNode node, ParquetWriterOptions options)
    {
        Node = node;
        Options = options;
        maxPageEntries = Math.Clamp(options.PageBytes / sizeof(int), LeastMaxPageEntries, MaxPageEntries);
        if (options.BloomFilterColumns.Contains(node.Name)) Bloom = new BloomFilterBuilder(options.BloomFilterFalsePositiveRate);
    }

    /// <summary>Collects the values of the chunk's Bloom filter, when one is wanted.</summary>
    public BloomFilterBuilder? Bloom { get; }

    protected ParquetNode Node { get; }

    protected ParquetWriterOptions Options { get; }

    /// <summary>Present values of the open page.</summary>
    protected abstract int Count { get; }

    /// <summary>Bytes of the open page's values.</summary>
    protected abstract long ValueBytes { get; }

    /// <summary>Memory held by subclasses.</summary>
    protected abstract long ValueCapacityBytes { get; }

    /// <summary>Bytes of the open row group before compression.</summary>
    public long UncompressedBytes => chunkUncompressed + OpenPageBytes;

    /// <summary>Bytes the closed pages take in the file.</summary>
    public long CompressedPageBytes => pages.Length;

    /// <summary>Bytes of the values in closed pages, before they were encoded.</summary>
    public long ClosedValueBytes { get; private set; }

    /// <summary>Bytes of the open page before it is encoded.</summary>
    public long OpenPageBytes => ValueBytes + (pageEntries / 8);

    /// <summary>Memory held.</summary>
    public long CapacityBytes => repetition.CapacityBytes + definition.CapacityBytes + pages.CapacityBytes
        + dictionaryPage.CapacityBytes + ValueCapacityBytes + (Bloom?.CapacityBytes ?? 0);

    /// <summary>Appends a slice of rows.</summary>
    public void Append(ColumnVector vector, LevelRun levels, PageScratch scratch)
    {
        bool isLarge = levels is { Entries: 1, AliveCount: 1 } && IsLarge(vector, levels, scratch);
        if (isLarge) ClosePage(scratch);
        if (Node.RepetitionLevel > 0)
        {
            repetition.Append(levels.Repetition);
            pageRows += levels.Repetition.Count((byte)0);
        }
        else
        {
            pageRows += levels.Entries;
        }

        if (Node.DefinitionLevel > 0)
        {
            var added = definition.Extend(levels.Entries);
            if (levels.AllAlive) added.Fill((byte)Node.DefinitionLevel);
            else levels.Definition.Replace(added, LevelRun.Alive, (byte)Node.DefinitionLevel);
        }

        pageEntries += levels.Entries;
        if (isLarge)
        {
            CloseLargePage(LargeValue(vector, levels), scratch);
            return;
        }

        if (levels.AliveCount > 0) AppendValues(vector, levels);
        if (IsPageFull) ClosePage(scratch);
    }

    /// <summary>Closes the last page and the dictionary of the chunk.</summary>
    public void CloseChunk(PageScratch scratch)
    {
        ClosePage(scratch);
        if (HasUsed(Encoding.RleDictionary)) CloseDictionary(scratch);
    }

    /// <summary>What the footer says about the closed chunk.</summary>
    /// <param name="fileOffset">Where its bytes start.</param>
    /// <param name="codec">Codec of its pages.</param>
    public ColumnChunkMetadata DescribeChunk(long fileOffset, Codec codec)
    {
        long bytes = dictionaryPage.Length + pages.Length;
        totals.Values += chunkEntries;
        totals.Nulls += chunkNulls;
        totals.Bytes += bytes;

        // Levels are RLE, the dictionary itself is PLAIN.
        int used = usedEncodings | (1 << (int)Encoding.Rle);
        if (HasUsed(Encoding.RleDictionary)) used |= 1 << (int)Encoding.Plain;
        var encodings = new List<Encoding>(BitOperations.PopCount((uint)used));
        foreach (var encoding in Enum.GetValues<Encoding>())
        {
            if ((used & (1 << (int)encoding)) != 0) encodings.Add(encoding);
        }

        return new ColumnChunkMetadata
        {
            Type = Node.PhysicalType,
            Codec = (int)codec,
            ValueCount = chunkEntries,
            UncompressedBytes = chunkUncompressed + dictionaryUncompressed,
            CompressedBytes = bytes,
            DictionaryPageOffset = dictionaryPage.Length > 0 ? fileOffset : 0,
            DataPageOffset = fileOffset + dictionaryPage.Length,
            Encodings = encodings,
            Statistics = CloseStatistics(chunkNulls, ref totals),
        };
    }

    /// <summary>Appends the closed chunk's page index.</summary>
    /// <param name="fileOffset">Where its bytes start.</param>
    /// <param name="bounds">Takes the column index, if there can be one.</param>
    /// <param name="places">Takes the offset index.</param>
    public void WritePageIndex(long fileOffset, PooledList<byte> bounds, PooledList<byte> places) =>
        pageIndex.Write(fileOffset + dictionaryPage.Length, CompareBounds, bounds, places);

    public async ValueTask WriteChunkAsync(Stream output, CancellationToken cancellationToken)
    {
        if (dictionaryPage.Length > 0) await output.WriteAsync(dictionaryPage.Memory, cancellationToken).ConfigureAwait(false);
        await pages.CopyToAsync(output, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Forgets the chunk and gives its memory back.</summary>
    public void Free()
    {
        RememberChunk();
        repetition.Free();
        definition.Free();
        pages.Free();
        dictionaryPage.Free();
        pageIndex.Clear();
        Bloom?.Free();
        pageEntries = 0;
        pageRows = 0;
        chunkRows = 0;
        chunkEntries = 0;
        chunkNulls = 0;
        chunkUncompressed = 0;
        dictionaryUncompressed = 0;
        usedEncodings = 0;
        ClosedValueBytes = 0;
        ForgetDictionary();
        FreeValues();
    }

    /// <summary>The metrics of the whole file, when the lake knows the field.</summary>
    public ColumnMetrics? CreateMetrics()
    {
        if (Node.Field.Id == 0) return null;
        var (lower, upper) = Node.RepetitionLevel > 0 ? (null, null) : FileBounds();
        return new ColumnMetrics
        {
            FieldId = Node.Field.Id,
            ValueCount = totals.Values,
            NullCount = totals.Nulls,
            NanCount = totals.NaNs,
            ColumnBytes = totals.Bytes,
            LowerBound = lower,
            UpperBound = upper,
        };
    }

    /// <summary>Appends the present values of the slice to the open page.</summary>
    protected abstract void AppendValues(ColumnVector vector, LevelRun levels);

    /// <summary>Bytes of the only value of a slice where a page can be made of it as it lies in the vector; empty for columns that have none such.</summary>
    protected virtual ReadOnlySpan<byte> LargeValue(ColumnVector vector, LevelRun levels) => [];

    /// <summary>Merges a page of one large value into what is known of the chunk.</summary>
    protected virtual (byte[]? Min, byte[]? Max) EndLargePage(ReadOnlySpan<byte> value) => throw new NotSupportedException();

    /// <summary>Merges the open page into what is known of the chunk and forgets its values.</summary>
    /// <param name="indices">The page's dictionary indices; empty when it was not encoded with them.</param>
    /// <returns>Bounds of the page in plain encoding; null when there are none.</returns>
    protected abstract (byte[]? Min, byte[]? Max) EndPage(ReadOnlySpan<int> indices);

    /// <summary>Forgets the chunk's values and statistics.</summary>
    protected abstract void FreeValues();

    /// <summary>The statistics of the chunk, which are merged into those of the file.</summary>
    protected abstract ChunkStatistics CloseStatistics(long nullCount, ref LeafTotals totals);

    /// <summary>Bounds over the whole file in Iceberg's serialisation.</summary>
    protected abstract (byte[]? Lower, byte[]? Upper) FileBounds();

    /// <summary>The column's order, on bounds.</summary>
    protected abstract int CompareBounds(byte[] left, byte[] right);

    protected MeshException TooLarge(long bytes) => new(
        "MESH10904",
        $"A page of column '{Node.Name}' takes {bytes:N0} bytes, more than the {ParquetFormat.MaxPageBytes:N0} a page may hold. "
        + "Store values this large outside of the table.");

    private bool IsPageFull => pageEntries >= maxPageEntries || OpenPageBytes >= Options.PageBytes;

    private bool HasUsed(Encoding encoding) => (usedEncodings & (1 << (int)encoding)) != 0;

    private void ClosePage(PageScratch scratch)
    {
        if (pageEntries == 0) return;
        if (OpenPageBytes > ParquetFormat.MaxPageBytes) throw TooLarge(OpenPageBytes);
        ClosedValueBytes += OpenPageBytes;
        int nulls = pageEntries - Count;
        var encoding = Pick(scratch);
        var body = scratch.Body;
        body.Clear();
        bool isVersion2 = Options.DataPageVersion == 2;
        int repetitionBytes = AppendLevels(repetition, Node.RepetitionLevel, body, hasLength: !isVersion2);
        int definitionBytes = AppendLevels(definition, Node.DefinitionLevel, body, hasLength: !isVersion2);
        if (encoding == Encoding.RleDictionary) EncodeIndices(scratch.Indices.Span, IndexBits(indexWidth), body);
        else if (Count > 0) Encode(encoding, 0, Count, scratch, body);
        usedEncodings |= 1 << (int)encoding;
        if (body.Length > ParquetFormat.MaxPageBytes) throw TooLarge(body.Length);

        int levelBytes = isVersion2 ? repetitionBytes + definitionBytes : 0;
        ReadOnlySpan<byte> levels = body.Span[..levelBytes], values = body.Span[levelBytes..];
        var compressed = scratch.Compress(values);
        bool isCompressed = !isVersion2 || compressed.Length < values.Length;
        if (!isCompressed) compressed = values;
        uint crc = PageCrc(levels, compressed);
        WriteHeader(scratch, encoding, nulls, body.Length, levels.Length + compressed.Length, (repetitionBytes, definitionBytes), isCompressed, crc);
        var (min, max) = EndPage(encoding == Encoding.RleDictionary ? scratch.Indices.Span : []);
        int pageBytes = scratch.Header.Length + levels.Length + compressed.Length;
        if (Options.PageIndex) pageIndex.Add(new PageLocation(pages.Length, pageBytes, chunkRows), min, max, nulls, isNullPage: nulls == pageEntries);
        chunkUncompressed += scratch.Header.Length + body.Length;
        pages.Append(scratch.Header.Span);
        pages.Append(levels);
        pages.Append(compressed);
        scratch.Free();
        BeginPage(nulls);
    }

    private void BeginPage(int nulls)
    {
        chunkRows += pageRows;
        chunkEntries += pageEntries;
        chunkNulls += nulls;
        pageEntries = 0;
        pageRows = 0;
        repetition.Clear();
        definition.Clear();
    }

    private void CloseDictionary(PageScratch scratch)
    {
        var body = scratch.Body;
        body.Clear();
        WriteDictionary(body);
        var compressed = scratch.Compress(body.Span);
        BeginHeader(scratch, PageType.DictionaryPage, body.Length, compressed.Length, PageCrc([], compressed));
        var header = scratch.Thrift;
        header.BeginStruct(7);
        header.WriteI32(1, DictionaryCount);
        header.WriteI32(2, (int)Encoding.Plain);
        header.EndStruct();
        header.EndStruct();
        dictionaryPage.Append(scratch.Header.Span);
        dictionaryPage.Append(compressed);
        dictionaryUncompressed = scratch.Header.Length + body.Length;
        scratch.Free();
    }

    private uint PageCrc(ReadOnlySpan<byte> levels, ReadOnlySpan<byte> compressed) =>
        Options.PageCrc ? Compression.Crc32.Append(Compression.Crc32.Compute(levels), compressed) : 0;

    private void WriteHeader(
        PageScratch scratch, Encoding encoding, int nulls, int uncompressedBytes, int storedBytes, (int Repetition, int Definition) levelBytes, bool isCompressed, uint crc)
    {
        bool isVersion2 = Options.DataPageVersion == 2;
        BeginHeader(scratch, isVersion2 ? PageType.DataPageV2 : PageType.DataPage, uncompressedBytes, storedBytes, crc);
        var header = scratch.Thrift;
        if (isVersion2)
        {
            header.BeginStruct(8);
            header.WriteI32(1, pageEntries);
            header.WriteI32(2, nulls);
            header.WriteI32(3, pageRows);
            header.WriteI32(4, (int)encoding);
            header.WriteI32(5, levelBytes.Definition);
            header.WriteI32(6, levelBytes.Repetition);
            header.WriteBool(7, isCompressed);
        }
        else
        {
            header.BeginStruct(5);
            header.WriteI32(1, pageEntries);
            header.WriteI32(2, (int)encoding);
            header.WriteI32(3, (int)Encoding.Rle);
            header.WriteI32(4, (int)Encoding.Rle);
        }

        header.EndStruct();
        header.EndStruct();
    }

    private void BeginHeader(PageScratch scratch, PageType type, int uncompressedBytes, int storedBytes, uint crc)
    {
        scratch.Header.Clear();
        var header = scratch.Thrift;
        header.BeginStruct();
        header.WriteI32(1, (int)type);
        header.WriteI32(2, uncompressedBytes);
        header.WriteI32(3, storedBytes);
        if (Options.PageCrc) header.WriteI32(4, (int)crc);
    }

    /// <summary>Levels of a version 1 page carry their length (Encodings.md, "RLE").</summary>
    private static int AppendLevels(PooledList<byte> levels, int max, PooledList<byte> body, bool hasLength)
    {
        if (max == 0) return 0;
        int at = body.Length;
        if (hasLength) body.Extend(sizeof(int));
        RleEncoder.Encode<byte>(levels.Span, RleEncoder.BitWidth(max), body);
        if (hasLength) System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(body.Span[at..], body.Length - at - sizeof(int));
        return body.Length - at;
    }
}
