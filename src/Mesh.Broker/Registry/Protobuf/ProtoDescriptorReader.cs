using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Mesh.Broker.Registry.Protobuf;

/// <summary>
/// Reads a <c>google.protobuf.FileDescriptorProto</c>, which some clients register in place of a text. Options are kept where
/// descriptor.proto defines them; custom ones are left out, since they carry no meaning for the wire.
/// </summary>
internal static class ProtoDescriptorReader
{
    private const int MaxDepth = ProtoParser.MaxDepth;
    private static readonly Lazy<LinkedProto> Descriptor = new(() => ProtoLinker.Link(WellKnownProtos.Find(WellKnownProtos.Descriptor)!, static _ => null));

    /// <returns>The file as text, which the parser has still to accept; null when the bytes are no descriptor.</returns>
    public static string? TryReadText(byte[] bytes)
    {
        var file = new ProtoFile();
        return TryFile(bytes, file) && file.Name.Length > 0 ? ProtoPrinter.Print(file) : null;
    }

    private static bool TryFile(ReadOnlyMemory<byte> bytes, ProtoFile file)
    {
        var publics = new HashSet<int>();
        var weaks = new HashSet<int>();
        List<string> imports = [];
        bool isRead = TryFields(bytes, (field, number, content) =>
        {
            switch (field)
            {
                case 1: file.Name = Text(content); return true;
                case 2: file.Package = Text(content); return true;
                case 3: imports.Add(Text(content)); return true;
                case 4: return TryMessage(content, file.Messages, 1);
                case 5: return TryEnum(content, file.Enums);
                case 6: return TryService(content, file.Services);
                case 7: return TryField(content, file.Extensions);
                case 8: return TryOptions("FileOptions", content, file.Options);
                case 10: return publics.Add((int)number);
                case 11: return weaks.Add((int)number);
                case 12: file.Syntax = Text(content); return file.Syntax is "proto2" or "proto3";
                default: return true;
            }
        });
        for (int i = 0; i < imports.Count; i++) file.Imports.Add(new ProtoImport(imports[i], publics.Contains(i), weaks.Contains(i)));
        return isRead;
    }

    private static bool TryMessage(ReadOnlyMemory<byte> bytes, List<ProtoMessage> messages, int depth)
    {
        if (depth > MaxDepth) return false;
        var message = new ProtoMessage { Name = "" };
        messages.Add(message);
        List<ProtoOption> options = [];
        bool isRead = TryFields(bytes, (field, _, content) => field switch
        {
            1 => (message.Name = Text(content)).Length > 0,
            2 => TryField(content, message.Fields),
            3 => TryMessage(content, message.Messages, depth + 1),
            4 => TryEnum(content, message.Enums),
            5 => TryRange(content, message.ExtensionRanges),
            6 => TryField(content, message.Extensions),
            7 => TryOptions("MessageOptions", content, options),
            8 => TryOneof(content, message.Oneofs),
            9 => TryRange(content, message.ReservedRanges),
            10 => Add(message.ReservedNames, Text(content)),
            _ => true,
        });
        message.IsMapEntry = options.Exists(option => option.Is("map_entry") && option.Value.Text == "true");
        message.Options.AddRange(options.Where(option => !option.Is("map_entry")));
        if (!isRead || message.Fields.Exists(field => field.Oneof >= message.Oneofs.Count)) return false;
        foreach (var field in message.Fields.Where(field => field.IsProto3Optional && field.Oneof >= 0))
        {
            message.Oneofs[field.Oneof] = new ProtoOneof { Name = message.Oneofs[field.Oneof].Name, IsSynthetic = true };
        }

        return true;
    }

    private static bool TryField(ReadOnlyMemory<byte> bytes, List<ProtoField> fields)
    {
        var read = new ProtoField { Name = "" };
        fields.Add(read);
        return TryFields(bytes, (field, number, content) =>
        {
            switch (field)
            {
                case 1: read.Name = Text(content); break;
                case 2: read.Extendee = Text(content); break;
                case 3: read.Number = (int)number; break;
                case 4: read.Label = (ProtoLabel)number; break;
                case 5: read.Type = (ProtoType)number; break;
                case 6: read.TypeName = Text(content); break;
                case 7: read.Default = Text(content); break;
                case 8: return TryOptions("FieldOptions", content, read.Options);
                case 9: read.Oneof = (int)number; return read.Oneof >= 0;
                case 10: read.JsonName = Text(content); break;
                case 17: read.IsProto3Optional = number != 0; break;
            }

            return true;
        }) && Enum.IsDefined(read.Type) && Enum.IsDefined(read.Label);
    }

    private static bool TryOneof(ReadOnlyMemory<byte> bytes, List<ProtoOneof> oneofs)
    {
        string name = "";
        List<ProtoOption> options = [];
        if (!TryFields(bytes, (field, _, content) => field switch { 1 => (name = Text(content)).Length > 0, 2 => TryOptions("OneofOptions", content, options), _ => true })) return false;
        var oneof = new ProtoOneof { Name = name };
        oneof.Options.AddRange(options);
        oneofs.Add(oneof);
        return true;
    }

