using System.Buffers;
using Mesh.Columnar;
using Mesh.Formats.Messages.Protobuf;

namespace Mesh.Formats.Messages;

/// <summary>
/// Turns rows of columns into protobuf messages, and their type into the schema that a recording carries with them. Structs are nested messages, lists
/// repeated fields, absent values absent fields. Not thread-safe.
/// </summary>
/// <remarks>
/// Int32 is <c>sint32</c>, Int64 <c>sint64</c>, a decimal of 20 digits without fraction <c>uint64</c> (our form of unsigned 64-bit numbers), another decimal
/// its digits as <c>string</c>, a timestamp <c>google.protobuf.Timestamp</c>, a date <c>sint32</c> days since 1970. A list within a list is a message
/// with one repeated field <c>items</c>. A repeated field knows no absent element: such a one becomes the default. Names that protobuf does not
/// allow are adapted; <c>json_name</c> keeps the column's.
/// </remarks>
public sealed class ColumnProtobufEncoder
{
    private readonly ColumnProtobufField[] fields;

    // Sizes of the nested messages of the row being written, in the order they are met.
    private readonly List<int> sizes = [];
    private int nextSize;

    /// <param name="type">Fields of a row.</param>
    /// <param name="messageName">Full name of the message, <c>package.Name</c>; characters that protobuf does not allow become <c>_</c>.</param>
    public ColumnProtobufEncoder(StructType type, string messageName)
    {
        var schema = new ColumnProtobufSchema(messageName);
        fields = schema.Add(type);
        Schema = new MessageSchema(schema.FullName, "protobuf", schema.ToBytes());
    }

    /// <summary>The schema of the messages: a FileDescriptorSet.</summary>
    public MessageSchema Schema { get; }

    /// <summary>Writes a row.</summary>
    /// <param name="columns">The columns of the type's fields, in order.</param>
    /// <param name="row">Index of the row.</param>
    /// <param name="output">Takes the message.</param>
    public void Encode(IReadOnlyList<ColumnVector> columns, int row, IBufferWriter<byte> output)
    {
        if (columns.Count != fields.Length) throw new ArgumentException($"The type has {fields.Length} fields but {columns.Count} columns were given.", nameof(columns));
        sizes.Clear();
        MeasureStruct(fields, columns, row);
        nextSize = 0;
        var writer = new ProtobufWriter(output);
        WriteStruct(fields, columns, row, ref writer);
    }

    private int MeasureStruct(ColumnProtobufField[] members, IReadOnlyList<ColumnVector> columns, int row)
    {
        int size = 0;
        for (int i = 0; i < members.Length; i++) size += Measure(members[i], columns[i], row);
        return size;
    }

    private int Measure(ColumnProtobufField field, ColumnVector column, int row)
    {
        if (column.IsNull(row)) return 0;
        if (!field.IsList) return field.TagSize + MeasureValue(field, column, row);
        int from = column.Offsets[row], to = column.Offsets[row + 1];
        if (from == to) return 0;
        var element = column.Children[0];
        if (!field.IsPacked)
        {
            int size = 0;
            for (int i = from; i < to; i++) size += field.TagSize + MeasureValue(field, element, i);
            return size;
        }

        int at = sizes.Count;
        sizes.Add(0);
        int packed = 0;
        for (int i = from; i < to; i++) packed += MeasureValue(field, element, i);
        sizes[at] = packed;
        return field.TagSize + ProtobufWriter.SizeOf((uint)packed) + packed;
    }

    private int MeasureValue(ColumnProtobufField field, ColumnVector column, int row)
    {
        switch (field.Encoding)
        {
            case ColumnProtobufEncoding.Fixed32: return 4;
            case ColumnProtobufEncoding.Fixed64: return 8;
            case ColumnProtobufEncoding.Boolean: return 1;
            case ColumnProtobufEncoding.ZigZag32: return ProtobufWriter.SizeOf(ProtobufWriter.ZigZag(column.Values<int>()[row]));
            case ColumnProtobufEncoding.ZigZag64: return ProtobufWriter.SizeOf(ProtobufWriter.ZigZag(column.Values<long>()[row]));
            case ColumnProtobufEncoding.UInt64: return ProtobufWriter.SizeOf((ulong)column.Values<Int128>()[row]);
            case ColumnProtobufEncoding.Bytes:
                int length = column.IsNull(row) ? 0 : column.GetBytes(row).Length;
                return ProtobufWriter.SizeOf((uint)length) + length;
            case ColumnProtobufEncoding.DecimalText:
                int digits = ColumnProtobufSchema.DecimalText(column, row).Length;
                return ProtobufWriter.SizeOf((uint)digits) + digits;
            default:
                int at = sizes.Count;
                sizes.Add(0);
                int size = field.Encoding switch
                {
                    ColumnProtobufEncoding.Timestamp => MeasureTimestamp(column.Values<long>()[row]),
                    ColumnProtobufEncoding.WrappedList => Measure(field.Nested[0], column, row),
                    _ => column.IsNull(row) ? 0 : MeasureStruct(field.Nested, column.Children, row),
                };
                sizes[at] = size;
                return ProtobufWriter.SizeOf((uint)size) + size;
        }
    }

