namespace Mesh.Columnar.Parquet;

/// <summary>Reads Thrift's compact protocol. Every length is checked against the bytes that are left before it is used.</summary>
internal ref struct ThriftReader(ReadOnlySpan<byte> source)
{
    private const int MaxDepth = 32;
    private readonly ReadOnlySpan<byte> source = source;

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    /// <summary>Moves to the next field of the current struct; false at its end.</summary>
    /// <param name="id">Id of the previous field, 0 at first; becomes that of the field.</param>
    public bool TryNextField(ref short id, out ThriftType type)
    {
        byte header = ReadByte();
        type = (ThriftType)(header & 15);
        if (header == 0) return false;
        if (type is ThriftType.Stop or > ThriftType.Struct) throw Broken("a field of a known type");
        int delta = header >> 4;
        long next = delta == 0 ? ReadZigZag() : id + delta;
        if (next is < 0 or > short.MaxValue) throw Broken("a field id of 16 bits");
        id = (short)next;
        return true;
    }

    public static bool ReadBool(ThriftType type) => type switch
    {
        ThriftType.True => true,
        ThriftType.False => false,
        _ => throw Broken("a boolean"),
    };

    public int ReadI32(ThriftType type)
    {
        long value = ReadI64(type);
        if (value is < int.MinValue or > int.MaxValue) throw Broken("an integer of 32 bits");
        return (int)value;
    }

    public long ReadI64(ThriftType type) => type switch
    {
        ThriftType.I16 or ThriftType.I32 or ThriftType.I64 => ReadZigZag(),
        ThriftType.Byte => (sbyte)ReadByte(),
        _ => throw Broken("an integer"),
    };

    /// <summary>An element of a list of integers.</summary>
    public long ReadIntegerElement() => ReadZigZag();

    /// <summary>An element of a list of strings.</summary>
    public ReadOnlySpan<byte> ReadBinaryElement() => ReadBinary(ThriftType.Binary);

    /// <summary>Begins a list of booleans, whose element type writers give as either of the two.</summary>
    public int ReadBoolList(ThriftType type)
    {
        int count = ReadListHeader(type, out var found, 1);
        if (count > 0 && found is not (ThriftType.True or ThriftType.False)) throw Broken($"a list of booleans, not of {found}");
        return count;
    }

    /// <summary>An element of a list of booleans: a byte, 1 when true.</summary>
    public bool ReadBoolElement() => ReadByte() == 1;

    public ReadOnlySpan<byte> ReadBinary(ThriftType type)
    {
        if (type != ThriftType.Binary) throw Broken("a string");
        ulong length = ReadVarint();
        if (length > (ulong)(source.Length - Position)) throw Broken($"a string of {length} bytes");
        var bytes = source.Slice(Position, (int)length);
        Position += (int)length;
        return bytes;
    }

    public string ReadString(ThriftType type) => System.Text.Encoding.UTF8.GetString(ReadBinary(type));

    /// <summary>Begins a list; every element takes at least <paramref name="minElementBytes"/>, which bounds the count.</summary>
    public int ReadList(ThriftType type, ThriftType elementType, int minElementBytes = 1)
    {
        int count = ReadListHeader(type, out var found, minElementBytes);
        if (count > 0 && found != elementType) throw Broken($"a list of {elementType}, not of {found}");
        return count;
    }

    public void RequireStruct(ThriftType type)
    {
        _ = this;
        if (type != ThriftType.Struct) throw Broken("a struct");
    }

    /// <summary>Skips the value of a field that is not of interest.</summary>
    public void Skip(ThriftType type) => Skip(type, 0);

    private void Skip(ThriftType type, int depth)
    {
        if (depth > MaxDepth) throw Broken($"at most {MaxDepth} nested values");
        switch (type)
        {
            case ThriftType.True or ThriftType.False:
                break;
            case ThriftType.Byte:
                ReadByte();
                break;
            case ThriftType.I16 or ThriftType.I32 or ThriftType.I64:
                ReadVarint();
                break;
            case ThriftType.Double:
                if (source.Length - Position < 8) throw Broken("a double");
                Position += 8;
                break;
            case ThriftType.Binary:
                ReadBinary(type);
                break;
            case ThriftType.List or ThriftType.Set:
                int count = ReadListHeader(ThriftType.List, out var element, 1);
                for (int i = 0; i < count; i++) SkipElement(element, depth + 1);
                break;
            case ThriftType.Map:
                SkipMap(depth);
                break;
            case ThriftType.Struct:
                short id = 0;
                while (TryNextField(ref id, out var fieldType)) Skip(fieldType, depth + 1);
                break;
            default:
                throw Broken("a value of a known type");
        }
    }

    private void SkipMap(int depth)
    {
        ulong count = ReadVarint();
        if (count > (ulong)(source.Length - Position)) throw Broken("a map that fits");
        if (count == 0) return;
        byte types = ReadByte();
        for (ulong i = 0; i < count; i++)
        {
            SkipElement((ThriftType)(types >> 4), depth + 1);
            SkipElement((ThriftType)(types & 15), depth + 1);
        }
    }

    /// <summary>Booleans take a byte inside a container and none as a field.</summary>
    private void SkipElement(ThriftType type, int depth)
    {
        if (type is ThriftType.True or ThriftType.False) ReadByte();
        else Skip(type, depth);
    }

    private int ReadListHeader(ThriftType type, out ThriftType elementType, int minElementBytes)
    {
        if (type is not (ThriftType.List or ThriftType.Set)) throw Broken("a list");
        byte header = ReadByte();
        elementType = (ThriftType)(header & 15);
        ulong count = header >> 4 == 15 ? ReadVarint() : (ulong)(header >> 4);
        if (count > (ulong)((source.Length - Position) / minElementBytes)) throw Broken($"a list of {count} elements");
        return (int)count;
    }

    private byte ReadByte() => Position < source.Length ? source[Position++] : throw Broken("another byte");

    private long ReadZigZag()
    {
        ulong value = ReadVarint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = ReadByte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }

        throw Broken("an integer of at most 64 bits");
    }

    private static ParquetDataException Broken(string expected) => new($"its Thrift metadata should hold {expected}");
}
