using System.Globalization;
using System.Numerics;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Mesh.Columnar;
using Field = Mesh.Columnar.Field;
using FieldType = Google.Protobuf.Reflection.FieldDescriptorProto.Types.Type;

namespace Mesh.Formats.Messages.Protobuf;

/// <summary>How a column's value is written.</summary>
internal enum ColumnProtobufEncoding : byte
{
    Fixed32,
    Fixed64,
    Boolean,
    ZigZag32,
    ZigZag64,
    UInt64,
    Bytes,
    DecimalText,
    Timestamp,
    WrappedList,
    Struct,
}

/// <param name="Number">Field number.</param>
/// <param name="Encoding">Encoding of the value, or of a list's element.</param>
/// <param name="IsList">Whether the column is a list, so that the field is repeated.</param>
/// <param name="Nested">Fields of a struct; the one field of a list's message.</param>
internal sealed record ColumnProtobufField(int Number, ColumnProtobufEncoding Encoding, bool IsList, ColumnProtobufField[] Nested)
{
    public bool IsPacked { get; } = IsList && Encoding <= ColumnProtobufEncoding.UInt64;

    public uint Tag { get; } = WireFormat.MakeTag(Number, IsList && Encoding <= ColumnProtobufEncoding.UInt64 ? WireFormat.WireType.LengthDelimited : Encoding switch
    {
        ColumnProtobufEncoding.Fixed32 => WireFormat.WireType.Fixed32,
        ColumnProtobufEncoding.Fixed64 => WireFormat.WireType.Fixed64,
        <= ColumnProtobufEncoding.UInt64 => WireFormat.WireType.Varint,
        _ => WireFormat.WireType.LengthDelimited,
    });

    public int TagSize { get; } = ProtobufWriter.SizeOf((uint)Number << 3);
}

/// <summary>Describes a struct's columns as a protobuf message.</summary>
internal sealed class ColumnProtobufSchema
{
    private readonly FileDescriptorProto file;
    private readonly DescriptorProto root;
    private bool usesTimestamp;

    public ColumnProtobufSchema(string messageName)
    {
        string[] parts = [.. messageName.Split('.', '/').Where(part => part.Length > 0).Select(Identifier)];
        if (parts.Length == 0) parts = ["Row"];
        FullName = string.Join('.', parts);
        root = new DescriptorProto { Name = parts[^1] };
        file = new FileDescriptorProto { Name = $"{string.Join('/', parts)}.proto", Syntax = "proto3", Package = string.Join('.', parts[..^1]), MessageType = { root } };
    }

    public string FullName { get; }

    public ColumnProtobufField[] Add(StructType type) => Fields(type, root, FullName);

    public byte[] ToBytes()
    {
        var set = new FileDescriptorSet();
        if (usesTimestamp)
        {
            set.File.Add(FileDescriptorProto.Parser.ParseFrom(TimestampReflection.Descriptor.SerializedData));
            file.Dependency.Add(TimestampReflection.Descriptor.Name);
        }

        set.File.Add(file);
        return set.ToByteArray();
    }

    /// <summary>Digits of a decimal, with its point.</summary>
    public static string DecimalText(ColumnVector column, int row)
    {
        if (column.IsNull(row)) return "0";
        int scale = ((DecimalType)column.Type).Scale;
        string digits = Int128.Abs(column.Values<Int128>()[row]).ToString(CultureInfo.InvariantCulture);
        if (scale > 0) digits = digits.PadLeft(scale + 1, '0').Insert(Math.Max(digits.Length, scale + 1) - scale, ".");
        return column.Values<Int128>()[row] < 0 ? $"-{digits}" : digits;
    }

    private ColumnProtobufField[] Fields(StructType type, DescriptorProto message, string scope)
    {
        var fields = new ColumnProtobufField[type.Fields.Count];
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < fields.Length; i++)
        {
            var column = type.Fields[i];
            string name = Identifier(column.Name);
            while (!names.Add(name)) name += "_";
            // The numbers 19000 to 19999 are protobuf's own.
            fields[i] = AddField(column.Type, name, column.Name, i + 1 < 19_000 ? i + 1 : i + 1001, message, scope);
        }

