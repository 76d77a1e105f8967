using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mesh.Columnar.Parquet;

/// <summary>Writes integers, floats, instants, days and decimals.</summary>
internal sealed class FixedWidthLeafWriter<T> : LeafWriter
    where T : unmanaged, INumber<T>
{
    private readonly ValueDictionary<T> dictionary = new();
    private readonly PooledList<T> gathered = new();
    private readonly int maxDictionaryCount;
    private Extremes<T> chunk;
    private Extremes<T> file;
    private bool isSampled;

    public FixedWidthLeafWriter(ParquetNode node, ParquetWriterOptions options, PageCompressor compressor)
        : base(node, options, compressor)
    {
        maxDictionaryCount = options.MaxDictionaryBytes / Unsafe.SizeOf<T>();
        UsesDictionary = maxDictionaryCount > 0;
    }

    protected override int DictionaryCount => dictionary.Count;

    protected override long DictionaryCapacityBytes => dictionary.CapacityBytes + gathered.CapacityBytes;

    protected override void AppendValues(ColumnVector vector, LevelRun levels)
    {
        var values = vector.Values<T>();
        if (levels.IsDense)
        {
            values = values.Slice(levels.Start, levels.AliveCount);
        }
        else
        {
            gathered.Clear();
            var target = gathered.Extend(levels.AliveCount);
            var indexes = levels.Indexes;
            for (int i = 0; i < target.Length; i++) target[i] = values[indexes[i]];
            values = target;
        }

        chunk.Add(values);
        if (UsesDictionary && !isSampled)
        {
            int count = Math.Min(values.Length, SampleValues - Indices.Length);
            AppendIndices(values[..count]);
            values = values[count..];
            if (Indices.Length >= SampleValues)
            {
                isSampled = true;
                if (IsDictionaryUseless) LeaveDictionary();
            }
        }

        if (UsesDictionary) AppendIndices(values);
        else AppendPlain(values);
    }

    protected override void WriteDictionary(PooledList<byte> target) => CopyPlain(dictionary.Values, target);

    protected override void LeaveDictionary()
    {
        UsesDictionary = false;
        var known = dictionary.Values;
        foreach (int index in Indices.Span) CopyPlain(known.Slice(index, 1), Values);
        Indices.Clear();
    }

    protected override void StartPage() => isSampled = true;

    protected override void FreeValues()
    {
        dictionary.Free();
        gathered.Free();
        chunk = default;
        isSampled = false;
        UsesDictionary = maxDictionaryCount > 0;
    }

    protected override ChunkStatistics CloseStatistics(long nullCount, ref LeafTotals totals)
    {
        totals.NaNs += chunk.NaNs;
        file.Add(chunk);
        if (!chunk.HasValue) return new ChunkStatistics(nullCount, null, null);
        var (min, max) = chunk.Bounds();
        return new ChunkStatistics(nullCount, PlainBytes(min), PlainBytes(max));
    }

    protected override (byte[]? Lower, byte[]? Upper) FileBounds()
    {
        if (!file.HasValue) return (null, null);
        var (min, max) = file.Bounds();
        return (IcebergBytes(min), IcebergBytes(max));
    }

    private void AppendIndices(ReadOnlySpan<T> values)
    {
        int start = Indices.Length;
        var indices = Indices.Extend(values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            int index = dictionary.FindOrAdd(values[i], maxDictionaryCount);
            if (index < 0)
            {
                Indices.Truncate(start + i);
                LeaveDictionary();
                AppendPlain(values[i..]);
                return;
            }

            indices[i] = index;
        }
    }

    private void AppendPlain(ReadOnlySpan<T> values) => CopyPlain(values, Values);

    private static void CopyPlain(ReadOnlySpan<T> values, PooledList<byte> target)
    {
        if (typeof(T) != typeof(Int128))
        {
            target.Append(MemoryMarshal.AsBytes(values));
            return;
        }

        // Decimals of fixed length are big-endian (LogicalTypes.md, "DECIMAL").
        var bytes = MemoryMarshal.Cast<byte, Int128>(target.Extend(values.Length * Unsafe.SizeOf<T>()));
        BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<T, Int128>(values), bytes);
    }

    private static byte[] PlainBytes(T value)
    {
        var bytes = new byte[Unsafe.SizeOf<T>()];
        if (value is Int128 exact) BinaryPrimitives.WriteInt128BigEndian(bytes, exact);
        else MemoryMarshal.Write(bytes, value);
        return bytes;
    }

    private static byte[] IcebergBytes(T value) => value is Int128 exact ? SingleValue.OfDecimal(exact) : PlainBytes(value);
}
