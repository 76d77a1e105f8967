using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Mesh.Columnar.Parquet;

/// <summary>
/// Reads the levels and values of one column chunk, as many rows at a time as a batch wants. Memory grows with what the pages really
/// hold, up to a limit per batch, never with what they claim.
/// </summary>
internal abstract class LeafReader(ParquetNode node, ChunkSource source, long valueCount, ColumnMemory? memory) : IDisposable
{
    /// <summary>Level entries and values of one batch; only a row with a list this long can exceed it.</summary>
    private const int MaxBatchEntries = 1 << 26;
    private const int AheadEntries = 4096;
    private const int SkippedRows = 4096;

    private readonly RleDecoder repetitionDecoder = new();
    private readonly RleDecoder definitionDecoder = new();
    private readonly PooledList<byte> repetition = new();
    private readonly PooledList<byte> definition = new();
    private readonly byte[] ahead = node.RepetitionLevel > 0 ? new byte[AheadEntries] : [];
    private int aheadAt;
    private int aheadCount;
    private int pageLeft;

    /// <summary>Level entries of the chunk not yet in a page; unknown (-1) in lists once pages have been left out.</summary>
    private long entriesLeft = valueCount;
    private readonly long entriesInChunk = valueCount;
    private int rows;
    private bool hasStarted;
    private bool usesDictionary;
    private ColumnVector? vector;

    public ParquetNode Node { get; } = node;

    /// <summary>Where the current page begins, for messages.</summary>
    public long PageOffset => source.PageOffset;

    /// <summary>The row, from the beginning of the row group, that is read next.</summary>
    public long NextRow { get; private set; }

    /// <summary>Repetition levels of the batch; empty outside of lists.</summary>
    public ReadOnlySpan<byte> Repetition => repetition.Span;

    /// <summary>Definition levels of the batch; empty when nothing on the path is optional.</summary>
    public ReadOnlySpan<byte> Definition => definition.Span;

    /// <summary>Level entries of the batch.</summary>
    public int Entries { get; private set; }

    protected RleDecoder Indices { get; } = new();

    private bool IsFlat => Node.RepetitionLevel == 0;

    /// <summary>Reads the next rows, fewer only when the chunk ends.</summary>
    /// <returns>Rows read.</returns>
    public async ValueTask<int> ReadRowsAsync(int wanted, CancellationToken cancellationToken)
    {
        vector = null;
        repetition.Clear();
        definition.Clear();
        BeginValues(IsFlat ? wanted : 0);
        Entries = 0;
        rows = 0;
        while (true)
        {
            if (pageLeft > 0)
            {
                if (TakeFromPage(wanted)) break;
                continue;
            }

            // Without an offset index a row may go on in the next page.
            if (rows == wanted && (IsFlat || source.Pages.Count > 0)) break;
            if (!await TryNextPageAsync(0, cancellationToken).ConfigureAwait(false)) break;
        }

        NextRow += rows;
        return rows;
    }

    /// <summary>Leaves out rows, and the pages that hold nothing else, until <paramref name="row"/> is the next one.</summary>
    public async ValueTask SkipToAsync(long row, CancellationToken cancellationToken)
    {
        if (row <= NextRow) return;
        if (source.Pages.Count > 0) await JumpAsync(row, cancellationToken).ConfigureAwait(false);
        while (NextRow < row)
        {
            long left = row - NextRow;
            if (pageLeft == 0 && IsFlat)
            {
                if (!await TryNextPageAsync(left, cancellationToken).ConfigureAwait(false)) throw TooFewRows();
                continue;
            }

            int count = (int)Math.Min(left, IsFlat ? Math.Min(SkippedRows, pageLeft) : SkippedRows);
            if (await ReadRowsAsync(count, cancellationToken).ConfigureAwait(false) != count) throw TooFewRows();
        }
    }

    /// <summary>The leaf's vector of the batch just read, made once.</summary>
    public ColumnVector Vector => vector ??= BuildVector();

    public virtual void Dispose()
    {
        source.Dispose();
        repetition.Free();
        definition.Free();
    }

    protected abstract ColumnVector BuildVector();

    protected abstract void ReadDictionary(ReadOnlySpan<byte> plain, int count);

    /// <summary>Gives the values of a page; false when they cannot be in that encoding.</summary>
    protected abstract bool TryStartValues(Encoding encoding, byte[] page, int from, int to, int entries);

    protected abstract void ReadValues(int count);

    protected abstract void ReadIndexed(int count);

    /// <summary>Forgets the values of the batch before.</summary>
    /// <param name="likely">Values the batch will have at most; 0 in lists, where nobody knows.</param>
    protected abstract void BeginValues(int likely);

    /// <summary>Memory for a vector, holding anything.</summary>
    protected byte[] Take(int bytes)
    {
        if (memory is null) return GC.AllocateUninitializedArray<byte>(bytes);
        byte[] array = memory.Rent(bytes);
        memory.Lend(array);
        return array;
    }

    /// <summary>The largest of some indices, as unsigned numbers.</summary>
    protected static uint MaxOf(ReadOnlySpan<int> indices)
    {
        var values = MemoryMarshal.Cast<int, uint>(indices);
        uint max = 0;
        int i = 0;
        if (values.Length >= Vector<uint>.Count)
        {
            var largest = Vector<uint>.Zero;
            for (; i + Vector<uint>.Count <= values.Length; i += Vector<uint>.Count)
            {
                largest = System.Numerics.Vector.Max(largest, new Vector<uint>(values[i..]));
            }

            for (int j = 0; j < Vector<uint>.Count; j++) max = Math.Max(max, largest[j]);
        }

        for (; i < values.Length; i++) max = Math.Max(max, values[i]);
        return max;
    }