    private void WriteStruct(ColumnProtobufField[] members, IReadOnlyList<ColumnVector> columns, int row, ref ProtobufWriter writer)
    {
        for (int i = 0; i < members.Length; i++) Write(members[i], columns[i], row, ref writer);
    }

    private void Write(ColumnProtobufField field, ColumnVector column, int row, ref ProtobufWriter writer)
    {
        if (column.IsNull(row)) return;
        if (!field.IsList)
        {
            writer.WriteVarint(field.Tag);
            WriteValue(field, column, row, ref writer);
            return;
        }

        int from = column.Offsets[row], to = column.Offsets[row + 1];
        if (from == to) return;
        var element = column.Children[0];
        if (field.IsPacked)
        {
            writer.WriteVarint(field.Tag);
            writer.WriteVarint((uint)sizes[nextSize++]);
        }

        for (int i = from; i < to; i++)
        {
            if (!field.IsPacked) writer.WriteVarint(field.Tag);
            WriteValue(field, element, i, ref writer);
        }
    }

    private void WriteValue(ColumnProtobufField field, ColumnVector column, int row, ref ProtobufWriter writer)
    {
        switch (field.Encoding)
        {
            case ColumnProtobufEncoding.Fixed32: writer.WriteBytes(column.ValueBytes.Span.Slice(row * 4, 4)); break;
            case ColumnProtobufEncoding.Fixed64: writer.WriteBytes(column.ValueBytes.Span.Slice(row * 8, 8)); break;
            case ColumnProtobufEncoding.Boolean: writer.WriteVarint(column.GetBoolean(row) ? 1u : 0u); break;
            case ColumnProtobufEncoding.ZigZag32: writer.WriteVarint(ProtobufWriter.ZigZag(column.Values<int>()[row])); break;
            case ColumnProtobufEncoding.ZigZag64: writer.WriteVarint(ProtobufWriter.ZigZag(column.Values<long>()[row])); break;
            case ColumnProtobufEncoding.UInt64: writer.WriteVarint((ulong)column.Values<Int128>()[row]); break;
            case ColumnProtobufEncoding.Bytes:
                var bytes = column.IsNull(row) ? default : column.GetBytes(row);
                writer.WriteVarint((uint)bytes.Length);
                writer.WriteBytes(bytes);
                break;
            case ColumnProtobufEncoding.DecimalText:
                string digits = ColumnProtobufSchema.DecimalText(column, row);
                writer.WriteVarint((uint)digits.Length);
                foreach (char digit in digits) writer.WriteVarint(digit);
                break;
            default:
                writer.WriteVarint((uint)sizes[nextSize++]);
                if (field.Encoding == ColumnProtobufEncoding.Timestamp) WriteTimestamp(column.Values<long>()[row], ref writer);
                else if (field.Encoding == ColumnProtobufEncoding.WrappedList) Write(field.Nested[0], column, row, ref writer);
                else if (!column.IsNull(row)) WriteStruct(field.Nested, column.Children, row, ref writer);
                break;
        }
    }

    private static (long Seconds, int Nanoseconds) Split(long micros)
    {
        long seconds = Math.DivRem(micros, 1_000_000, out long rest);
        if (rest < 0)
        {
            seconds--;
            rest += 1_000_000;
        }

        return (seconds, (int)rest * 1000);
    }

    private static int MeasureTimestamp(long micros)
    {
        var (seconds, nanoseconds) = Split(micros);
        return (seconds == 0 ? 0 : 1 + ProtobufWriter.SizeOf((ulong)seconds)) + (nanoseconds == 0 ? 0 : 1 + ProtobufWriter.SizeOf((uint)nanoseconds));
    }

    private static void WriteTimestamp(long micros, ref ProtobufWriter writer)
    {
        var (seconds, nanoseconds) = Split(micros);
        if (seconds != 0)
        {
            writer.WriteVarint(0x08);
            writer.WriteVarint((ulong)seconds);
        }

        if (nanoseconds == 0) return;
        writer.WriteVarint(0x10);
        writer.WriteVarint((uint)nanoseconds);
    }
}
