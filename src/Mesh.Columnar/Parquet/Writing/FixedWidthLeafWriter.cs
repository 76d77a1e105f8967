using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Mesh.Model;

namespace Mesh.Columnar.Parquet;

/// <summary>Writes integers, floats, instants, days and decimals.</summary>
/// <typeparam name="T">As stored: of decimals, the integer that holds their precision.</typeparam>
internal sealed class FixedWidthLeafWriter<T> : LeafWriter
    where T : unmanaged, INumber<T>
{
    private static readonly Encoding[] KnownToAll = typeof(T) == typeof(int) || typeof(T) == typeof(long) ? [Encoding.Plain, Encoding.DeltaBinaryPacked]
        : typeof(T) == typeof(float) || typeof(T) == typeof(double) ? [Encoding.Plain, Encoding.ByteStreamSplit]
        : [Encoding.Plain];

    private readonly ValueDictionary<T> dictionary = new();
    private readonly PooledList<T> values = new();
    private readonly int maxDictionaryCount;
    private readonly int width;
    private readonly bool isNarrowedDecimal;
    private int filteredEntries;
    private Extremes<T> chunk;
    private Extremes<T> file;

    public FixedWidthLeafWriter(ParquetNode node, ParquetWriterOptions options)
        : base(node, options)
    {
        width = node.PhysicalType == PhysicalType.FixedLenByteArray ? node.TypeLength : Unsafe.SizeOf<T>();
        maxDictionaryCount = options.MaxDictionaryBytes / Unsafe.SizeOf<T>();
        isNarrowedDecimal = node.Field.Type.Kind == TypeKind.Decimal128 && typeof(T) != typeof(Int128);
        Forced();
    }

    protected override int Count => values.Length;

    protected override long ValueBytes => (long)values.Length * width;

    protected override long ValueCapacityBytes => values.CapacityBytes + dictionary.CapacityBytes;

    protected override int DictionaryCount => dictionary.Count;

    protected override bool CanUseDictionary => maxDictionaryCount > 0;

    protected override ReadOnlySpan<Encoding> Candidates => KnownToAll;

    protected override bool Supports(Encoding encoding) => encoding is Encoding.Plain or Encoding.ByteStreamSplit
        || (encoding == Encoding.DeltaBinaryPacked && (typeof(T) == typeof(int) || typeof(T) == typeof(long)));

    protected override void AppendValues(ColumnVector vector, LevelRun levels)
    {
        var target = values.Extend(levels.AliveCount);
        if (isNarrowedDecimal)
        {
            Narrow(vector.Values<Int128>(), levels, target);
            return;
        }

        var source = vector.Values<T>();
        if (levels.IsDense)
        {
            source.Slice(levels.Start, target.Length).CopyTo(target);
            return;
        }

        var indexes = levels.Indexes;
        for (int i = 0; i < target.Length; i++) target[i] = source[indexes[i]];
    }

    protected override void Encode(Encoding encoding, int from, int count, PageScratch scratch, PooledList<byte> target)
    {
        var part = values.Span.Slice(from, count);
        switch (encoding)
        {
            case Encoding.DeltaBinaryPacked when typeof(T) == typeof(int):
                DeltaBinaryPackedEncoder.Encode<int>(MemoryMarshal.Cast<T, int>(part), target);
                break;
            case Encoding.DeltaBinaryPacked:
                DeltaBinaryPackedEncoder.Encode<long>(MemoryMarshal.Cast<T, long>(part), target);
                break;
            case Encoding.ByteStreamSplit when typeof(T) != typeof(Int128):
                ByteStreamSplitEncoder.Encode(MemoryMarshal.AsBytes(part), width, target);
                break;
            case Encoding.ByteStreamSplit:
                scratch.Suffixes.Clear();
                CopyPlain(part, scratch.Suffixes);
                ByteStreamSplitEncoder.Encode(scratch.Suffixes.Span, width, target);
                break;
            default:
                CopyPlain(part, target);
                break;
        }
    }

    protected override bool TryIndex(int from, Span<int> indices)
    {
        var part = values.Span.Slice(from, indices.Length);
        for (int i = 0; i < part.Length; i++)
        {
            int index = dictionary.FindOrAdd(part[i], maxDictionaryCount);
            if (index < 0) return false;
            indices[i] = index;
        }

        return true;
    }

    protected override void WriteDictionary(PooledList<byte> target) => CopyPlain(dictionary.Values, target);

    protected override void ForgetDictionary()
    {
        dictionary.Free();
        filteredEntries = 0;
    }

    protected override (byte[]? Min, byte[]? Max) EndPage(ReadOnlySpan<int> indices)
    {
        var page = default(Extremes<T>);
        page.Add(values.Span);
        chunk.Add(page);
        if (Bloom is not null)
        {
            AddToFilter(indices.IsEmpty ? values.Span : dictionary.Values[filteredEntries..]);
            if (!indices.IsEmpty) filteredEntries = dictionary.Count;
        }

        values.Clear();
        if (!page.HasValue) return (null, null);
        var (min, max) = page.Bounds();
        return (PlainBytes(min), PlainBytes(max));
    }

    protected override void FreeValues()
    {
        values.Free();
        chunk = default;
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
        // Iceberg has no half precision: such a column is no column of a table, and nothing there could read its bounds.
        if (!file.HasValue || typeof(T) == typeof(Half)) return (null, null);
        var (min, max) = file.Bounds();
        return Node.Field.Type.Kind == TypeKind.Decimal128
            ? (SingleValue.OfDecimal(Int128.CreateTruncating(min)), SingleValue.OfDecimal(Int128.CreateTruncating(max)))
            : (PlainBytes(min), PlainBytes(max));
    }

    protected override int CompareBounds(byte[] left, byte[] right) => FromPlain(left).CompareTo(FromPlain(right));

    private void Narrow(ReadOnlySpan<Int128> source, LevelRun levels, Span<T> target)
    {
        for (int i = 0; i < target.Length; i++)
        {
            var value = source[levels.IsDense ? levels.Start + i : levels.Indexes[i]];
            target[i] = T.CreateTruncating(value);
            if (Int128.CreateTruncating(target[i]) == value) continue;
            throw new MeshException("MESH10921", $"A value of column '{Node.Name}' has more digits than the {((DecimalType)Node.Field.Type).Precision} of its type. Give the column a larger precision.");
        }
    }

    private void AddToFilter(ReadOnlySpan<T> part)
    {
        Span<byte> plain = stackalloc byte[16];
        foreach (T value in part)
        {
            WritePlain(value, plain);
            Bloom!.Add(plain[..width]);
        }
    }

    private void CopyPlain(ReadOnlySpan<T> part, PooledList<byte> target)
    {
        if (typeof(T) != typeof(Int128))
        {
            target.Append(MemoryMarshal.AsBytes(part));
            return;
        }

        var bytes = target.Extend(part.Length * width);
        for (; !part.IsEmpty; part = part[1..], bytes = bytes[width..]) WritePlain(part[0], bytes);
    }

    /// <summary>Little-endian; decimals of fixed length are big-endian (LogicalTypes.md, "DECIMAL").</summary>
    private void WritePlain(T value, Span<byte> target)
    {
        if (typeof(T) != typeof(Int128))
        {
            MemoryMarshal.Write(target, value);
            return;
        }

        Span<byte> wide = stackalloc byte[16];
        BinaryPrimitives.WriteInt128BigEndian(wide, Unsafe.BitCast<T, Int128>(value));
        wide[(16 - width)..].CopyTo(target);
    }

    private byte[] PlainBytes(T value)
    {
        var bytes = new byte[width];
        WritePlain(value, bytes);
        return bytes;
    }

    private T FromPlain(byte[] plain)
    {
        if (typeof(T) != typeof(Int128)) return MemoryMarshal.Read<T>(plain);
        Span<byte> wide = stackalloc byte[16];
        wide.Fill((plain[0] & 0x80) != 0 ? (byte)0xFF : (byte)0);
        plain.CopyTo(wide[(16 - width)..]);
        return Unsafe.BitCast<Int128, T>(BinaryPrimitives.ReadInt128BigEndian(wide));
    }
}