    private static bool TryEnum(ReadOnlyMemory<byte> bytes, List<ProtoEnum> enums)
    {
        string name = "";
        var found = new ProtoEnum { Name = "" };
        if (!TryFields(bytes, (field, _, content) => field switch
        {
            1 => (name = Text(content)).Length > 0,
            2 => TryEnumValue(content, found.Values),
            3 => TryOptions("EnumOptions", content, found.Options),
            4 => TryRange(content, found.ReservedRanges),
            5 => Add(found.ReservedNames, Text(content)),
            _ => true,
        }))
        {
            return false;
        }

        var enumeration = new ProtoEnum { Name = name };
        enumeration.Values.AddRange(found.Values);
        enumeration.Options.AddRange(found.Options);
        enumeration.ReservedRanges.AddRange(found.ReservedRanges);
        enumeration.ReservedNames.AddRange(found.ReservedNames);
        enums.Add(enumeration);
        return true;
    }

    private static bool TryEnumValue(ReadOnlyMemory<byte> bytes, List<ProtoEnumValue> values)
    {
        string name = "";
        int value = 0;
        List<ProtoOption> options = [];
        bool isRead = TryFields(bytes, (field, number, content) =>
        {
            if (field == 1) name = Text(content);
            if (field == 2) value = (int)(long)number;
            return field != 3 || TryOptions("EnumValueOptions", content, options);
        });
        values.Add(new ProtoEnumValue(name, value) { Options = options });
        return isRead;
    }

    private static bool TryService(ReadOnlyMemory<byte> bytes, List<ProtoService> services)
    {
        string name = "";
        var found = new ProtoService { Name = "" };
        bool isRead = TryFields(bytes, (field, _, content) => field switch
        {
            1 => (name = Text(content)).Length > 0,
            2 => TryMethod(content, found.Methods),
            3 => TryOptions("ServiceOptions", content, found.Options),
            _ => true,
        });
        var service = new ProtoService { Name = name };
        service.Methods.AddRange(found.Methods);
        service.Options.AddRange(found.Options);
        services.Add(service);
        return isRead;
    }

    private static bool TryMethod(ReadOnlyMemory<byte> bytes, List<ProtoMethod> methods)
    {
        string name = "", input = "", output = "";
        bool clientStreams = false, serverStreams = false;
        List<ProtoOption> options = [];
        bool isRead = TryFields(bytes, (field, number, content) =>
        {
            switch (field)
            {
                case 1: name = Text(content); break;
                case 2: input = Text(content); break;
                case 3: output = Text(content); break;
                case 4: return TryOptions("MethodOptions", content, options);
                case 5: clientStreams = number != 0; break;
                case 6: serverStreams = number != 0; break;
            }

            return true;
        });
        var method = new ProtoMethod { Name = name, Input = input, Output = output, ClientStreaming = clientStreams, ServerStreaming = serverStreams };
        method.Options.AddRange(options);
        methods.Add(method);
        return isRead;
    }

    private static bool TryRange(ReadOnlyMemory<byte> bytes, List<ProtoRange> ranges)
    {
        int start = 0, end = 0;
        bool isRead = TryFields(bytes, (field, number, _) =>
        {
            if (field == 1) start = (int)(long)number;
            if (field == 2) end = (int)(long)number;
            return true;
        });
        ranges.Add(new ProtoRange(start, end));
        return isRead;
    }

    private static bool TryOptions(string type, ReadOnlyMemory<byte> bytes, List<ProtoOption> options)
    {
        var definition = (ProtoMessage)Descriptor.Value.Symbols["google.protobuf." + type]!;
        return TryFields(bytes, (number, value, content) =>
        {
            var field = definition.Fields.Find(each => each.Number == number);
            ProtoValue? read = field?.Type switch
            {
                ProtoType.Bool => new ProtoValue(ProtoValueKind.Identifier, value != 0 ? "true" : "false"),
                ProtoType.String => new ProtoValue(ProtoValueKind.String, Text(content), content.ToArray()),
                ProtoType.Enum when Descriptor.Value.Symbols[field.TypeName![1..]] is ProtoEnum known && known.Values.Find(each => each.Number == (int)value) is { } named =>
                    new ProtoValue(ProtoValueKind.Identifier, named.Name),
                ProtoType.Int32 => new ProtoValue(ProtoValueKind.Integer, ((int)value).ToString(CultureInfo.InvariantCulture)),
                _ => null,
            };
            if (read is not null) options.Add(new ProtoOption([new ProtoOptionName(field!.Name, IsExtension: false)], read));
            return true;
        });
    }

    private static bool Add(List<string> names, string name)
    {
        names.Add(name);
        return true;
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private static bool TryFields(ReadOnlyMemory<byte> bytes, Func<int, ulong, ReadOnlyMemory<byte>, bool> take)
    {
        int position = 0;
        while (position < bytes.Length)
        {
            if (!TryVarint(bytes.Span, ref position, out ulong tag) || tag >> 3 is 0 or > 1 << 29) return false;
            ulong number = 0;
            ReadOnlyMemory<byte> content = default;
            int left = bytes.Length - position;
            switch (tag & 7)
            {
                case 0:
                    if (!TryVarint(bytes.Span, ref position, out number)) return false;
                    break;
                case 1 when left >= 8:
                    number = BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span[position..]);
                    position += 8;
                    break;
                case 5 when left >= 4:
                    number = BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span[position..]);
                    position += 4;
                    break;
                case 2:
                    if (!TryVarint(bytes.Span, ref position, out ulong length) || length > (ulong)(bytes.Length - position)) return false;
                    content = bytes.Slice(position, (int)length);
                    position += (int)length;
                    break;
                default:
                    return false;
            }

            if (!take((int)(tag >> 3), number, content)) return false;
        }

        return true;
    }

    private static bool TryVarint(ReadOnlySpan<byte> bytes, ref int position, out ulong value)
    {
        value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            if (position >= bytes.Length) return false;
            byte next = bytes[position++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return true;
        }

        return false;
    }
}
