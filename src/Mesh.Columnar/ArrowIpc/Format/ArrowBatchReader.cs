using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Mesh.Columnar.Compression;

namespace Mesh.Columnar.ArrowIpc.Format;

/// <summary>Makes columns out of the nodes and buffers of one record batch. Counts and lengths are claims: each is checked against its bytes.</summary>
internal sealed class ArrowBatchReader
{
    private const long MaxBufferBytes = int.MaxValue - 64;

    // Upper bounds on what a byte can expand to: an LZ4 match length byte adds 255; a Zstandard RLE block of 4 bytes holds 128 KiB.
    private const long MaxLz4Expansion = 255;
    private const long MaxZstdExpansion = (128 << 10) / 4;

    private readonly ReadOnlyMemory<byte> nodes;
    private readonly ReadOnlyMemory<byte> places;
    private readonly ReadOnlyMemory<byte> body;
    private readonly IReadOnlyDictionary<long, ColumnVector> dictionaries;
    private readonly int codec;
    private long budget;
    private int node;
    private int buffer;

    /// <exception cref="InvalidDataException">The batch is broken.</exception>
    public ArrowBatchReader(FlatTable batch, ReadOnlyMemory<byte> body, IReadOnlyDictionary<long, ColumnVector> dictionaries, long maxBytes)
    {
        budget = maxBytes;
        Length = Count(batch.GetInt64(0));
        nodes = batch.GetStructs(1, 16);
        places = batch.GetStructs(2, 16);
        codec = batch.GetTable(3) is { } compression ? compression.GetByte(0) : -1;
        this.body = body;
        this.dictionaries = dictionaries;
    }

    public int Length { get; }

    /// <summary>The next column.</summary>
    public ColumnVector Read(ArrowField field)
    {
        if (field.DictionaryId is not { } id) return ReadPlain(field);
        var indexes = ReadPlain(field.Index!);
        if (!dictionaries.TryGetValue(id, out var values)) throw new InvalidDataException($"dictionary {id} is missing");
        return Expand(indexes, values);
    }

    private ColumnVector ReadPlain(ArrowField field)
    {
        var (length, nulls) = NextNode();
        if (field.Layout == ArrowLayout.Null)
        {
            return new ColumnVector { Type = field.Field.Type, Length = length, NullCount = length, Validity = Allocate((length + 7L) / 8), ValueBytes = Allocate((length + 7L) / 8) };
        }

        var validity = NextBuffer();
        if (nulls > 0) Require(validity, (length + 7L) / 8);
        var (offsets, values, children) = ReadValues(field, length);
        return new ColumnVector
        {
            Type = field.Field.Type, Length = length, NullCount = nulls, Validity = nulls > 0 ? validity : default, OffsetBytes = offsets, ValueBytes = values, Children = children,
        };
    }

    private (ReadOnlyMemory<byte> Offsets, ReadOnlyMemory<byte> Values, IReadOnlyList<ColumnVector> Children) ReadValues(ArrowField field, int length)
    {
        switch (field.Layout)
        {
            case ArrowLayout.Boolean:
                return (default, Require(NextBuffer(), (length + 7L) / 8), []);
            case ArrowLayout.Integer or ArrowLayout.Float or ArrowLayout.Decimal:
                return (default, Widen(field, Require(NextBuffer(), (long)length * (field.Width / 8)), length), []);
            case ArrowLayout.FixedBinary:
                var fixedBytes = Require(NextBuffer(), (long)length * field.Width);
                return (EqualOffsets(length, field.Width), fixedBytes, []);
            case ArrowLayout.Variable or ArrowLayout.LargeVariable:
                var ends = Offsets(NextBuffer(), length, field.Layout == ArrowLayout.LargeVariable);
                var bytes = NextBuffer();
                Require(bytes, MemoryMarshal.Cast<byte, int>(ends.Span)[length]);
                return (ends, bytes, []);
            case ArrowLayout.List or ArrowLayout.LargeList:
                var bounds = Offsets(NextBuffer(), length, field.Layout == ArrowLayout.LargeList);
                var element = Read(field.Children[0]);
                if (element.Length < MemoryMarshal.Cast<byte, int>(bounds.Span)[length]) throw new InvalidDataException("a list reaches beyond its elements");
                return (bounds, default, [element]);
            case ArrowLayout.FixedList:
                var items = Read(field.Children[0]);
                if (items.Length < (long)length * field.Width) throw new InvalidDataException("a list reaches beyond its elements");
                return (EqualOffsets(length, field.Width), default, [items]);
            default:
                List<ColumnVector> members = [.. field.Children.Select(Read)];
                if (members.Exists(member => member.Length != length)) throw new InvalidDataException("members of a struct have different lengths");
                return (default, default, members);
        }
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
        byte[] plain = Allocate(length);
        bool sound = codec switch
        {
            0 => Lz4.TryDecompressFrame(compressed.Span, plain, out int written) && written == length,
            1 => Zstd.TryDecompress(compressed.Span, plain, out int written) && written == length,
            _ => throw new InvalidDataException($"buffers are compressed with codec {codec}, which the format does not define"),
        };
        return sound ? plain : throw new InvalidDataException("a compressed buffer is damaged");
    }

    /// <summary>Room within the batch's budget: its lengths are claims, and little compressed data can be much.</summary>
    private byte[] Allocate(long bytes)
    {
        if (bytes > MaxBufferBytes) throw new InvalidDataException("a column is larger than 2 GiB");
        Spend(bytes);
        return new byte[bytes];
    }

    private void Spend(long bytes)
    {
        budget -= bytes;
        if (budget < 0) throw new InvalidDataException("a batch is larger than what is allowed");
    }

