using System.Buffers.Binary;

namespace Mesh.Columnar.Parquet;

/// <summary>Writes texts and byte strings.</summary>
internal sealed class BinaryLeafWriter : LeafWriter
{
    /// <summary>Longer values are blobs: hashing them costs more than a dictionary can save.</summary>
    private const int MaxDictionaryValueBytes = 1024;

    private readonly BinaryDictionary dictionary = new();
    private readonly BinaryExtremes chunk;
    private readonly BinaryExtremes file;
    private bool isSampled;

    public BinaryLeafWriter(ParquetNode node, ParquetWriterOptions options, PageCompressor compressor)
        : base(node, options, compressor)
    {
        bool isText = node.Field.Type.Kind == TypeKind.Utf8;
        chunk = new BinaryExtremes(isText);
        file = new BinaryExtremes(isText);
        UsesDictionary = options.MaxDictionaryBytes > 0;
    }

    protected override int DictionaryCount => dictionary.Count;

    protected override long DictionaryCapacityBytes => dictionary.CapacityBytes;

    protected override void AppendValues(ColumnVector vector, LevelRun levels)
    {
        var offsets = vector.Offsets;
        var bytes = vector.ValueBytes.Span;
        var indexes = levels.Indexes;
        for (int i = 0; i < levels.AliveCount; i++)
        {
            int index = levels.IsDense ? levels.Start + i : indexes[i];
            int from = offsets[index];
            var value = bytes[from..offsets[index + 1]];
            if (UsesDictionary && TryAppendIndex(value)) continue;
            chunk.Add(value);
            AppendPlain(value);
        }
    }

    protected override void WriteDictionary(PooledList<byte> target) => target.Append(dictionary.Plain);

    protected override void LeaveDictionary()
    {
        UsesDictionary = false;
        foreach (int index in Indices.Span) Values.Append(dictionary.PlainOf(index));
        Indices.Clear();
    }

    protected override void StartPage() => isSampled = true;

    protected override void FreeValues()
    {
        dictionary.Free();
        chunk.Clear();
        isSampled = false;
        UsesDictionary = Options.MaxDictionaryBytes > 0;
    }

    protected override ChunkStatistics CloseStatistics(long nullCount, ref LeafTotals totals)
    {
        file.Add(chunk);
        return chunk.CreateStatistics(nullCount);
    }

    protected override (byte[]? Lower, byte[]? Upper) FileBounds() => file.CreateIcebergBounds();

    /// <summary>A value already in the dictionary has been counted into the extremes.</summary>
    private bool TryAppendIndex(ReadOnlySpan<byte> value)
    {
        if (!isSampled && Indices.Length >= SampleValues)
        {
            isSampled = true;
            if (IsDictionaryUseless)
            {
                LeaveDictionary();
                return false;
            }
        }

        bool isNew = false;
        int index = value.Length > MaxDictionaryValueBytes ? -1 : dictionary.FindOrAdd(value, Options.MaxDictionaryBytes, out isNew);
        if (index < 0)
        {
            LeaveDictionary();
            return false;
        }

        if (isNew) chunk.Add(value);
        Indices.Add(index);
        return true;
    }

    private void AppendPlain(ReadOnlySpan<byte> value)
    {
        if (value.Length > ParquetFormat.MaxPageBytes) throw TooLarge(value.Length);
        var target = Values.Extend(sizeof(int) + value.Length);
        BinaryPrimitives.WriteInt32LittleEndian(target, value.Length);
        value.CopyTo(target[sizeof(int)..]);
    }
}
