using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Mesh.Columnar;

namespace Mesh.Synchronise;

/// <summary>
/// Blocks of samples as bytes, for runs that this process writes and reads back: buffers as they are, each preceded by its length.
/// </summary>
internal static class VectorCodec
{
    public static void Write(RowBlock block, ArrayBufferWriter<byte> output)
    {
        Write(block.SchemaIndex, output);
        Write(block.Length, output);
        output.Write(MemoryMarshal.AsBytes(block.Times.Span));
        output.Write(MemoryMarshal.AsBytes(block.Sequences.Span));
        output.Write(MemoryMarshal.AsBytes(block.LogTimes.Span));
        output.Write(MemoryMarshal.AsBytes(block.ArrivalsNs.Span));
        foreach (var column in block.Columns) Write(column, output);
    }

    /// <summary>Bytes at the start of a block that hold what orders its rows.</summary>
    public static int KeyBytes(int rows) => 2 * sizeof(int) + 4 * sizeof(long) * rows;

    /// <summary>Reads a block; its vectors point into <paramref name="bytes"/>.</summary>
    /// <param name="bytes">All of it, or its first <see cref="KeyBytes"/>.</param>
    /// <param name="schemas">Of the channel; null to read keys only.</param>
    public static RowBlock Read(ReadOnlyMemory<byte> bytes, IReadOnlyList<StructType>? schemas)
    {
        int schemaIndex = ReadInt(ref bytes);
        int length = ReadInt(ref bytes);
        return new RowBlock
        {
            SchemaIndex = schemaIndex,
            Times = ReadLongs(ref bytes, length),
            Sequences = ReadLongs(ref bytes, length),
            LogTimes = ReadLongs(ref bytes, length),
            ArrivalsNs = ReadLongs(ref bytes, length),
            Columns = schemas is null ? [] : ReadColumns(ref bytes, schemas[schemaIndex].Fields),
            IsSpilled = true,
        };
    }

    private static ColumnVector[] ReadColumns(ref ReadOnlyMemory<byte> bytes, IReadOnlyList<Field> fields)
    {
        var columns = new ColumnVector[fields.Count];
        for (int i = 0; i < columns.Length; i++) columns[i] = ReadVector(ref bytes, fields[i].Type);
        return columns;
    }

    private static ColumnVector ReadVector(ref ReadOnlyMemory<byte> bytes, DataType type) => new()
    {
        Type = type,
        Length = ReadInt(ref bytes),
        NullCount = ReadInt(ref bytes),
        Validity = ReadBuffer(ref bytes),
        OffsetBytes = ReadBuffer(ref bytes),
        ValueBytes = ReadBuffer(ref bytes),
        Children = type switch
        {
            ListType list => [ReadVector(ref bytes, list.Element.Type)],
            StructType structure => ReadColumns(ref bytes, structure.Fields),
            _ => [],
        },
    };

    private static void Write(ColumnVector vector, ArrayBufferWriter<byte> output)
    {
        Write(vector.Length, output);
        Write(vector.NullCount, output);
        WriteBuffer(vector.Validity.Span, output);
        WriteBuffer(vector.OffsetBytes.Span, output);
        WriteBuffer(vector.ValueBytes.Span, output);
        foreach (var child in vector.Children) Write(child, output);
    }

    private static void WriteBuffer(ReadOnlySpan<byte> buffer, ArrayBufferWriter<byte> output)
    {
        Write(buffer.Length, output);
        output.Write(buffer);
    }

    private static void Write(int value, ArrayBufferWriter<byte> output)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(sizeof(int)), value);
        output.Advance(sizeof(int));
    }

    private static int ReadInt(ref ReadOnlyMemory<byte> bytes) => BinaryPrimitives.ReadInt32LittleEndian(Take(ref bytes, sizeof(int)).Span);

    private static long[] ReadLongs(ref ReadOnlyMemory<byte> bytes, int count) =>
        MemoryMarshal.Cast<byte, long>(Take(ref bytes, count * sizeof(long)).Span).ToArray();

    private static ReadOnlyMemory<byte> ReadBuffer(ref ReadOnlyMemory<byte> bytes)
    {
        int length = ReadInt(ref bytes);
        return Take(ref bytes, length);
    }

    private static ReadOnlyMemory<byte> Take(ref ReadOnlyMemory<byte> bytes, int count)
    {
        var taken = bytes[..count];
        bytes = bytes[count..];
        return taken;
    }
}
