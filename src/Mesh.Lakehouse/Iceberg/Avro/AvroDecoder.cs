using System.Buffers.Binary;
using System.Text;
using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg.Avro;

/// <summary>
/// Decodes values of the binary encoding (Avro specification, "Binary Encoding"). Every length is checked against the bytes that are
/// there before anything is allocated for it.
/// </summary>
internal ref struct AvroDecoder(ReadOnlySpan<byte> bytes, string source)
{
    private const int MaxDepth = 64;

    /// <summary>Values that take no bytes (nulls, empty records) could otherwise be claimed without end.</summary>
    private const int MaxEmptyValues = 1_000_000;

    private static readonly object True = true;
    private static readonly object False = false;

    private readonly ReadOnlySpan<byte> bytes = bytes;
    private int emptyValues;
    private int depth;

    public int Position { get; private set; }

    public readonly bool AtEnd => Position >= bytes.Length;

    public long ReadLong()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            if (Position >= bytes.Length) throw Fault("it ends in a number");
            byte next = bytes[Position++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return (long)(value >> 1) ^ -(long)(value & 1);
        }

        throw Fault("a number has more than ten bytes");
    }

    public ReadOnlySpan<byte> ReadBytes()
    {
        long length = ReadLong();
        return Take(length);
    }

    public ReadOnlySpan<byte> Take(long length)
    {
        if (length < 0 || length > bytes.Length - Position) throw Fault($"{length:N0} bytes are announced and {bytes.Length - Position:N0} are left");
        var taken = bytes.Slice(Position, (int)length);
        Position += (int)length;
        return taken;
    }

    public string ReadString() => Encoding.UTF8.GetString(ReadBytes());

    /// <summary>Decodes one record of a data block.</summary>
    public AvroValue ReadRecord(AvroRecord type)
    {
        int before = Position;
        var value = (AvroValue)Read(type)!;
        CountIfEmpty(before);
        return value;
    }

    /// <summary>Whether the value of an optional field is there; <paramref name="present"/> is its type without the union.</summary>
    public bool TryEnter(AvroType type, out AvroType present)
    {
        present = type;
        if (type is AvroUnion union)
        {
            long branch = ReadLong();
            present = branch >= 0 && branch < union.Branches.Length ? union.Branches[branch] : throw Fault($"branch {branch} of a union of {union.Branches.Length}");
        }

        if (present is not AvroPrimitive { Kind: AvroPrimitiveKind.Null }) return true;
        if (type is not AvroUnion) CountIfEmpty(Position);
        return false;
    }

    /// <summary>An int or long, null where an optional one is absent.</summary>
    public long? ReadNumber(AvroType type)
    {
        if (!TryEnter(type, out var present)) return null;
        return present is AvroPrimitive { Kind: AvroPrimitiveKind.Int or AvroPrimitiveKind.Long } ? ReadLong() : throw Fault("a number is expected and something else is there");
    }

    /// <summary>A text, null where an optional one is absent.</summary>
    public string? ReadText(AvroType type)
    {
        if (!TryEnter(type, out var present)) return null;
        return present is AvroPrimitive { Kind: AvroPrimitiveKind.String } ? ReadString() : throw Fault("a text is expected and something else is there");
    }

    /// <summary>Bytes, null where optional ones are absent.</summary>
    public byte[]? ReadBinary(AvroType type)
    {
        if (!TryEnter(type, out var present)) return null;
        return present switch
        {
            AvroPrimitive { Kind: AvroPrimitiveKind.Bytes } => ReadBytes().ToArray(),
            AvroFixed fixedType => Take(fixedType.Size).ToArray(),
            _ => throw Fault("bytes are expected and something else is there"),
        };
    }

    /// <summary>Items of the next block of an array; 0 after the last.</summary>
    public long ReadBlockCount()
    {
        long count = ReadLong();
        if (count >= 0) return count;
        ReadLong();
        return count == long.MinValue ? throw Fault("a block announces 2^63 items") : -count;
    }

    /// <summary>Passes over a value without making anything of it.</summary>
    public void Skip(AvroType type)
    {
        int before = Position;
        switch (type)
        {
            case AvroPrimitive { Kind: AvroPrimitiveKind.Int or AvroPrimitiveKind.Long }:
                SkipLong();
                return;
            case AvroPrimitive primitive:
                SkipPrimitive(primitive.Kind);
                break;
            case AvroFixed fixedType:
                Take(fixedType.Size);
                break;
            case AvroEnum:
                SkipLong();
                return;
            case AvroUnion:
                if (++depth > MaxDepth) throw Fault($"values are nested deeper than {MaxDepth}");
                if (TryEnter(type, out var present)) Skip(present);
                depth--;
                return;
            case AvroRecord record:
                if (++depth > MaxDepth) throw Fault($"values are nested deeper than {MaxDepth}");
                for (int i = 0; i < record.Fields.Count; i++) Skip(record.Fields[i].Type);
                depth--;
                break;
            case AvroArray array:
                SkipItems(array.Items, isMap: false);
                break;
            case AvroMap map:
                SkipItems(map.Values, isMap: true);
                break;
        }

        CountIfEmpty(before);
    }

    /// <summary>Decodes a value to objects.</summary>
    public object? ReadValue(AvroType type)
    {
        int before = Position;
        object? value = Read(type);
        CountIfEmpty(before);
        return value;
    }

    private void SkipLong()
    {
        for (int length = 1; Position < bytes.Length; length++)
        {
            if (bytes[Position++] < 0x80) return;
            if (length == 10) throw Fault("a number has more than ten bytes");
        }

        throw Fault("it ends in a number");
    }

    private void SkipPrimitive(AvroPrimitiveKind kind)
    {
        switch (kind)
        {
            case AvroPrimitiveKind.Null:
                break;
            case AvroPrimitiveKind.Boolean:
                Take(1);
                break;
            case AvroPrimitiveKind.Float:
                Take(sizeof(float));
                break;
            case AvroPrimitiveKind.Double:
                Take(sizeof(double));
                break;
            default:
                ReadBytes();
                break;
        }
    }

    private void SkipItems(AvroType items, bool isMap)
    {
        if (++depth > MaxDepth) throw Fault($"values are nested deeper than {MaxDepth}");
        for (long count = ReadLong(); count != 0; count = ReadLong())
        {
            if (count < 0)
            {
                Take(ReadLong());
                continue;
            }

            if (!isMap && items is AvroRecord { PairValue: { } pairValue })
            {
                SkipPairs(count, pairValue);
                continue;
            }

            for (; count > 0; count--)
            {
                if (isMap) ReadBytes();
                Skip(items);
            }
        }

        depth--;
    }

    /// <summary>Metrics are pairs of a field id and a number or bytes, and most of a manifest.</summary>
    private void SkipPairs(long count, AvroPrimitiveKind value)
    {
        for (; count > 0; count--)
        {
            SkipLong();
            if (value is AvroPrimitiveKind.Int or AvroPrimitiveKind.Long) SkipLong();
            else ReadBytes();
        }
    }

    private object? Read(AvroType type)
    {
        switch (type)
        {
            case AvroPrimitive primitive:
                return ReadPrimitive(primitive.Kind);
            case AvroFixed fixedType:
                return Take(fixedType.Size).ToArray();
            case AvroEnum symbols:
                long symbol = ReadLong();
                return symbol >= 0 && symbol < symbols.Symbols ? (int)symbol : throw Fault($"symbol {symbol} of {symbols.Symbols}");
        }

        if (++depth > MaxDepth) throw Fault($"values are nested deeper than {MaxDepth}");
        object? value = type switch
        {
            AvroUnion union => ReadUnion(union),
            AvroRecord record => ReadFields(record),
            AvroArray array => ReadItems(array.Items, isMap: false),
            AvroMap map => ReadItems(map.Values, isMap: true),
            _ => throw Fault("a value has an unknown type"),
        };
        depth--;
        return value;
    }

    private object? ReadPrimitive(AvroPrimitiveKind kind)
    {
        switch (kind)
        {
            case AvroPrimitiveKind.Null:
                return null;
            case AvroPrimitiveKind.Boolean:
                return Take(1)[0] != 0 ? True : False;
            case AvroPrimitiveKind.Int:
                long wide = ReadLong();
                return wide is >= int.MinValue and <= int.MaxValue ? (int)wide : throw Fault($"{wide} is not an int");
            case AvroPrimitiveKind.Long:
                return ReadLong();
            case AvroPrimitiveKind.Float:
                return BinaryPrimitives.ReadSingleLittleEndian(Take(sizeof(float)));
            case AvroPrimitiveKind.Double:
                return BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double)));
            case AvroPrimitiveKind.Bytes:
                return ReadBytes().ToArray();
            default:
                return ReadString();
        }
    }

    private object? ReadUnion(AvroUnion union)
    {
        long branch = ReadLong();
        return branch >= 0 && branch < union.Branches.Length ? Read(union.Branches[branch]) : throw Fault($"branch {branch} of a union of {union.Branches.Length}");
    }

    private AvroValue ReadFields(AvroRecord record)
    {
        object?[] values = new object?[record.Fields.Count];
        for (int i = 0; i < values.Length; i++)
        {
            int before = Position;
            values[i] = Read(record.Fields[i].Type);
            CountIfEmpty(before);
        }

        return new AvroValue(record, values);
    }

    private List<object?> ReadItems(AvroType items, bool isMap)
    {
        var values = new List<object?>();
        for (long count = ReadLong(); count != 0; count = ReadLong())
        {
            if (count < 0)
            {
                // A negative count is followed by the block's size in bytes, which serves readers that skip.
                count = count == long.MinValue ? throw Fault("a block announces 2^63 items") : -count;
                ReadLong();
            }

            for (; count > 0; count--)
            {
                int before = Position;
                if (isMap) ReadBytes();
                values.Add(Read(items));
                CountIfEmpty(before);
            }
        }

        return values;
    }

    /// <summary>Refuses values of no bytes without end.</summary>
    public void CountIfEmpty(int before)
    {
        if (Position == before && ++emptyValues > MaxEmptyValues) throw Fault($"more than {MaxEmptyValues:N0} values of no bytes are announced");
    }

    private readonly MeshException Fault(string what) => AvroFault.At(source, Position, what);
}
