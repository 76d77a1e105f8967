using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using Mesh.Columnar.Compression;

namespace Mesh.Columnar.ArrowIpc.Format;

/// <summary>
/// Makes columns out of the nodes and buffers of one record batch (Arrow columnar format, "RecordBatch message"). Counts and lengths are claims:
/// each is checked against its bytes. What comes out is canonical: null places hold zeros or nothing, null counts are true.
/// </summary>
internal sealed partial class ArrowBatchReader
{
    // Upper bounds on what a byte can expand to: an LZ4 match length byte adds 255; a Zstandard RLE block of 4 bytes holds 128 KiB.
    private const long MaxLz4Expansion = 255;
    private const long MaxZstdExpansion = (128 << 10) / 4;

    private readonly ReadOnlyMemory<byte> nodes;
    private readonly ReadOnlyMemory<byte> places;
    private readonly ReadOnlyMemory<byte> viewCounts;
    private readonly ReadOnlyMemory<byte> body;
    private readonly ArrowDictionaries dictionaries;
    private readonly ByteBudget budget;
    private readonly int codec;
    private int node;
    private int buffer;
    private int view;

    /// <exception cref="InvalidDataException">The batch is broken.</exception>
    public ArrowBatchReader(FlatTable batch, ReadOnlyMemory<byte> body, ArrowDictionaries dictionaries, ByteBudget budget)
    {
        this.budget = budget;
        this.body = body;
        this.dictionaries = dictionaries;
        Length = Count(batch.GetInt64(0));
        nodes = batch.GetStructs(1, 16);
        places = batch.GetStructs(2, 16);
        codec = batch.GetTable(3) is { } compression ? compression.GetByte(0) : -1;
        viewCounts = batch.GetStructs(4, sizeof(long));
    }

    /// <summary>Rows.</summary>
    public int Length { get; }

    /// <summary>The next column.</summary>
    /// <exception cref="InvalidDataException">It is broken.</exception>
    public ColumnVector Read(ArrowField field)
    {
        if (field.DictionaryId is not { } id) return ReadPlain(field);
        var indexes = ReadPlain(field.Index!);
        return Expand(indexes, dictionaries.Find(id));
    }

    private ColumnVector ReadPlain(ArrowField field)
    {
        var (length, nulls) = NextNode();
        switch (field.Layout)
        {
            case ArrowLayout.Null:
                int bytes = (length + 7) / 8;
                return new ColumnVector { Type = field.Field.Type, Length = length, NullCount = length, Validity = budget.Allocate(bytes), ValueBytes = budget.Allocate(bytes) };
            case ArrowLayout.RunEndEncoded:
                return ReadRuns(field, length);
        }

        var validity = NextBuffer();
        if (nulls > 0)
        {
            validity = Require(validity, (length + 7L) / 8);
            nulls = CountNulls(validity.Span, length);
        }

        if (nulls == 0) validity = default;
        var (offsets, values, children) = ReadValues(field, length, validity);
        var column = new ColumnVector
        {
            Type = field.Field.Type, Length = length, NullCount = nulls, Validity = validity, OffsetBytes = offsets, ValueBytes = values, Children = children,
        };
        return Canonical(column);
    }

    private (ReadOnlyMemory<byte> Offsets, ReadOnlyMemory<byte> Values, IReadOnlyList<ColumnVector> Children) ReadValues(ArrowField field, int length, ReadOnlyMemory<byte> validity)
    {
        switch (field.Layout)
        {
            case ArrowLayout.Boolean:
                return (default, Require(NextBuffer(), (length + 7L) / 8), []);
            case ArrowLayout.Fixed:
                return (default, Require(NextBuffer(), (long)length * field.Width), []);
            case ArrowLayout.Integer:
                return (default, ReadIntegers(field, Require(NextBuffer(), (long)length * (field.Width / 8)), length, validity.Span), []);
            case ArrowLayout.EqualBinary:
                var equal = Require(NextBuffer(), (long)length * field.Width);
                return (EqualOffsets(length, field.Width), equal, []);
            case ArrowLayout.Variable or ArrowLayout.LargeVariable:
                var ends = Offsets(NextBuffer(), length, field.Layout == ArrowLayout.LargeVariable);
                return (ends, Require(NextBuffer(), Last(ends)), []);
            case ArrowLayout.View:
                var (viewEnds, viewed) = ReadViews(length, validity.Span);
                return (viewEnds, viewed, []);
            case ArrowLayout.List or ArrowLayout.LargeList:
                var bounds = Offsets(NextBuffer(), length, field.Layout == ArrowLayout.LargeList);
                return (bounds, default, [Elements(Read(field.Children[0]), Last(bounds))]);
            case ArrowLayout.FixedList:
                var slots = EqualOffsets(length, field.Width);
                return (slots, default, [Elements(Read(field.Children[0]), Last(slots))]);
            case ArrowLayout.ListView or ArrowLayout.LargeListView:
                var (starts, items) = ReadListViews(field, length, validity.Span);
                return (starts, default, [items]);
            default:
                ColumnVector[] members = [.. field.Children.Select(Read)];
                if (Array.Exists(members, member => member.Length != length)) throw new InvalidDataException("members of a struct have different lengths");
                return (default, default, members);
        }
    }

