using Mesh.Model;

namespace Mesh.Columnar.Parquet;

/// <summary>
/// Writes the column chunks of one leaf: collects levels and values of the open page, closes it when it is full, and keeps the compressed
/// pages until the row group is written. Values start dictionary-encoded and become plain when that does not pay.
/// </summary>
internal abstract class LeafWriter(ParquetNode node, ParquetWriterOptions options, PageCompressor compressor)
{
    /// <summary>Bounds what a page of tiny values holds in memory, where each takes an index of four bytes.</summary>
    private readonly int maxPageEntries = Math.Clamp(options.PageBytes / sizeof(int), SampleValues, 128 << 10);

    /// <summary>A dictionary has to prove itself on this many values.</summary>
    protected const int SampleValues = 4096;

    private readonly PooledList<byte> repetition = new();
    private readonly PooledList<byte> definition = new();
    private readonly SegmentedBuffer pages = new();
    private readonly PooledList<byte> dictionaryPage = new();
    private readonly ThriftWriter header = new(compressor.Header);
    private int pageEntries;
    private long chunkEntries;
    private long chunkNulls;
    private long chunkUncompressed;
    private int dictionaryPages;
    private int plainPages;
    private LeafTotals totals;

    protected ParquetNode Node { get; } = node;

    protected ParquetWriterOptions Options { get; } = options;

    /// <summary>Plain values of the open page.</summary>
    protected PooledList<byte> Values { get; } = new();

    /// <summary>Dictionary indices of the open page.</summary>
    protected PooledList<int> Indices { get; } = new();

    /// <summary>Whether the open page is dictionary-encoded.</summary>
    protected bool UsesDictionary { get; set; }

    /// <summary>Distinct values in the dictionary.</summary>
    protected abstract int DictionaryCount { get; }

    /// <summary>Bytes held by subclasses for the dictionary.</summary>
    protected abstract long DictionaryCapacityBytes { get; }

    /// <summary>Bytes of the open row group before compression.</summary>
    public long UncompressedBytes => chunkUncompressed + OpenPageBytes;

    /// <summary>Bytes the closed pages take in the file.</summary>
    public long CompressedPageBytes => pages.Length;

    /// <summary>Uncompressed bytes of the closed pages.</summary>
    public long ClosedUncompressedBytes => chunkUncompressed;

    /// <summary>Memory held.</summary>
    public long CapacityBytes => repetition.CapacityBytes + definition.CapacityBytes + pages.CapacityBytes + Values.CapacityBytes
        + Indices.CapacityBytes + dictionaryPage.CapacityBytes + DictionaryCapacityBytes;

    private long OpenPageBytes => (UsesDictionary ? (long)Indices.Length * RleEncoder.BitWidth(DictionaryCount) / 8 : Values.Length) + (pageEntries / 8);

    /// <summary>Appends a slice of rows.</summary>
    public void Append(ColumnVector vector, LevelRun levels)
    {
        if (Node.RepetitionLevel > 0) repetition.Append(levels.Repetition);
        if (Node.DefinitionLevel > 0)
        {
            var added = definition.Extend(levels.Entries);
            if (levels.AllAlive) added.Fill((byte)Node.DefinitionLevel);
            else levels.Definition.Replace(added, LevelRun.Alive, (byte)Node.DefinitionLevel);
        }

        pageEntries += levels.Entries;
        chunkNulls += levels.Entries - levels.AliveCount;
        if (levels.AliveCount > 0) AppendValues(vector, levels);
        if (pageEntries >= maxPageEntries || OpenPageBytes >= Options.PageBytes) ClosePage();
    }

    /// <summary>Closes the chunk; its bytes are then written by <see cref="WriteChunkAsync"/>.</summary>
    /// <param name="fileOffset">Where they will start.</param>
    public ColumnChunkMetadata CloseChunk(long fileOffset)
    {
        ClosePage();
        long uncompressed = chunkUncompressed;
        if (dictionaryPages > 0) uncompressed += CloseDictionary();
        long bytes = dictionaryPage.Length + pages.Length;
        totals.Values += chunkEntries;
        totals.Nulls += chunkNulls;
        totals.Bytes += bytes;

        List<Encoding> encodings = [Encoding.Rle];
        if (dictionaryPages > 0 || plainPages > 0) encodings.Add(Encoding.Plain);
        if (dictionaryPages > 0) encodings.Add(Encoding.RleDictionary);
        return new ColumnChunkMetadata
        {
            Type = Node.PhysicalType,
            Codec = compressor.Codec,
            ValueCount = chunkEntries,
            UncompressedBytes = uncompressed,
            CompressedBytes = bytes,
            DictionaryPageOffset = dictionaryPages > 0 ? fileOffset : 0,
            DataPageOffset = fileOffset + dictionaryPage.Length,
            Encodings = encodings,
            Statistics = CloseStatistics(chunkNulls, ref totals),
        };
    }

