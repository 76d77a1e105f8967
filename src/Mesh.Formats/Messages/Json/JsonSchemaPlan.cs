using System.Text;
using System.Text.Json;
using Mesh.Columnar;

namespace Mesh.Formats.Messages.Json;

/// <summary>
/// Reads a JSON Schema (draft 4 to 2020-12) as columns: objects with properties become structs, arrays lists, and so on. What has no one type
/// (unions of types, objects without properties, arrays without items, tuples, schemas within themselves) is kept as JSON text.
/// </summary>
internal sealed class JsonSchemaPlan
{
    private readonly string schemaName;
    private readonly MessageDecoderOptions options;
    private readonly JsonElement root;
    private readonly List<string> references = [];
    private int visited;

    private JsonSchemaPlan(string schemaName, MessageDecoderOptions options, JsonElement root)
    {
        this.schemaName = schemaName;
        this.options = options;
        this.root = root;
    }

    /// <summary>The plan of a schema; null when it does not describe an object with properties.</summary>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH10306</c>: the schema is not JSON; <c>MESH10303</c>, <c>MESH10304</c>: it unfolds too far.</exception>
    public static JsonNode? Create(MessageSchema schema, MessageDecoderOptions options)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(schema.Data, new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = 128 });
        }
        catch (JsonException exception)
        {
            throw SchemaErrors.NotJson(schema.Name, exception.Message.TrimEnd('.'));
        }

        using (document)
        {
            try
            {
                var node = new JsonSchemaPlan(schema.Name, options, document.RootElement).Compile(document.RootElement, "", 0);
                return node.Kind == JsonKind.Object ? node : null;
            }
            catch (InvalidOperationException exception)
            {
                // The document is checked as JSON when it is parsed, its texts as UTF-8 when they are asked for.
                throw SchemaErrors.NotJson(schema.Name, exception.Message.TrimEnd('.'));
            }
        }
    }

    private JsonNode Compile(JsonElement schema, string path, int depth)
    {
        if (depth > options.MaxNesting) throw SchemaErrors.TooDeep(schemaName, $"property '{path}'", options.MaxNesting);
        if (schema.ValueKind != JsonValueKind.Object) return Leaf(JsonKind.Text, path);
        if (schema.TryGetProperty("$ref", out var reference) && reference.ValueKind == JsonValueKind.String)
        {
            string target = reference.GetString()!;
            // A schema within itself has no end.
            if (references.Contains(target) || Find(target) is not { } found) return Leaf(JsonKind.Text, path);
            references.Add(target);
            var node = Compile(found, path, depth + 1);
            references.RemoveAt(references.Count - 1);
            return node;
        }

        string type = TypeOf(schema);
        if (type.Length == 0)
        {
            foreach (string combination in (ReadOnlySpan<string>)["oneOf", "anyOf", "allOf"])
            {
                if (Only(schema, combination) is { } single) return Compile(single, path, depth + 1);
            }

            if (EnumType(schema) is { } common) type = common;
            else if (schema.TryGetProperty("properties", out _)) type = "object";
        }

        switch (type)
        {
            case "boolean": return Leaf(JsonKind.Boolean, path);
            case "integer": return Leaf(JsonKind.Integer, path);
            case "number": return Leaf(JsonKind.Number, path);
            case "string":
                bool isBase64 = schema.TryGetProperty("contentEncoding", out var encoding) && encoding.ValueKind == JsonValueKind.String && encoding.GetString() == "base64";
                return Leaf(isBase64 ? JsonKind.Base64 : JsonKind.String, path);
            case "array" when schema.TryGetProperty("items", out var items) && items.ValueKind == JsonValueKind.Object:
                var element = Compile(items, $"{path}[]", depth + 1);
                return new JsonNode(JsonKind.List, path) { Element = element, Type = new ListType(new Field("element", element.Type)) };
            case "object" when schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object && properties.EnumerateObject().Any():
                return Object(properties, path, depth);
            default: return Leaf(JsonKind.Text, path);
        }
    }

    private JsonNode Object(JsonElement properties, string path, int depth)
    {
        var node = new JsonNode(JsonKind.Object, path) { Type = DataType.Binary };
        var names = new ColumnNames();
        var fields = new List<Field>();
        var seen = new HashSet<string>();
        foreach (var property in properties.EnumerateObject())
        {
            if (!seen.Add(property.Name)) continue;
            if (++visited > options.MaxFields) throw SchemaErrors.TooManyFields(schemaName, options.MaxFields);
            var child = Compile(property.Value, path.Length == 0 ? property.Name : $"{path}.{property.Name}", depth + 1);
            node.Properties.Add((Encoding.UTF8.GetBytes(property.Name), child));
            node.Columns += child.Columns;
            fields.Add(new Field(names.Claim(property.Name), child.Type));
        }

        node.Type = new StructType(fields);
        return node;
    }

    private static JsonNode Leaf(JsonKind kind, string path) => new(kind, path)
    {
        Type = kind switch
        {
            JsonKind.Boolean => DataType.Boolean,
            JsonKind.Integer => DataType.Int64,
            JsonKind.Number => DataType.Float64,
            JsonKind.Base64 => DataType.Binary,
            _ => DataType.Utf8,
        },
    };

    /// <summary>The one type besides null; empty when there is none, <c>any</c> when there are several.</summary>
    private static string TypeOf(JsonElement schema)
    {
        if (!schema.TryGetProperty("type", out var type)) return "";
        if (type.ValueKind == JsonValueKind.String) return type.GetString()!;
        if (type.ValueKind != JsonValueKind.Array) return "any";
        var types = type.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!).Where(item => item != "null").Distinct().ToArray();
        return types switch
        {
            [var one] => one,
            ["integer", "number"] or ["number", "integer"] => "number",
            _ => "any",
        };
    }

    /// <summary>The only alternative besides null.</summary>
    private static JsonElement? Only(JsonElement schema, string keyword)
    {
        if (!schema.TryGetProperty(keyword, out var alternatives) || alternatives.ValueKind != JsonValueKind.Array) return null;
        var others = alternatives.EnumerateArray().Where(item => !(item.ValueKind == JsonValueKind.Object && item.TryGetProperty("type", out var type)
            && type.ValueKind == JsonValueKind.String && type.GetString() == "null")).ToArray();
        return others is [var one] ? one : null;
    }

    private static string? EnumType(JsonElement schema)
    {
        if (schema.TryGetProperty("const", out var only)) return Kind(only);
        if (!schema.TryGetProperty("enum", out var values) || values.ValueKind != JsonValueKind.Array) return null;
        var kinds = values.EnumerateArray().Where(value => value.ValueKind != JsonValueKind.Null).Select(Kind).Distinct().ToArray();
        return kinds is [var one] ? one : null;

        static string Kind(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.String => "string",
            JsonValueKind.True or JsonValueKind.False => "boolean",
            JsonValueKind.Number => value.TryGetInt64(out _) ? "integer" : "number",
            _ => "any",
        };
    }

    /// <summary>What a reference within the schema points at (JSON Pointer, RFC 6901); null when it leads outside or nowhere.</summary>
    private JsonElement? Find(string reference)
    {
        if (reference == "#") return root;
        if (!reference.StartsWith("#/", StringComparison.Ordinal)) return null;
        var place = root;
        foreach (string part in reference[2..].Split('/'))
        {
            string key = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (place.ValueKind != JsonValueKind.Object || !place.TryGetProperty(key, out place)) return null;
        }

        return place;
    }
}
