using System.Buffers.Binary;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Unicode;
using Mesh.Columnar;

namespace Mesh.Formats.Messages.FlatBuffers;

/// <summary>
/// Decodes FlatBuffers with their binary schema into columns. Absent scalars are their defaults, or null where the schema makes them optional;
/// absent text, vectors, tables and structs are null. Enums become their names; a union a struct of its variants, of which one is not null.
/// </summary>
internal sealed class FlatDecoder(FlatNode plan, MessageDecoderOptions options) : MessageDecoder
{
    public override StructType Type => (StructType)plan.Type;

    public override void Decode(ReadOnlySpan<byte> message, ReadOnlySpan<ColumnBuilder> row)
    {
        var reader = new FlatReader(message);
        long budget = options.MaxNestedValues;
        ReadObject(plan, reader, reader.Root, row, ref budget);
    }

    private static void ReadObject(FlatNode node, FlatReader reader, int place, ReadOnlySpan<ColumnBuilder> columns, ref long budget)
    {
        Charge(ref budget, columns.Length, place);
        for (int i = 0; i < columns.Length; i++)
        {
            var field = node.Fields[i];
            if (field.Kind == FlatType.Union)
            {
                ReadUnion(field, reader, place, Unsafe.As<StructBuilder>(columns[i]), ref budget);
                continue;
            }

            int at = node.IsStruct ? place + field.Offset : reader.Field(place, field.Offset);
            if (at >= 0) ReadValue(field, reader, at, columns[i], ref budget);
            else AppendAbsent(field, columns[i], place, ref budget);
        }
    }

    private static void ReadValue(FlatNode node, FlatReader reader, int at, ColumnBuilder builder, ref long budget)
    {
        switch (node.Kind)
        {
            case FlatType.String:
                var text = reader.Bytes(at);
                Charge(ref budget, text.Length / 8, at);
                if (!Utf8.IsValid(text)) throw new MessageFormatException("MESH10314", at, $"UTF-8 text in '{node.Path}'", "other bytes");
                Unsafe.As<BinaryBuilder>(builder).Append(text);
                break;
            case FlatType.Vector when node.Element is null:
                var bytes = reader.Bytes(at);
                Charge(ref budget, bytes.Length / 8, at);
                Unsafe.As<BinaryBuilder>(builder).Append(bytes);
                break;
            case FlatType.Array when node.Element is null: Unsafe.As<BinaryBuilder>(builder).Append(reader.At(at, node.FixedLength)); break;
            case FlatType.Vector:
                int first = reader.Vector(at, node.Size, out int count);
                ReadElements(node, reader, first, count, Unsafe.As<ListBuilder>(builder), ref budget);
                break;
            case FlatType.Array: ReadElements(node, reader, at, node.FixedLength, Unsafe.As<ListBuilder>(builder), ref budget); break;
            case FlatType.Obj:
                var nested = Unsafe.As<StructBuilder>(builder);
                ReadObject(node, reader, node.IsStruct ? at : reader.Follow(at), nested.ChildSpan, ref budget);
                nested.EndStruct();
                break;
            default: AppendScalar(node, reader.At(at, FlatNode.SizeOf(node.Kind)), builder); break;
        }
    }

    private static void ReadElements(FlatNode node, FlatReader reader, int first, int count, ListBuilder list, ref long budget)
    {
        Charge(ref budget, count, first);
        var element = node.Element!;
        if (BitConverter.IsLittleEndian && element is { Kind: FlatType.Double, EnumNames: null })
        {
            Unsafe.As<FixedWidthBuilder<double>>(list.Element).Append(MemoryMarshal.Cast<byte, double>(reader.At(first, count * 8)));
        }
        else if (BitConverter.IsLittleEndian && element is { Kind: FlatType.Float, EnumNames: null })
        {
            Unsafe.As<FixedWidthBuilder<float>>(list.Element).Append(MemoryMarshal.Cast<byte, float>(reader.At(first, count * 4)));
        }
        else
        {
            for (int i = 0; i < count; i++) ReadValue(element, reader, first + (i * node.Size), list.Element, ref budget);
        }

        list.EndList();
    }

