using System.Buffers.Binary;

namespace Mesh.Columnar.Parquet;

/// <summary>Writes truth values: bits, least significant first, or runs; never a dictionary.</summary>
internal sealed class BooleanLeafWriter : LeafWriter
{
    private static readonly Encoding[] KnownToAll = [Encoding.Plain, Encoding.Rle];

    /// <summary>0 or 1 for each value of the open page.</summary>
    private readonly PooledList<byte> values = new();
    private bool chunkHasFalse;
    private bool chunkHasTrue;
    private bool fileHasFalse;
    private bool fileHasTrue;

    public BooleanLeafWriter(ParquetNode node, ParquetWriterOptions options)
        : base(node, options) => Forced();

    protected override int Count => values.Length;

    protected override long ValueBytes => values.Length / 8;

    protected override long ValueCapacityBytes => values.CapacityBytes;

    protected override int DictionaryCount => 0;

    protected override bool CanUseDictionary => false;

    protected override ReadOnlySpan<Encoding> Candidates => KnownToAll;

    protected override bool Supports(Encoding encoding) => encoding is Encoding.Plain or Encoding.Rle;

    protected override void AppendValues(ColumnVector vector, LevelRun levels)
    {
        var source = vector.ValueBytes.Span;
        var target = values.Extend(levels.AliveCount);
        for (int i = 0; i < target.Length; i++)
        {
            int index = levels.IsDense ? levels.Start + i : levels.Indexes[i];
            target[i] = (byte)((source[index >> 3] >> (index & 7)) & 1);
        }
    }

    protected override void Encode(Encoding encoding, int from, int count, PageScratch scratch, PooledList<byte> target)
    {
        var part = values.Span.Slice(from, count);
        if (encoding == Encoding.Plain)
        {
            BitPacker.Pack<byte>(part, 1, target);
            return;
        }

        int at = target.Length;
        target.Extend(sizeof(int));
        RleEncoder.Encode<byte>(part, 1, target);
        BinaryPrimitives.WriteInt32LittleEndian(target.Span[at..], target.Length - at - sizeof(int));
    }

    protected override bool TryIndex(int from, Span<int> indices) => false;

    protected override void WriteDictionary(PooledList<byte> target)
    {
    }

    protected override void ForgetDictionary()
    {
    }

    protected override (byte[]? Min, byte[]? Max) EndPage(ReadOnlySpan<int> indices)
    {
        bool hasTrue = values.Span.Contains((byte)1), hasFalse = values.Span.Contains((byte)0);
        chunkHasTrue |= hasTrue;
        chunkHasFalse |= hasFalse;
        values.Clear();
        return Bounds(hasFalse, hasTrue);
    }

    protected override void FreeValues()
    {
        values.Free();
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

    protected override int CompareBounds(byte[] left, byte[] right) => left[0].CompareTo(right[0]);

    private static (byte[]? Min, byte[]? Max) Bounds(bool hasFalse, bool hasTrue) => hasFalse || hasTrue
        ? ([hasFalse ? (byte)0 : (byte)1], [hasTrue ? (byte)1 : (byte)0])
        : (null, null);
}
