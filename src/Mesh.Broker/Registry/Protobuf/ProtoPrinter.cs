using System.Globalization;
using System.Text;

namespace Mesh.Broker.Registry.Protobuf;

/// <summary>
/// Writes a file as text in one form: no comments, full type names, elements grouped by kind. Two linked files that differ only in layout
/// print the same.
/// </summary>
internal sealed class ProtoPrinter
{
    private readonly StringBuilder text = new();
    private int indent;
    private bool isProto3;

    public static string Print(ProtoFile file)
    {
        var printer = new ProtoPrinter();
        printer.File(file);
        return printer.text.ToString();
    }

    public static string Quote(ReadOnlySpan<byte> bytes) => $"\"{ProtoDefaults.Escape(bytes)}\"";

    private static string Quote(string content) => Quote(Encoding.UTF8.GetBytes(content));

    private void File(ProtoFile file)
    {
        isProto3 = file.IsProto3;
        Line($"syntax = \"{file.Syntax}\";");
        if (file.Package.Length > 0) Line($"package {file.Package};");
        foreach (var import in file.Imports.OrderBy(each => each.Path, StringComparer.Ordinal))
        {
            Line($"import {(import.IsPublic ? "public " : import.IsWeak ? "weak " : "")}{Quote(import.Path)};");
        }

        Options(file.Options);
        foreach (var message in file.Messages) Message(message, file.Extensions);
        foreach (var enumeration in file.Enums) Enumeration(enumeration);
        Extensions(file.Extensions, file.Messages);
        foreach (var service in file.Services) Service(service);
    }

    private void Message(ProtoMessage message, IReadOnlyList<ProtoField> siblingFields)
    {
        if (message.IsMapEntry || IsGroup(message, siblingFields)) return;
        Line($"message {message.Name} {{");
        Body(message);
        Line("}");
    }

    private static bool IsGroup(ProtoMessage message, IReadOnlyList<ProtoField> fields)
    {
        foreach (var field in fields)
        {
            if (field.Type == ProtoType.Group && Names(field.TypeName!, message)) return true;
        }

        return false;
    }

    private static bool Names(string typeName, ProtoMessage message) =>
        typeName == message.Name || typeName.EndsWith("." + message.Name, StringComparison.Ordinal);

    private void Body(ProtoMessage message)
    {
        indent++;
        Options(message.Options);
        Reserved(message.ReservedRanges, message.ReservedNames, isEnum: false);
        foreach (var range in message.ExtensionRanges) Line($"extensions {Range(range, isEnum: false)}{Brackets(range.Options, [])};");
        foreach (var field in message.Fields)
        {
            if (field.Oneof < 0 || message.Oneofs[field.Oneof].IsSynthetic) Field(field, message.Messages, isOneof: false);
        }

        for (int i = 0; i < message.Oneofs.Count; i++)
        {
            if (message.Oneofs[i].IsSynthetic) continue;
            Line($"oneof {message.Oneofs[i].Name} {{");
            indent++;
            Options(message.Oneofs[i].Options);
            foreach (var field in message.Fields)
            {
                if (field.Oneof == i) Field(field, message.Messages, isOneof: true);
            }

            indent--;
            Line("}");
        }

        List<ProtoField> groups = [.. message.Fields, .. message.Extensions];
        foreach (var nested in message.Messages) Message(nested, groups);
        foreach (var enumeration in message.Enums) Enumeration(enumeration);
        Extensions(message.Extensions, message.Messages);
        indent--;
    }

    private void Field(ProtoField field, List<ProtoMessage> siblings, bool isOneof)
    {
        List<string> extra = [];
        if (field.Default is not null) extra.Add($"default = {DefaultOf(field)}");
        if (field.JsonName is not null && field.JsonName != JsonName(field.Name)) extra.Add($"json_name = {Quote(field.JsonName)}");
        string tail = $" = {field.Number.ToString(CultureInfo.InvariantCulture)}{Brackets(field.Options, extra)}";
        var nested = field.TypeName is null ? null : siblings.Find(each => Names(field.TypeName, each));
        if (nested is { IsMapEntry: true, Fields.Count: 2 })
        {
            Line($"map<{TypeOf(nested.Fields[0])}, {TypeOf(nested.Fields[1])}> {field.Name}{tail};");
            return;
        }

        string label = isOneof ? ""
            : field.IsProto3Optional ? "optional "
            : field.Label switch { ProtoLabel.Repeated => "repeated ", ProtoLabel.Required => "required ", _ => isProto3 ? "" : "optional " };
        if (field.Type == ProtoType.Group && nested is not null)
        {
            Line($"{label}group {nested.Name}{tail} {{");
            Body(nested);
            Line("}");
            return;
        }

        Line($"{label}{TypeOf(field)} {field.Name}{tail};");
    }