    /// <summary>Others leave anything in null places, and offsets that begin anywhere.</summary>
    private ColumnVector Canonical(ColumnVector column)
    {
        bool isSound = column.Type.Kind switch
        {
            TypeKind.Boolean or TypeKind.Struct => true,
            TypeKind.Utf8 or TypeKind.Binary or TypeKind.List or TypeKind.Map => column.Offsets[0] == 0 && AreNullsEmpty(column),
            _ => AreNullsZero(column),
        };
        if (!isSound)
        {
            byte[] rowBytes = budget.Allocate((long)column.Length * sizeof(int));
            var rows = MemoryMarshal.Cast<byte, int>(rowBytes.AsSpan());
            for (int i = 0; i < rows.Length; i++) rows[i] = i;
            column = ArrowGather.Take(column, rows, budget);
        }

        if (column.Type.Kind == TypeKind.Map && (column.Children[0].NullCount > 0 || column.Children[0].Children[0].NullCount > 0)) throw new InvalidDataException("an entry of a map has no key");
        return column;
    }

    private static bool AreNullsEmpty(ColumnVector column)
    {
        if (column.NullCount == 0) return true;
        var offsets = column.Offsets;
        for (int i = 0; i < column.Length; i++)
        {
            if (offsets[i + 1] != offsets[i] && column.IsNull(i)) return false;
        }

        return true;
    }

    private static bool AreNullsZero(ColumnVector column)
    {
        if (column.NullCount == 0) return true;
        int width = column.Type.ByteWidth;
        var values = column.ValueBytes.Span;
        var validity = column.Validity.Span;
        for (int i = 0; i < column.Length; i++)
        {
            if ((validity[i >> 3] & (1 << (i & 7))) == 0 && values.Slice(i * width, width).ContainsAnyExcept((byte)0)) return false;
        }

        return true;
    }

    private (int Length, int Nulls) NextNode()
    {
        if ((node + 1) * 16 > nodes.Length) throw new InvalidDataException("fewer nodes than columns");
        var entry = nodes.Span.Slice(node++ * 16, 16);
        int length = Count(BinaryPrimitives.ReadInt64LittleEndian(entry));
        int nulls = Count(BinaryPrimitives.ReadInt64LittleEndian(entry[8..]));
        return nulls <= length ? (length, nulls) : throw new InvalidDataException("more nulls than values");
    }

    private ReadOnlyMemory<byte> NextBuffer()
    {
        if ((buffer + 1) * 16 > places.Length) throw new InvalidDataException("fewer buffers than columns need");
        var entry = places.Span.Slice(buffer++ * 16, 16);
        long offset = BinaryPrimitives.ReadInt64LittleEndian(entry);
        long length = BinaryPrimitives.ReadInt64LittleEndian(entry[8..]);
        if (offset < 0 || length < 0 || offset > body.Length || length > body.Length - offset) throw new InvalidDataException("a buffer reaches beyond its message");
        var raw = body.Slice((int)offset, (int)length);
        return codec < 0 || raw.IsEmpty ? raw : Decompress(raw);
    }

    private ReadOnlyMemory<byte> Decompress(ReadOnlyMemory<byte> raw)
    {
        if (raw.Length < sizeof(long)) throw new InvalidDataException("a compressed buffer is shorter than its length field");
        long length = BinaryPrimitives.ReadInt64LittleEndian(raw.Span);
        var compressed = raw[sizeof(long)..];
        if (length == -1) return compressed;

        if (length < 0 || length > compressed.Length * (codec == 0 ? MaxLz4Expansion : MaxZstdExpansion)) throw new InvalidDataException("a compressed buffer claims an impossible length");
        byte[] plain = budget.Allocate(length);
        bool sound = codec switch
        {
            0 => Lz4.TryDecompressFrame(compressed.Span, plain, out int written) && written == length,
            1 => Zstd.TryDecompress(compressed.Span, plain, out int written) && written == length,
            _ => throw new InvalidDataException($"buffers are compressed with codec {codec}, which the format does not define"),
        };
        return sound ? plain : throw new InvalidDataException("a compressed buffer is damaged");
    }

    private static int Count(long value) => value is >= 0 and <= ByteBudget.MaxBufferBytes ? (int)value : throw new InvalidDataException("a count is negative or beyond 2^31");

    private static ReadOnlyMemory<byte> Require(ReadOnlyMemory<byte> bytes, long count) =>
        bytes.Length >= count ? bytes[..(int)count] : throw new InvalidDataException("a buffer is shorter than its values");

    private static ColumnVector Elements(ColumnVector element, int count) =>
        element.Length >= count ? element : throw new InvalidDataException("a list reaches beyond its elements");

    private static int Last(ReadOnlyMemory<byte> offsets) => BinaryPrimitives.ReadInt32LittleEndian(offsets.Span[^sizeof(int)..]);

    private static int CountNulls(ReadOnlySpan<byte> validity, int length)
    {
        int ones = 0;
        for (int i = 0; i < length >> 3; i++) ones += BitOperations.PopCount(validity[i]);
        if ((length & 7) != 0) ones += BitOperations.PopCount((uint)validity[length >> 3] & ((1u << (length & 7)) - 1));
        return length - ones;
    }
}