    private static void ReadUnion(FlatNode node, FlatReader reader, int table, StructBuilder builder, ref long budget)
    {
        int typeAt = reader.Field(table, node.TypeOffset), at = reader.Field(table, node.Offset);
        int number = typeAt < 0 ? 0 : reader.At(typeAt, 1)[0];
        int index = at < 0 ? -1 : Array.IndexOf(node.Variants, number);
        Charge(ref budget, node.Columns, table);
        if (index < 0)
        {
            builder.AppendNull();
            return;
        }

        var columns = builder.ChildSpan;
        for (int i = 0; i < columns.Length; i++)
        {
            if (i != index)
            {
                columns[i].AppendNull();
                continue;
            }

            var variant = node.Fields[i];
            if (variant.Kind != FlatType.Obj)
            {
                ReadValue(variant, reader, at, columns[i], ref budget);
                continue;
            }

            var nested = Unsafe.As<StructBuilder>(columns[i]);
            ReadObject(variant, reader, reader.Follow(at), nested.ChildSpan, ref budget);
            nested.EndStruct();
        }

        builder.EndStruct();
    }

    private static void AppendAbsent(FlatNode node, ColumnBuilder builder, int place, ref long budget)
    {
        if (node.IsOptional || node.Kind is FlatType.String or FlatType.Vector or FlatType.Array or FlatType.Obj)
        {
            Charge(ref budget, node.Columns, place);
            builder.AppendNull();
            return;
        }

        Span<byte> bytes = stackalloc byte[8];
        if (node.Kind == FlatType.Double) BinaryPrimitives.WriteDoubleLittleEndian(bytes, node.DefaultReal);
        else if (node.Kind == FlatType.Float) BinaryPrimitives.WriteSingleLittleEndian(bytes, (float)node.DefaultReal);
        else BinaryPrimitives.WriteInt64LittleEndian(bytes, node.DefaultInteger);
        AppendScalar(node, bytes, builder);
    }

    private static void AppendScalar(FlatNode node, ReadOnlySpan<byte> bytes, ColumnBuilder builder)
    {
        switch (node.Kind)
        {
            case FlatType.Float: Unsafe.As<FixedWidthBuilder<float>>(builder).Append(BinaryPrimitives.ReadSingleLittleEndian(bytes)); return;
            case FlatType.Double: Unsafe.As<FixedWidthBuilder<double>>(builder).Append(BinaryPrimitives.ReadDoubleLittleEndian(bytes)); return;
        }

        long value = node.Kind switch
        {
            FlatType.Byte => (sbyte)bytes[0],
            FlatType.Bool or FlatType.UByte or FlatType.UType => bytes[0],
            FlatType.Short => BinaryPrimitives.ReadInt16LittleEndian(bytes),
            FlatType.UShort => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            FlatType.Int => BinaryPrimitives.ReadInt32LittleEndian(bytes),
            FlatType.UInt => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            _ => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        };
        if (node.EnumNames is { } names)
        {
            AppendName(names.GetValueOrDefault(value), value, Unsafe.As<BinaryBuilder>(builder));
            return;
        }

        switch (node.Kind)
        {
            case FlatType.Bool: Unsafe.As<BooleanBuilder>(builder).Append(value != 0); break;
            case FlatType.ULong: Unsafe.As<FixedWidthBuilder<Int128>>(builder).Append((ulong)value); break;
            case FlatType.UInt or FlatType.Long: Unsafe.As<FixedWidthBuilder<long>>(builder).Append(value); break;
            default: Unsafe.As<FixedWidthBuilder<int>>(builder).Append((int)value); break;
        }
    }

    private static void AppendName(byte[]? name, long value, BinaryBuilder builder)
    {
        if (name is not null)
        {
            builder.Append(name);
            return;
        }

        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(value, digits, out int length);
        builder.Append(digits[..length]);
    }

    // Many offsets may lead to one place, so a small buffer can unfold into much.
    private static void Charge(ref long budget, int values, int position)
    {
        budget -= values;
        if (budget < 0) throw new MessageFormatException("MESH10316", position, "no more values than MaxNestedValues allows", "more");
    }
}