        return fields;
    }

    private ColumnProtobufField AddField(DataType type, string name, string jsonName, int number, DescriptorProto message, string scope)
    {
        bool isList = type is ListType;
        var value = type is ListType list ? list.Element.Type : type;
        var field = new FieldDescriptorProto
        {
            Name = name, JsonName = jsonName, Number = number,
            Label = isList ? FieldDescriptorProto.Types.Label.Repeated : FieldDescriptorProto.Types.Label.Optional,
        };
        message.Field.Add(field);
        ColumnProtobufField[] nested = [];
        var encoding = ColumnProtobufEncoding.Bytes;
        switch (value)
        {
            case StructType fields:
                encoding = ColumnProtobufEncoding.Struct;
                nested = Fields(fields, AddMessage(field, message, scope, name, out string inner), inner);
                break;
            case ListType:
                encoding = ColumnProtobufEncoding.WrappedList;
                nested = [AddField(value, "items", "items", 1, AddMessage(field, message, scope, name, out inner), inner)];
                break;
            case { Kind: TypeKind.TimestampMicros }:
                encoding = ColumnProtobufEncoding.Timestamp;
                field.TypeName = ".google.protobuf.Timestamp";
                field.Type = FieldType.Message;
                usesTimestamp = true;
                break;
            default: (field.Type, encoding) = Scalar(value); break;
        }

        // Presence of a scalar is told by a oneof of its own (proto3 optional).
        if (!isList && field.Type != FieldType.Message)
        {
            field.Proto3Optional = true;
            field.OneofIndex = message.OneofDecl.Count;
            message.OneofDecl.Add(new OneofDescriptorProto { Name = $"_{name}" });
        }

        return new ColumnProtobufField(number, encoding, isList, nested);
    }

    private static DescriptorProto AddMessage(FieldDescriptorProto field, DescriptorProto parent, string scope, string name, out string inner)
    {
        string type = $"{char.ToUpperInvariant(name[0])}{name[1..]}Type";
        while (parent.NestedType.Any(other => other.Name == type)) type += "_";
        var message = new DescriptorProto { Name = type };
        parent.NestedType.Add(message);
        inner = $"{scope}.{type}";
        field.Type = FieldType.Message;
        field.TypeName = $".{inner}";
        return message;
    }

    private static (FieldType Type, ColumnProtobufEncoding Encoding) Scalar(DataType type) => type.Kind switch
    {
        TypeKind.Boolean => (FieldType.Bool, ColumnProtobufEncoding.Boolean),
        TypeKind.Int32 or TypeKind.Date32 => (FieldType.Sint32, ColumnProtobufEncoding.ZigZag32),
        TypeKind.Int64 => (FieldType.Sint64, ColumnProtobufEncoding.ZigZag64),
        TypeKind.Float32 => (FieldType.Float, ColumnProtobufEncoding.Fixed32),
        TypeKind.Float64 => (FieldType.Double, ColumnProtobufEncoding.Fixed64),
        TypeKind.Decimal128 when type is DecimalType { Precision: 20, Scale: 0 } => (FieldType.Uint64, ColumnProtobufEncoding.UInt64),
        TypeKind.Decimal128 => (FieldType.String, ColumnProtobufEncoding.DecimalText),
        TypeKind.Binary => (FieldType.Bytes, ColumnProtobufEncoding.Bytes),
        _ => (FieldType.String, ColumnProtobufEncoding.Bytes),
    };

    private static string Identifier(string name)
    {
        var text = new StringBuilder();
        foreach (char c in name) text.Append(char.IsAsciiLetterOrDigit(c) || c == '_' ? c : '_');
        if (text.Length == 0 || char.IsAsciiDigit(text[0])) text.Insert(0, 'f');
        return text.ToString();
    }
}