    private static string DefaultOf(ProtoField field) => field.Type switch
    {
        ProtoType.String => Quote(field.Default!),
        ProtoType.Bytes => $"\"{field.Default}\"",
        _ => field.Default!,
    };

    private static string TypeOf(ProtoField field) => field.TypeName ?? field.Type.ToString().ToLowerInvariant();

    private void Extensions(IReadOnlyList<ProtoField> extensions, List<ProtoMessage> siblings)
    {
        foreach (var group in extensions.GroupBy(field => field.Extendee, StringComparer.Ordinal))
        {
            Line($"extend {group.Key} {{");
            indent++;
            foreach (var field in group) Field(field, siblings, isOneof: false);
            indent--;
            Line("}");
        }
    }

    private void Enumeration(ProtoEnum enumeration)
    {
        Line($"enum {enumeration.Name} {{");
        indent++;
        Options(enumeration.Options);
        Reserved(enumeration.ReservedRanges, enumeration.ReservedNames, isEnum: true);
        foreach (var value in enumeration.Values) Line($"{value.Name} = {value.Number.ToString(CultureInfo.InvariantCulture)}{Brackets(value.Options, [])};");
        indent--;
        Line("}");
    }

    private void Service(ProtoService service)
    {
        Line($"service {service.Name} {{");
        indent++;
        Options(service.Options);
        foreach (var method in service.Methods)
        {
            string head = $"rpc {method.Name} ({(method.ClientStreaming ? "stream " : "")}{method.Input}) returns ({(method.ServerStreaming ? "stream " : "")}{method.Output})";
            if (method.Options.Count == 0)
            {
                Line(head + (method.HasBody ? " {}" : ";"));
                continue;
            }

            Line(head + " {");
            indent++;
            Options(method.Options);
            indent--;
            Line("}");
        }

        indent--;
        Line("}");
    }

    private void Reserved(List<ProtoRange> ranges, List<string> names, bool isEnum)
    {
        if (ranges.Count > 0) Line($"reserved {string.Join(", ", ranges.OrderBy(range => range.Start).Select(range => Range(range, isEnum)))};");
        if (names.Count > 0) Line($"reserved {string.Join(", ", names.Order(StringComparer.Ordinal).Select(Quote))};");
    }

    private static string Range(ProtoRange range, bool isEnum)
    {
        int last = isEnum ? range.End : range.End - 1;
        int max = isEnum ? int.MaxValue : (1 << 29) - 1;
        string start = range.Start.ToString(CultureInfo.InvariantCulture);
        if (last == range.Start) return start;
        return $"{start} to {(last == max ? "max" : last.ToString(CultureInfo.InvariantCulture))}";
    }

    private void Options(IEnumerable<ProtoOption> options)
    {
        // Stable: an option that repeats keeps its order.
        foreach (var option in options.OrderBy(NameOf, StringComparer.Ordinal)) Line($"option {Setting(option)};");
    }

    private static string Brackets(IEnumerable<ProtoOption> options, List<string> extra)
    {
        extra.AddRange(options.OrderBy(NameOf, StringComparer.Ordinal).Select(Setting));
        return extra.Count == 0 ? "" : $" [{string.Join(", ", extra)}]";
    }

    private static string NameOf(ProtoOption option) => string.Join('.', option.Name.Select(part => part.IsExtension ? $"({part.Name})" : part.Name));

    private static string Setting(ProtoOption option) =>
        $"{NameOf(option)} = {(option.Value.Kind == ProtoValueKind.String ? Quote(option.Value.Bytes) : option.Value.Text)}";

    private static string JsonName(string name) => ProtoDeclarations.JsonName(name);

    private void Line(string line) => text.Append(' ', indent * 2).Append(line).Append('\n');
}
