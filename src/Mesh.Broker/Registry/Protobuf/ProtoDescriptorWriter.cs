namespace Mesh.Broker.Registry.Protobuf;

/// <summary>Encodes a linked file as <c>google.protobuf.FileDescriptorProto</c>, as protoc's <c>--descriptor_set_out</c> does.</summary>
internal sealed class ProtoDescriptorWriter
{
    private readonly LinkedProto linked;
    private readonly ProtoOptionEncoder options;

    private ProtoDescriptorWriter(LinkedProto linked)
    {
        this.linked = linked;
        options = new ProtoOptionEncoder(linked);
    }

    public static byte[] Write(LinkedProto linked)
    {
        var writer = new ProtoWireWriter();
        new ProtoDescriptorWriter(linked).File(writer);
        return writer.ToArray();
    }

    private void File(ProtoWireWriter to)
    {
        var file = linked.File;
        to.Text(1, file.Name);
        if (file.Package.Length > 0) to.Text(2, file.Package);
        foreach (var import in file.Imports) to.Text(3, import.Path);
        foreach (var message in file.Messages) to.Message(4, inner => Message(inner, message));
        foreach (var enumeration in file.Enums) to.Message(5, inner => Enumeration(inner, enumeration, file.Package));
        foreach (var service in file.Services) to.Message(6, inner => Service(inner, service));
        foreach (var extension in file.Extensions) to.Message(7, inner => Field(inner, extension, file.Package));
        Options(to, 8, "FileOptions", file.Options, file.Package);
        for (int i = 0; i < file.Imports.Count; i++)
        {
            if (file.Imports[i].IsPublic) to.Varint(10, (ulong)i);
            if (file.Imports[i].IsWeak) to.Varint(11, (ulong)i);
        }

        if (file.IsProto3) to.Text(12, file.Syntax);
    }

    private void Message(ProtoWireWriter to, ProtoMessage message)
    {
        to.Text(1, message.Name);
        foreach (var field in message.Fields) to.Message(2, inner => Field(inner, field, message.FullName));
        foreach (var nested in message.Messages) to.Message(3, inner => Message(inner, nested));
        foreach (var enumeration in message.Enums) to.Message(4, inner => Enumeration(inner, enumeration, message.FullName));
        foreach (var range in message.ExtensionRanges)
        {
            to.Message(5, inner =>
            {
                Range(inner, range);
                Options(inner, 3, "ExtensionRangeOptions", range.Options, message.FullName);
            });
        }

        foreach (var extension in message.Extensions) to.Message(6, inner => Field(inner, extension, message.FullName));
        if (message.IsMapEntry) to.Message(7, static inner => inner.Varint(7, 1));
        else Options(to, 7, "MessageOptions", message.Options, message.FullName);
        foreach (var oneof in message.Oneofs)
        {
            to.Message(8, inner =>
            {
                inner.Text(1, oneof.Name);
                Options(inner, 2, "OneofOptions", oneof.Options, message.FullName);
            });
        }

        foreach (var range in message.ReservedRanges) to.Message(9, inner => Range(inner, range));
        foreach (string name in message.ReservedNames) to.Text(10, name);
    }

    private void Field(ProtoWireWriter to, ProtoField field, string scope)
    {
        to.Text(1, field.Name);
        if (field.Extendee is not null) to.Text(2, field.Extendee);
        to.Varint(3, (ulong)field.Number);
        to.Varint(4, (ulong)field.Label);
        to.Varint(5, (ulong)field.Type);
        if (field.TypeName is not null) to.Text(6, field.TypeName);
        if (field.Default is not null) to.Text(7, field.Default);
        Options(to, 8, "FieldOptions", field.Options, scope);
        if (field.Oneof >= 0) to.Varint(9, (ulong)field.Oneof);
        if (field.JsonName is not null) to.Text(10, field.JsonName);
        if (field.IsProto3Optional) to.Varint(17, 1);
    }

    private void Enumeration(ProtoWireWriter to, ProtoEnum enumeration, string scope)
    {
        to.Text(1, enumeration.Name);
        foreach (var value in enumeration.Values)
        {
            to.Message(2, inner =>
            {
                inner.Text(1, value.Name);
                inner.Varint(2, (ulong)(long)value.Number);
                Options(inner, 3, "EnumValueOptions", value.Options, enumeration.FullName);
            });
        }

        Options(to, 3, "EnumOptions", enumeration.Options, scope);
        foreach (var range in enumeration.ReservedRanges) to.Message(4, inner => Range(inner, range));
        foreach (string name in enumeration.ReservedNames) to.Text(5, name);
    }

    private void Service(ProtoWireWriter to, ProtoService service)
    {
        to.Text(1, service.Name);
        string scope = linked.File.Package.Length == 0 ? service.Name : $"{linked.File.Package}.{service.Name}";
        foreach (var method in service.Methods)
        {
            to.Message(2, inner =>
            {
                inner.Text(1, method.Name);
                inner.Text(2, method.Input);
                inner.Text(3, method.Output);
                if (method.HasBody && method.Options.Count == 0) inner.Bytes(4, []);
                Options(inner, 4, "MethodOptions", method.Options, scope);
                if (method.ClientStreaming) inner.Varint(5, 1);
                if (method.ServerStreaming) inner.Varint(6, 1);
            });
        }

        Options(to, 3, "ServiceOptions", service.Options, scope);
    }

    private static void Range(ProtoWireWriter to, ProtoRange range)
    {
        to.Varint(1, (ulong)(long)range.Start);
        to.Varint(2, (ulong)(long)range.End);
    }

    private void Options(ProtoWireWriter to, int field, string type, List<ProtoOption> set, string scope)
    {
        if (set.Count > 0 && options.Encode(type, set, scope) is { Length: > 0 } encoded) to.Bytes(field, encoded);
    }
}
