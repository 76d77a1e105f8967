namespace Mesh.Columnar.Parquet;

/// <summary>
/// Reads the levels and values of one column chunk, as many rows at a time as a batch wants. Memory grows with what the pages really
/// hold, up to a limit per batch, never with what they claim.
/// </summary>
internal abstract class LeafReader(ParquetNode node, ChunkSource source, long valueCount) : IDisposable
{
    /// <summary>Level entries and values of one batch; only a row with a list this long can exceed it.</summary>
    private const int MaxBatchEntries = 1 << 26;
    private const int AheadEntries = 4096;

    private readonly RleDecoder repetitionDecoder = new();
    private readonly RleDecoder definitionDecoder = new();
    private readonly PooledList<byte> repetition = new();
    private readonly PooledList<byte> definition = new();
    private readonly byte[] ahead = node.RepetitionLevel > 0 ? new byte[AheadEntries] : [];
    private int aheadAt;
    private int aheadCount;
    private int pageLeft;
    private long entriesLeft = valueCount;
    private int rows;
    private bool hasStarted;
    private bool usesDictionary;

    public ParquetNode Node { get; } = node;

    /// <summary>Where the current page begins, for messages.</summary>
    public long PageOffset => source.PageOffset;

    /// <summary>Repetition levels of the batch; empty outside of lists.</summary>
    public ReadOnlySpan<byte> Repetition => repetition.Span;

    /// <summary>Definition levels of the batch; empty when nothing on the path is optional.</summary>
    public ReadOnlySpan<byte> Definition => definition.Span;

    /// <summary>Level entries of the batch.</summary>
    public int Entries { get; private set; }

    protected RleDecoder Indices { get; } = new();

    /// <summary>Reads the next rows, fewer only when the chunk ends.</summary>
    /// <returns>Rows read.</returns>
    public async ValueTask<int> ReadRowsAsync(int wanted, CancellationToken cancellationToken)
    {
        repetition.Clear();
        definition.Clear();
        ClearValues();
        Entries = 0;
        rows = 0;
        while (true)
        {
            if (pageLeft == 0)
            {
                if (!await TryNextDataPageAsync(cancellationToken).ConfigureAwait(false)) return rows;
                continue;
            }

            if (TakeFromPage(wanted)) return rows;
        }
    }

    /// <summary>Makes the leaf's vector of the batch just read.</summary>
    public abstract ColumnVector BuildVector();

    public virtual void Dispose()
    {
        source.Dispose();
        repetition.Free();
        definition.Free();
    }

    protected abstract void ReadDictionary(ReadOnlySpan<byte> plain, int count);

    /// <summary>Gives the plain values of a page.</summary>
    protected abstract void StartPlain(byte[] page, int from, int to);

    protected virtual void StartRle(byte[] page, int from, int to) =>
        throw new ParquetDataException($"values of column '{Node.Name}' are run-length encoded", isUnsupported: true);

    protected abstract void ReadPlain(int count);

    protected abstract void ReadIndexed(int count);

    protected abstract void ClearValues();

    /// <returns>Whether the batch is complete.</returns>
    private bool TakeFromPage(int wanted)
    {
        int count;
        if (Node.RepetitionLevel == 0)
        {
            if (rows == wanted) return true;
            count = Math.Min(wanted - rows, pageLeft);
            rows += count;
            TakeEntries(count);
            return false;
        }

        if (aheadAt == aheadCount)
        {
            aheadAt = 0;
            aheadCount = Math.Min(AheadEntries, pageLeft);
            repetitionDecoder.Read(ahead.AsSpan(0, aheadCount));
        }

        // A row ends where the next one begins, which may be in the next page.
        int stop = aheadAt;
        for (; stop < aheadCount; stop++)
        {
            byte level = ahead[stop];
            if (level == 0)
            {
                if (rows == wanted) break;
                rows++;
            }
            else if (level > Node.RepetitionLevel || rows == 0)
            {
                throw new ParquetDataException("a repetition level does not fit its place");
            }
        }

        count = stop - aheadAt;
        repetition.Append(ahead.AsSpan(aheadAt, count));
        aheadAt = stop;
        TakeEntries(count);
        return stop < aheadCount;
    }

