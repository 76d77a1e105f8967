using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Broker.Registry.Avro;
using Mesh.Broker.Registry.Json;
using Mesh.Broker.Registry.Protobuf;

namespace Mesh.Broker.Registry;

/// <summary>A schema that another one refers to, with what it refers to itself.</summary>
internal sealed record ReferencedSchema(string Name, string Text, IReadOnlyList<ReferencedSchema> References);

/// <summary>Reads the text of a schema as its type says.</summary>
internal static class SchemaParser
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 2 * ParsedSchema.MaxDepth, AllowDuplicateProperties = false };

    /// <exception cref="SchemaFormatException">The text is not a schema of the type; the message says why.</exception>
    public static ParsedSchema Parse(string type, string text, IReadOnlyList<ReferencedSchema> references)
    {
        try
        {
            return type switch
            {
                "PROTOBUF" => Protobuf(text, references),
                "JSON" => Json(text, references),
                "AVRO" => Avro(text, references),
                _ => throw new SchemaFormatException($"type '{type}' is not one of AVRO, JSON, PROTOBUF"),
            };
        }
        catch (ProtoSyntaxException exception)
        {
            throw new SchemaFormatException(exception.Message);
        }
        catch (JsonException exception)
        {
            throw new SchemaFormatException($"it is not JSON: {exception.Message}");
        }
        catch (InvalidOperationException)
        {
            // JSON strings may hold half a surrogate pair, which shows only when they are decoded.
            throw new SchemaFormatException("it holds text that is not Unicode");
        }
    }

    private static ProtobufSchema Protobuf(string text, IReadOnlyList<ReferencedSchema> references)
    {
        string source = text;
        if (TryDescriptor(text) is { } fromDescriptor) source = fromDescriptor;
        var byName = new Dictionary<string, string>(StringComparer.Ordinal);
        Collect(references, byName);
        var linked = ProtoLinker.Link(ProtoParser.Parse("schema.proto", source), path => byName.TryGetValue(path, out string? found) ? ProtoParser.Parse(path, TryDescriptor(found) ?? found) : null);
        return new ProtobufSchema(linked) { Text = source, Canonical = ProtoPrinter.Print(linked.File) };
    }

    /// <summary>Some clients register the encoded descriptor in base64 in place of the text.</summary>
    private static string? TryDescriptor(string text)
    {
        if (text.AsSpan().ContainsAnyExcept("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n")) return null;
        byte[] bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out int length) ? ProtoDescriptorReader.TryReadText(bytes[..length]) : null;
    }

    private static void Collect(IReadOnlyList<ReferencedSchema> references, Dictionary<string, string> byName)
    {
        foreach (var reference in references)
        {
            if (byName.TryAdd(reference.Name, reference.Text)) Collect(reference.References, byName);
        }
    }

    private static JsonSchema Json(string text, IReadOnlyList<ReferencedSchema> references)
    {
        var root = JsonDocument.Parse(text, Options).RootElement;
        return new JsonSchema(new JsonSchemaReader(root, Readers(references, new(ReferenceEqualityComparer.Instance))).Root) { Text = text, Canonical = JsonSerializer.Serialize(root) };
    }

    private static Dictionary<string, JsonSchemaReader> Readers(IReadOnlyList<ReferencedSchema> references, Dictionary<object, JsonSchemaReader> known)
    {
        var readers = new Dictionary<string, JsonSchemaReader>(StringComparer.Ordinal);
        foreach (var reference in references)
        {
            if (!known.TryGetValue(reference, out var reader)) known[reference] = reader = new JsonSchemaReader(JsonDocument.Parse(reference.Text, Options).RootElement, Readers(reference.References, known));
            readers[reference.Name] = reader;
        }

        return readers;
    }

    private static AvroSchema Avro(string text, IReadOnlyList<ReferencedSchema> references)
    {
        var names = new Dictionary<string, AvroNode>(StringComparer.Ordinal);
        var defined = new HashSet<ReferencedSchema>(ReferenceEqualityComparer.Instance);
        foreach (var reference in references) Define(reference, names, defined);
        var root = Root(text);
        return new AvroSchema(new AvroReader(names).Read(root, "")) { Text = text, Canonical = Ordered(root)?.ToJsonString() ?? "null" };
    }

    private static void Define(ReferencedSchema reference, Dictionary<string, AvroNode> names, HashSet<ReferencedSchema> defined)
    {
        if (!defined.Add(reference)) return;
        foreach (var inner in reference.References) Define(inner, names, defined);
        new AvroReader(names).Read(Root(reference.Text), "");
    }

    /// <summary>A bare name such as <c>string</c> is accepted for a type, as the original accepts it.</summary>
    private static JsonElement Root(string text) =>
        JsonDocument.Parse(text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.') ? $"\"{text}\"" : text, Options).RootElement;

    /// <summary>The same with the properties of every object in one order; <c>{"type": "int"}</c> is <c>"int"</c>.</summary>
    private static JsonNode? Ordered(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Array:
                return new JsonArray([.. element.EnumerateArray().Select(Ordered)]);
            case JsonValueKind.Object:
                var properties = element.EnumerateObject().ToList();
                if (properties is [{ Name: "type", Value.ValueKind: JsonValueKind.String } only]) return only.Value.GetString();
                return new JsonObject(properties.OrderBy(property => property.Name, StringComparer.Ordinal).Select(property => KeyValuePair.Create(property.Name, Ordered(property.Value))));
            default:
                return JsonNode.Parse(element.GetRawText());
        }
    }
}

/// <summary>A linked <c>.proto</c> file.</summary>
internal sealed class ProtobufSchema(LinkedProto linked) : ParsedSchema
{
    public LinkedProto Linked { get; } = linked;

    public override IReadOnlyList<Incompatibility> CannotRead(ParsedSchema writer) => ProtoChangeText.Describe(ProtobufCompatibility.Compare(((ProtobufSchema)writer).Linked, Linked));
}

/// <summary>A JSON schema.</summary>
internal sealed class JsonSchema(JsonSchemaNode root) : ParsedSchema
{
    public JsonSchemaNode Root { get; } = root;

    public override IReadOnlyList<Incompatibility> CannotRead(ParsedSchema writer) => JsonCompatibility.Compare(((JsonSchema)writer).Root, Root);
}

/// <summary>An Avro schema.</summary>
internal sealed class AvroSchema(AvroNode root) : ParsedSchema
{
    public AvroNode Root { get; } = root;

    public override IReadOnlyList<Incompatibility> CannotRead(ParsedSchema writer) => AvroCompatibility.Compare(Root, ((AvroSchema)writer).Root);
}