    public async ValueTask WriteChunkAsync(Stream output, CancellationToken cancellationToken)
    {
        if (dictionaryPage.Length > 0) await output.WriteAsync(dictionaryPage.Memory, cancellationToken).ConfigureAwait(false);
        await pages.CopyToAsync(output, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Forgets the chunk and gives its memory back.</summary>
    public void Free()
    {
        repetition.Free();
        definition.Free();
        Values.Free();
        Indices.Free();
        pages.Free();
        dictionaryPage.Free();
        pageEntries = 0;
        chunkEntries = 0;
        chunkNulls = 0;
        chunkUncompressed = 0;
        dictionaryPages = 0;
        plainPages = 0;
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

    /// <summary>Appends the present values of the slice to <see cref="Values"/> or <see cref="Indices"/>.</summary>
    protected abstract void AppendValues(ColumnVector vector, LevelRun levels);

    /// <summary>Appends the dictionary's values in plain encoding.</summary>
    protected abstract void WriteDictionary(PooledList<byte> target);

    /// <summary>Turns the open page's indices into plain values; the chunk goes on plain.</summary>
    protected abstract void LeaveDictionary();

    /// <summary>Called after a page was closed, whose values are gone.</summary>
    protected virtual void StartPage()
    {
    }

    /// <summary>Forgets the chunk's values and statistics.</summary>
    protected abstract void FreeValues();

    /// <summary>The statistics of the chunk, which are merged into those of the file.</summary>
    protected abstract ChunkStatistics CloseStatistics(long nullCount, ref LeafTotals totals);

    /// <summary>Bounds over the whole file in Iceberg's serialisation.</summary>
    protected abstract (byte[]? Lower, byte[]? Upper) FileBounds();

    /// <summary>Whether the dictionary saves nothing (or there are no values) and nothing has been written with it yet.</summary>
    protected bool IsDictionaryUseless => UsesDictionary && dictionaryPages == 0 && DictionaryCount * 2L >= Indices.Length;

    protected MeshException TooLarge(long bytes) => new(
        "MESH10904",
        $"A page of column '{Node.Name}' takes {bytes:N0} bytes, more than the {ParquetFormat.MaxPageBytes:N0} a page may hold. "
        + "Store values this large outside of the table.");

    private void ClosePage()
    {
        if (pageEntries == 0) return;
        if (IsDictionaryUseless) LeaveDictionary();
        var body = compressor.Body;
        body.Clear();
        AppendLevels(repetition, Node.RepetitionLevel, body);
        AppendLevels(definition, Node.DefinitionLevel, body);
        if (UsesDictionary)
        {
            int width = Math.Max(1, RleEncoder.BitWidth(Math.Max(0, DictionaryCount - 1)));
            body.Add((byte)width);
            RleEncoder.Encode<int>(Indices.Span, width, body);
            dictionaryPages++;
        }
        else
        {
            plainPages++;
            if (body.Length > 0) body.Append(Values.Span);
            else body = Values;
        }

        var compressed = Compress(body);
        BeginHeader(PageType.DataPage, body.Length, compressed.Length);
        header.BeginStruct(5);
        header.WriteI32(1, pageEntries);
        header.WriteI32(2, (int)(UsesDictionary ? Encoding.RleDictionary : Encoding.Plain));
        header.WriteI32(3, (int)Encoding.Rle);
        header.WriteI32(4, (int)Encoding.Rle);
        header.EndStruct();
        header.EndStruct();
        chunkUncompressed += compressor.Header.Length + body.Length;
        pages.Append(compressor.Header.Span);
        pages.Append(compressed);
        compressor.Free();

        chunkEntries += pageEntries;
        pageEntries = 0;
        repetition.Clear();
        definition.Clear();
        Values.Clear();
        Indices.Clear();
        StartPage();
    }

    private long CloseDictionary()
    {
        var body = compressor.Body;
        body.Clear();
        WriteDictionary(body);
        var compressed = Compress(body);
        BeginHeader(PageType.DictionaryPage, body.Length, compressed.Length);
        header.BeginStruct(7);
        header.WriteI32(1, DictionaryCount);
        header.WriteI32(2, (int)Encoding.Plain);
        header.EndStruct();
        header.EndStruct();
        dictionaryPage.Append(compressor.Header.Span);
        dictionaryPage.Append(compressed);
        long uncompressed = compressor.Header.Length + body.Length;
        compressor.Free();
        return uncompressed;
    }

    private ReadOnlySpan<byte> Compress(PooledList<byte> body) =>
        body.Length <= ParquetFormat.MaxPageBytes ? compressor.Compress(body) : throw TooLarge(body.Length);

    private void BeginHeader(PageType type, int uncompressedBytes, int compressedBytes)
    {
        compressor.Header.Clear();
        header.BeginStruct();
        header.WriteI32(1, (int)type);
        header.WriteI32(2, uncompressedBytes);
        header.WriteI32(3, compressedBytes);
    }

    /// <summary>Levels of a version 1 page carry their length (Encodings.md, "RLE").</summary>
    private static void AppendLevels(PooledList<byte> levels, int max, PooledList<byte> body)
    {
        if (max == 0) return;
        int at = body.Length;
        body.Extend(sizeof(int));
        RleEncoder.Encode<byte>(levels.Span, RleEncoder.BitWidth(max), body);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(body.Span[at..], body.Length - at - sizeof(int));
    }
}