    private void TakeEntries(int count)
    {
        if (count == 0) return;
        if (Entries + (long)count > MaxBatchEntries) throw new ParquetDataException($"a row holds more than {MaxBatchEntries:N0} values");
        Entries += count;
        pageLeft -= count;
        int present = count;
        if (Node.DefinitionLevel > 0)
        {
            var levels = definition.Extend(count);
            definitionDecoder.Read(levels);
            if (levels.IndexOfAnyExceptInRange((byte)0, (byte)Node.DefinitionLevel) >= 0) throw new ParquetDataException("a definition level does not fit its place");
            present = levels.Count((byte)Node.DefinitionLevel);
        }

        if (present == 0) return;
        if (usesDictionary) ReadIndexed(present);
        else ReadPlain(present);
    }

    private async ValueTask<bool> TryNextDataPageAsync(CancellationToken cancellationToken)
    {
        if (entriesLeft == 0) return false;
        if (!await source.TryNextAsync(cancellationToken).ConfigureAwait(false)) throw new ParquetDataException("a column chunk ends before its last value");
        var header = source.Header;
        switch (header.Type)
        {
            case PageType.DictionaryPage:
                if (hasStarted) throw new ParquetDataException("a dictionary page should be the first of its column chunk");
                hasStarted = true;
                if (header.Encoding is not (Encoding.Plain or Encoding.PlainDictionary)) throw new ParquetDataException($"a dictionary is encoded as {header.Encoding}", true);
                ReadDictionary(source.Page.AsSpan(0, source.PageLength), header.ValueCount);
                break;
            case PageType.DataPage or PageType.DataPageV2:
                hasStarted = true;
                StartPage(header);
                break;
            default:
                break;
        }

        return true;
    }

    private void StartPage(in PageHeader header)
    {
        if (header.ValueCount > entriesLeft) throw new ParquetDataException("a column chunk has more values than its metadata says");
        entriesLeft -= header.ValueCount;
        pageLeft = header.ValueCount;
        aheadAt = aheadCount = 0;
        byte[] page = source.Page;
        int at = 0, end = source.PageLength;
        if (header.Type == PageType.DataPageV2)
        {
            repetitionDecoder.Reset(page, 0, header.RepetitionBytes, RleEncoder.BitWidth(Node.RepetitionLevel));
            at = header.RepetitionBytes + header.DefinitionBytes;
            definitionDecoder.Reset(page, header.RepetitionBytes, at, RleEncoder.BitWidth(Node.DefinitionLevel));
        }
        else
        {
            at = StartLevels(repetitionDecoder, header.RepetitionEncoding, Node.RepetitionLevel, page, at, end);
            at = StartLevels(definitionDecoder, header.DefinitionEncoding, Node.DefinitionLevel, page, at, end);
        }

        usesDictionary = header.Encoding is Encoding.RleDictionary or Encoding.PlainDictionary;
        switch (header.Encoding)
        {
            case Encoding.Plain:
                StartPlain(page, at, end);
                break;
            case Encoding.RleDictionary or Encoding.PlainDictionary:
                // A page without values may lack even the bit width.
                Indices.Reset(page, Math.Min(at + 1, end), end, at < end ? page[at] : 0);
                break;
            case Encoding.Rle:
                StartRle(page, at, end);
                break;
            default:
                throw new ParquetDataException($"values are encoded with number {(int)header.Encoding} of parquet.thrift's list", isUnsupported: true);
        }
    }

    private static int StartLevels(RleDecoder decoder, Encoding encoding, int max, byte[] page, int at, int end)
    {
        if (max == 0) return at;
        if (encoding != Encoding.Rle) throw new ParquetDataException($"levels are encoded with number {(int)encoding} of parquet.thrift's list", isUnsupported: true);
        if (end - at < sizeof(int)) throw new ParquetDataException("a page ends before its levels");
        int length = System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(page.AsSpan(at));
        at += sizeof(int);
        if (length < 0 || length > end - at) throw new ParquetDataException("a page ends before its levels");
        decoder.Reset(page, at, at + length, RleEncoder.BitWidth(max));
        return at + length;
    }
}
