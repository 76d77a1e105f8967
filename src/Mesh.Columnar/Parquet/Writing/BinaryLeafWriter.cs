using System.Buffers.Binary;

namespace Mesh.Columnar.Parquet;

/// <summary>Writes texts, byte strings, and byte strings of one length.</summary>
internal sealed class BinaryLeafWriter : LeafWriter
{
    private static readonly Encoding[] OfVariableLength = [Encoding.Plain, Encoding.DeltaLengthByteArray, Encoding.DeltaByteArray];
    private static readonly Encoding[] OfFixedLength = [Encoding.Plain];

    private readonly BinaryDictionary dictionary = new();
    private readonly PooledList<byte> bytes = new();
    private readonly PooledList<int> ends = new();
    private readonly PooledList<int> seenOnPage = new();
    private readonly BinaryExtremes page;
    private readonly BinaryExtremes chunk;
    private readonly BinaryExtremes file;

    /// <summary>Bytes of every value; 0 where they vary.</summary>
    private readonly int fixedBytes;
    private int pageOrdinal;
    private int filteredEntries;

    public BinaryLeafWriter(ParquetNode node, ParquetWriterOptions options)
        : base(node, options)
    {
        bool isText = node.Field.Type.Kind == TypeKind.Utf8;
        page = new BinaryExtremes(isText);
        chunk = new BinaryExtremes(isText);
        file = new BinaryExtremes(isText);
        fixedBytes = node.TypeLength;
        Forced();
    }

    protected override int Count => ends.Length;

    protected override long ValueBytes => bytes.Length + (fixedBytes > 0 ? 0 : (long)ends.Length * sizeof(int));

    protected override long ValueCapacityBytes => bytes.CapacityBytes + ends.CapacityBytes + seenOnPage.CapacityBytes + dictionary.CapacityBytes;

    protected override int DictionaryCount => dictionary.Count;

    protected override bool CanUseDictionary => Options.MaxDictionaryBytes > 0;

    protected override ReadOnlySpan<Encoding> Candidates => fixedBytes > 0 ? OfFixedLength : OfVariableLength;

    protected override bool Supports(Encoding encoding) => encoding is Encoding.Plain or Encoding.DeltaByteArray
        || encoding == (fixedBytes > 0 ? Encoding.ByteStreamSplit : Encoding.DeltaLengthByteArray);

    protected override void AppendValues(ColumnVector vector, LevelRun levels)
    {
        var source = vector.ValueBytes.Span;
        var offsets = fixedBytes > 0 ? [] : vector.Offsets;
        var indexes = levels.Indexes;
        var added = ends.Extend(levels.AliveCount);

        // Values that lie side by side are copied together.
        for (int i = 0; i < added.Length;)
        {
            int first = levels.IsDense ? levels.Start : indexes[i];
            int run = levels.IsDense ? added.Length : RunLength(indexes[i..]);
            int from = fixedBytes > 0 ? first * fixedBytes : offsets[first];
            int to = fixedBytes > 0 ? from + (run * fixedBytes) : offsets[first + run];
            if ((long)bytes.Length + to - from > ParquetFormat.MaxPageBytes) throw TooLarge((long)bytes.Length + to - from);
            int shift = bytes.Length - from;
            bytes.Append(source[from..to]);
            if (fixedBytes > 0)
            {
                for (int j = 0; j < run; j++) added[i + j] = from + shift + ((j + 1) * fixedBytes);
            }
            else
            {
                var sourceEnds = offsets.Slice(first + 1, run);
                for (int j = 0; j < sourceEnds.Length; j++) added[i + j] = sourceEnds[j] + shift;
            }

            i += run;
        }
    }

    protected override void Encode(Encoding encoding, int from, int count, PageScratch scratch, PooledList<byte> target)
    {
        var part = ends.Span.Slice(from, count);
        int start = from == 0 ? 0 : ends.Span[from - 1];
        switch (encoding)
        {
            case Encoding.DeltaLengthByteArray:
                DeltaByteArrayEncoder.EncodeLengths(bytes.Span, part, start, scratch, target);
                break;
            case Encoding.DeltaByteArray:
                DeltaByteArrayEncoder.EncodePrefixes(bytes.Span, part, start, scratch, target);
                break;
            case Encoding.ByteStreamSplit:
                ByteStreamSplitEncoder.Encode(bytes.Span[start..part[^1]], fixedBytes, target);
                break;
            default:
                EncodePlain(part, start, target);
                break;
        }
    }