    /// <returns>Whether the batch is complete.</returns>
    private bool TakeFromPage(int wanted)
    {
        int count;
        if (IsFlat)
        {
            count = Math.Min(wanted - rows, pageLeft);
            rows += count;
            TakeEntries(count);
            return rows == wanted;
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
        else ReadValues(present);
    }

    /// <summary>Moves to the page that holds a row, if that is not the current one.</summary>
    private async ValueTask JumpAsync(long row, CancellationToken cancellationToken)
    {
        if (!hasStarted && source.HasPageBeforeIndexed) await TryNextPageAsync(0, cancellationToken).ConfigureAwait(false);
        int page = source.FindPage(row);
        if (page < source.NextPage) return;
        source.MoveTo(page);
        pageLeft = aheadAt = aheadCount = 0;
        NextRow = source.Pages[page].FirstRow;
        entriesLeft = IsFlat ? entriesInChunk - NextRow : -1;
    }

    /// <param name="skippable">Rows that are not wanted: a page of a column outside of lists is left out when it holds no other.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    private async ValueTask<bool> TryNextPageAsync(long skippable, CancellationToken cancellationToken)
    {
        if (entriesLeft == 0) return false;
        if (!await source.TryNextHeaderAsync(cancellationToken).ConfigureAwait(false))
        {
            return entriesLeft < 0 ? false : throw new ParquetDataException("a column chunk ends before its last value");
        }

        var header = source.Header;
        bool isData = header.Type is PageType.DataPage or PageType.DataPageV2;
        if (isData && entriesLeft >= 0)
        {
            if (header.ValueCount > entriesLeft) throw new ParquetDataException("a column chunk has more values than its metadata says");
            if (IsFlat && source.CurrentPageRows is { } expected && expected != header.ValueCount) throw new ParquetDataException("a page holds another number of rows than its offset index says");
            entriesLeft -= header.ValueCount;
        }

        if (!isData && header.Type != PageType.DictionaryPage)
        {
            source.SkipBody();
            return true;
        }

        if (isData && header.ValueCount <= skippable)
        {
            hasStarted = true;
            source.SkipBody();
            NextRow += header.ValueCount;
            return true;
        }

        await source.LoadBodyAsync(cancellationToken).ConfigureAwait(false);
        if (isData)
        {
            hasStarted = true;
            StartPage(header);
            return true;
        }

        if (hasStarted) throw new ParquetDataException("a dictionary page should be the first of its column chunk");
        hasStarted = true;
        if (header.Encoding is not (Encoding.Plain or Encoding.PlainDictionary)) throw new ParquetDataException($"a dictionary is encoded as {header.Encoding}", true);
        ReadDictionary(source.Page.AsSpan(source.PageStart, source.PageLength), header.ValueCount);
        return true;
    }

    private void StartPage(in PageHeader header)
    {
        pageLeft = header.ValueCount;
        aheadAt = aheadCount = 0;
        byte[] page = source.Page;
        int at = source.PageStart, end = at + source.PageLength;
        if (header.Type == PageType.DataPageV2)
        {
            int definitionAt = at + header.RepetitionBytes;
            repetitionDecoder.Reset(page, at, definitionAt, RleEncoder.BitWidth(Node.RepetitionLevel));
            at = definitionAt + header.DefinitionBytes;
            definitionDecoder.Reset(page, definitionAt, at, RleEncoder.BitWidth(Node.DefinitionLevel));
        }
        else
        {
            at = StartLevels(repetitionDecoder, header.RepetitionEncoding, Node.RepetitionLevel, page, at, end);
            at = StartLevels(definitionDecoder, header.DefinitionEncoding, Node.DefinitionLevel, page, at, end);
        }

        usesDictionary = header.Encoding is Encoding.RleDictionary or Encoding.PlainDictionary;
        if (usesDictionary)
        {
            // A page without values may lack even the bit width.
            Indices.Reset(page, Math.Min(at + 1, end), end, at < end ? page[at] : 0);
        }
        else if (!TryStartValues(header.Encoding, page, at, end, pageLeft))
        {
            throw new ParquetDataException($"values are encoded with number {(int)header.Encoding} of parquet.thrift's list", isUnsupported: true);
        }
    }

    private int StartLevels(RleDecoder decoder, Encoding encoding, int max, byte[] page, int at, int end)
    {
        if (max == 0) return at;
        int width = RleEncoder.BitWidth(max);
        if (encoding == Encoding.BitPacked)
        {
            int bytes = (int)((((long)pageLeft * width) + 7) / 8);
            if (bytes > end - at) throw new ParquetDataException("a page ends before its levels");
            decoder.ResetBitPacked(page, at, at + bytes, width, pageLeft);
            return at + bytes;
        }

        if (encoding != Encoding.Rle) throw new ParquetDataException($"levels are encoded with number {(int)encoding} of parquet.thrift's list", isUnsupported: true);
        if (end - at < sizeof(int)) throw new ParquetDataException("a page ends before its levels");
        int length = BinaryPrimitives.ReadInt32LittleEndian(page.AsSpan(at));
        at += sizeof(int);
        if (length < 0 || length > end - at) throw new ParquetDataException("a page ends before its levels");
        decoder.Reset(page, at, at + length, width);
        return at + length;
    }

    private static ParquetDataException TooFewRows() => new("it holds fewer rows than expected");
}
