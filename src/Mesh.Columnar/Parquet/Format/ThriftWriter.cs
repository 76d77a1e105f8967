namespace Mesh.Columnar.Parquet;

/// <summary>Wire types of Thrift's compact protocol (thrift-compact-protocol.md, "Struct encoding").</summary>
internal enum ThriftType : byte
{
    Stop = 0,
    True = 1,
    False = 2,
    Byte = 3,
    I16 = 4,
    I32 = 5,
    I64 = 6,
    Double = 7,
    Binary = 8,
    List = 9,
    Set = 10,
    Map = 11,
    Struct = 12,
}

/// <summary>Writes Thrift's compact protocol into a buffer.</summary>
internal sealed class ThriftWriter(PooledList<byte> target)
{
    private readonly Stack<short> outerFields = new();
    private short lastField;

    /// <summary>Begins a struct that is an element of a list, or the message itself.</summary>
    public void BeginStruct()
    {
        outerFields.Push(lastField);
        lastField = 0;
    }

    public void BeginStruct(short id)
    {
        WriteField(id, ThriftType.Struct);
        BeginStruct();
    }

    public void EndStruct()
    {
        target.Add((byte)ThriftType.Stop);
        lastField = outerFields.Pop();
    }

    public void WriteBool(short id, bool value) => WriteField(id, value ? ThriftType.True : ThriftType.False);

    public void WriteByte(short id, byte value)
    {
        WriteField(id, ThriftType.Byte);
        target.Add(value);
    }

    public void WriteI16(short id, short value)
    {
        WriteField(id, ThriftType.I16);
        WriteZigZag(value);
    }

    public void WriteI32(short id, int value)
    {
        WriteField(id, ThriftType.I32);
        WriteZigZag(value);
    }

    public void WriteI64(short id, long value)
    {
        WriteField(id, ThriftType.I64);
        WriteZigZag(value);
    }

    public void WriteBinary(short id, ReadOnlySpan<byte> value)
    {
        WriteField(id, ThriftType.Binary);
        WriteVarint((ulong)value.Length);
        target.Append(value);
    }

    public void WriteString(short id, string value) => WriteBinary(id, System.Text.Encoding.UTF8.GetBytes(value));

    /// <summary>An element of a list of strings.</summary>
    public void WriteStringElement(string value)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(value);
        WriteVarint((ulong)bytes.Length);
        target.Append(bytes);
    }

    /// <summary>An element of a list of 32-bit integers.</summary>
    public void WriteI32Element(int value) => WriteZigZag(value);

    /// <summary>An element of a list of 64-bit integers.</summary>
    public void WriteI64Element(long value) => WriteZigZag(value);

    /// <summary>An element of a list of truth values.</summary>
    public void WriteBoolElement(bool value) => target.Add((byte)(value ? ThriftType.True : ThriftType.False));

    /// <summary>An element of a list of byte strings.</summary>
    public void WriteBinaryElement(ReadOnlySpan<byte> value)
    {
        WriteVarint((ulong)value.Length);
        target.Append(value);
    }

    /// <summary>Begins a list; its elements follow.</summary>
    public void WriteList(short id, ThriftType elementType, int count)
    {
        WriteField(id, ThriftType.List);
        if (count < 15)
        {
            target.Add((byte)((count << 4) | (int)elementType));
            return;
        }

        target.Add((byte)(0xF0 | (int)elementType));
        WriteVarint((ulong)count);
    }

    private void WriteField(short id, ThriftType type)
    {
        int delta = id - lastField;
        lastField = id;
        if (delta is > 0 and <= 15)
        {
            target.Add((byte)((delta << 4) | (int)type));
            return;
        }

        target.Add((byte)type);
        WriteZigZag(id);
    }

    private void WriteZigZag(long value) => WriteVarint((ulong)((value << 1) ^ (value >> 63)));

    private void WriteVarint(ulong value)
    {
        for (; value >= 0x80; value >>= 7) target.Add((byte)(value | 0x80));
        target.Add((byte)value);
    }
}