    protected override bool TryIndex(int from, Span<int> indices)
    {
        var values = bytes.Span;
        var parts = ends.Span[from..];
        int start = from == 0 ? 0 : ends.Span[from - 1];
        for (int i = 0; i < indices.Length; i++)
        {
            int index = dictionary.FindOrAdd(values[start..parts[i]], Options.MaxDictionaryBytes);
            if (index < 0) return false;
            indices[i] = index;
            start = parts[i];
        }

        return true;
    }

    protected override void WriteDictionary(PooledList<byte> target) => dictionary.WritePlain(target, hasLengths: fixedBytes == 0);

    protected override void ForgetDictionary()
    {
        dictionary.Free();
        seenOnPage.Free();
        filteredEntries = 0;
    }

    protected override (byte[]? Min, byte[]? Max) EndPage(ReadOnlySpan<int> indices)
    {
        page.Clear();
        pageOrdinal++;
        if (indices.IsEmpty) AddValues();
        else AddIndexed(indices);
        chunk.Add(page);
        bytes.Clear();
        ends.Clear();
        var bounds = page.CreateStatistics(0);
        return (bounds.Min, bounds.Max);
    }

    protected override ReadOnlySpan<byte> LargeValue(ColumnVector vector, LevelRun levels) =>
        fixedBytes > 0 ? [] : vector.GetBytes(levels.IsDense ? levels.Start : levels.Indexes[0]);

    protected override (byte[]? Min, byte[]? Max) EndLargePage(ReadOnlySpan<byte> value)
    {
        page.Clear();
        pageOrdinal++;
        page.Add(value);
        Bloom?.Add(value);
        chunk.Add(page);
        var bounds = page.CreateStatistics(0);
        return (bounds.Min, bounds.Max);
    }

    protected override void FreeValues()
    {
        bytes.Free();
        ends.Free();
        chunk.Clear();
    }

    protected override ChunkStatistics CloseStatistics(long nullCount, ref LeafTotals totals)
    {
        file.Add(chunk);
        return chunk.CreateStatistics(nullCount);
    }

    /// <summary>Iceberg shortens texts and binaries; values of one length keep it.</summary>
    protected override (byte[]? Lower, byte[]? Upper) FileBounds()
    {
        if (fixedBytes == 0) return file.CreateIcebergBounds();
        var whole = file.CreateStatistics(0);
        return whole.IsMinExact && whole.IsMaxExact ? (whole.Min, whole.Max) : (null, null);
    }

    protected override int CompareBounds(byte[] left, byte[] right) => left.AsSpan().SequenceCompareTo(right);

    private static int RunLength(ReadOnlySpan<int> indexes)
    {
        int run = 1;
        while (run < indexes.Length && indexes[run] == indexes[run - 1] + 1) run++;
        return run;
    }

    private void EncodePlain(ReadOnlySpan<int> part, int start, PooledList<byte> target)
    {
        var values = bytes.Span;
        if (fixedBytes > 0)
        {
            target.Append(values[start..part[^1]]);
            return;
        }

        var plain = target.Extend(part[^1] - start + (part.Length * sizeof(int)));
        int at = 0;
        foreach (int end in part)
        {
            BinaryPrimitives.WriteInt32LittleEndian(plain[at..], end - start);
            values[start..end].CopyTo(plain[(at + sizeof(int))..]);
            at += sizeof(int) + end - start;
            start = end;
        }
    }

    private void AddValues()
    {
        var values = bytes.Span;
        int start = 0;
        foreach (int end in ends.Span)
        {
            page.Add(values[start..end]);
            Bloom?.Add(values[start..end]);
            start = end;
        }
    }

    /// <summary>Looks at every dictionary entry of the page once.</summary>
    private void AddIndexed(ReadOnlySpan<int> indices)
    {
        seenOnPage.Extend(dictionary.Count - seenOnPage.Length).Clear();
        var seen = seenOnPage.Span;
        foreach (int index in indices)
        {
            if (seen[index] == pageOrdinal) continue;
            seen[index] = pageOrdinal;
            page.Add(dictionary[index]);
        }

        if (Bloom is null) return;
        for (; filteredEntries < dictionary.Count; filteredEntries++) Bloom.Add(dictionary[filteredEntries]);
    }
}
