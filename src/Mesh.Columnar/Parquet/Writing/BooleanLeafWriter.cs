namespace Mesh.Columnar.Parquet;

/// <summary>Writes truth values: bits, least significant first, never a dictionary.</summary>
internal sealed class BooleanLeafWriter(ParquetNode node, ParquetWriterOptions options, PageCompressor compressor)
    : LeafWriter(node, options, compressor)
{
    private int pageBits;
    private bool chunkHasFalse;
    private bool chunkHasTrue;
    private bool fileHasFalse;
    private bool fileHasTrue;

    protected override int DictionaryCount => 0;

    protected override long DictionaryCapacityBytes => 0;

    protected override void AppendValues(ColumnVector vector, LevelRun levels)
    {
        var source = vector.ValueBytes.Span;
        int added = ((pageBits + levels.AliveCount + 7) >> 3) - Values.Length;
        if (added > 0) Values.Extend(added).Clear();
        var target = Values.Span;
        int trueCount = 0;
        for (int i = 0; i < levels.AliveCount; i++, pageBits++)
        {
            int index = levels.IsDense ? levels.Start + i : levels.Indexes[i];
            int bit = (source[index >> 3] >> (index & 7)) & 1;
            trueCount += bit;
            target[pageBits >> 3] |= (byte)(bit << (pageBits & 7));
        }

        chunkHasTrue |= trueCount > 0;
        chunkHasFalse |= trueCount < levels.AliveCount;
    }

    protected override void StartPage() => pageBits = 0;

    protected override void WriteDictionary(PooledList<byte> target)
    {
    }

    protected override void LeaveDictionary()
    {
    }

    protected override void FreeValues()
    {
        pageBits = 0;
        chunkHasFalse = false;
        chunkHasTrue = false;
    }

    protected override ChunkStatistics CloseStatistics(long nullCount, ref LeafTotals totals)
    {
        fileHasFalse |= chunkHasFalse;
        fileHasTrue |= chunkHasTrue;
        var (min, max) = Bounds(chunkHasFalse, chunkHasTrue);
        return new ChunkStatistics(nullCount, min, max);
    }

    protected override (byte[]? Lower, byte[]? Upper) FileBounds() => Bounds(fileHasFalse, fileHasTrue);

    private static (byte[]? Min, byte[]? Max) Bounds(bool hasFalse, bool hasTrue) => hasFalse || hasTrue
        ? ([hasFalse ? (byte)0 : (byte)1], [hasTrue ? (byte)1 : (byte)0])
        : (null, null);
}