    private static int Count(long value) => value is >= 0 and <= int.MaxValue - 64 ? (int)value : throw new InvalidDataException("a count is negative or beyond 2^31");

    private static ReadOnlyMemory<byte> Require(ReadOnlyMemory<byte> bytes, long count) =>
        bytes.Length >= count ? bytes[..(int)count] : throw new InvalidDataException("a buffer is shorter than its values");

    private byte[] EqualOffsets(int length, int width)
    {
        if ((long)length * width > int.MaxValue) throw new InvalidDataException("a column is larger than 2 GiB");
        byte[] bytes = Allocate((length + 1L) * sizeof(int));
        var offsets = MemoryMarshal.Cast<byte, int>(bytes.AsSpan());
        for (int i = 0; i < offsets.Length; i++) offsets[i] = i * width;
        return bytes;
    }

    private ReadOnlyMemory<byte> Offsets(ReadOnlyMemory<byte> source, int length, bool large)
    {
        if (length == 0 && source.IsEmpty) return new byte[sizeof(int)];
        source = Require(source, (length + 1L) * (large ? sizeof(long) : sizeof(int)));
        byte[] bytes = Allocate((length + 1L) * sizeof(int));
        var offsets = MemoryMarshal.Cast<byte, int>(bytes.AsSpan());
        if (large)
        {
            var wide = MemoryMarshal.Cast<byte, long>(source.Span);
            for (int i = 0; i <= length; i++) offsets[i] = Count(wide[i]);
        }
        else
        {
            source.Span.CopyTo(bytes);
        }

        int previous = 0;
        foreach (int offset in offsets)
        {
            if (offset < previous) throw new InvalidDataException("offsets go backwards");
            previous = offset;
        }

        return bytes;
    }

    private ReadOnlyMemory<byte> Widen(ArrowField field, ReadOnlyMemory<byte> source, int length)
    {
        bool isPlain = field.Scale == 1 && field.Width / 8 == field.Field.Type.ByteWidth;
        if (isPlain) return source;
        byte[] target = Allocate((long)length * field.Field.Type.ByteWidth);
        for (int i = 0; i < length; i++)
        {
            if (field.Layout == ArrowLayout.Float)
            {
                MemoryMarshal.Cast<byte, float>(target.AsSpan())[i] = (float)MemoryMarshal.Cast<byte, Half>(source.Span)[i];
                continue;
            }

            Int128 value = (field.Width, field.Signed) switch
            {
                (8, true) => (sbyte)source.Span[i],
                (8, false) => source.Span[i],
                (16, true) => MemoryMarshal.Cast<byte, short>(source.Span)[i],
                (16, false) => MemoryMarshal.Cast<byte, ushort>(source.Span)[i],
                (32, true) => MemoryMarshal.Cast<byte, int>(source.Span)[i],
                (32, false) => MemoryMarshal.Cast<byte, uint>(source.Span)[i],
                (_, true) => MemoryMarshal.Cast<byte, long>(source.Span)[i],
                _ => MemoryMarshal.Cast<byte, ulong>(source.Span)[i],
            };
            value = field.Scale < 0 ? value / -field.Scale : value * field.Scale;
            switch (field.Field.Type.ByteWidth)
            {
                case 4: MemoryMarshal.Cast<byte, int>(target.AsSpan())[i] = (int)value; break;
                case 8: MemoryMarshal.Cast<byte, long>(target.AsSpan())[i] = (long)value; break;
                default: MemoryMarshal.Cast<byte, Int128>(target.AsSpan())[i] = value; break;
            }
        }

        return target;
    }

    /// <summary>Puts the values of a dictionary in place of the indexes into it.</summary>
    private ColumnVector Expand(ColumnVector indexes, ColumnVector values)
    {
        Spend((long)indexes.Length * Math.Max(sizeof(int), values.Type.ByteWidth));
        long before = budget;
        var builder = ColumnBuilder.Create(values.Type);
        for (int i = 0; i < indexes.Length; i++)
        {
            long index = indexes.IsNull(i) ? -1 : indexes.Type.Kind switch
            {
                TypeKind.Int32 => indexes.Values<int>()[i],
                TypeKind.Int64 => indexes.Values<long>()[i],
                _ => (long)indexes.Values<Int128>()[i],
            };
            if (index >= values.Length || (index < 0 && !indexes.IsNull(i))) throw new InvalidDataException("an index leads outside its dictionary");
            if (index < 0 || values.IsNull((int)index)) builder.AppendNull();
            else Append(builder, values, (int)index);
            if (before - budget > MaxBufferBytes) throw new InvalidDataException("a column is larger than 2 GiB");
        }

        return builder.Build();
    }

    private void Append(ColumnBuilder builder, ColumnVector values, int index)
    {
        switch (builder)
        {
            case BinaryBuilder bytes:
                // A short file can name a long value often.
                Spend(values.GetBytes(index).Length);
                bytes.Append(values.GetBytes(index));
                break;
            case BooleanBuilder booleans: booleans.Append(values.GetBoolean(index)); break;
            case FixedWidthBuilder<int> integers: integers.Append(values.Values<int>()[index]); break;
            case FixedWidthBuilder<long> longs: longs.Append(values.Values<long>()[index]); break;
            case FixedWidthBuilder<float> floats: floats.Append(values.Values<float>()[index]); break;
            case FixedWidthBuilder<double> doubles: doubles.Append(values.Values<double>()[index]); break;
            case FixedWidthBuilder<Int128> exact: exact.Append(values.Values<Int128>()[index]); break;
            default: throw new InvalidDataException("dictionaries of nested values are not read");
        }
    }
}
