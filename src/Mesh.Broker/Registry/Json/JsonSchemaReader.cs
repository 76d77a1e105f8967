using System.Globalization;
using System.Text.Json;

namespace Mesh.Broker.Registry.Json;

/// <summary>Reads the nodes of a JSON schema (Draft 4 to 2020-12) and resolves <c>$ref</c>, in the document and across references.</summary>
internal sealed class JsonSchemaReader
{
    private const int MaxRefs = 64;
    private static readonly string[] Combinations = ["allOf", "anyOf", "oneOf"];
    private static readonly string[] ObjectWords = ["properties", "patternProperties", "additionalProperties", "required", "maxProperties", "minProperties", "dependencies", "dependentRequired", "dependentSchemas", "propertyNames", "unevaluatedProperties"];
    private static readonly string[] ArrayWords = ["items", "prefixItems", "additionalItems", "maxItems", "minItems", "uniqueItems", "contains", "unevaluatedItems"];
    private static readonly string[] StringWords = ["maxLength", "minLength", "pattern"];
    private static readonly string[] NumberWords = ["maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum", "multipleOf"];

    private readonly JsonElement root;
    private readonly IReadOnlyDictionary<string, JsonSchemaReader> references;
    private readonly Dictionary<string, JsonElement> anchors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonSchemaNode> byRef = new(StringComparer.Ordinal);

    /// <param name="root">The document.</param>
    /// <param name="references">Other documents by the name they are referred to.</param>
    /// <exception cref="SchemaFormatException">It is not a schema, or a reference leads nowhere.</exception>
    public JsonSchemaReader(JsonElement root, IReadOnlyDictionary<string, JsonSchemaReader> references)
    {
        this.root = root;
        this.references = references;
        if (root.ValueKind is not (JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False)) throw new SchemaFormatException("a JSON schema is an object, true or false");
        List<(string Ref, string At)> used = [];
        Collect(root, "#", used, 0);
        foreach (var (reference, at) in used) _ = Resolve(reference, at);
        Root = Read(root);
    }

    public JsonSchemaNode Root { get; }

    /// <summary>The node of a schema within the document.</summary>
    public JsonSchemaNode Read(JsonElement element) => Read(element, 0);

    private JsonSchemaNode Read(JsonElement element, int refs)
    {
        if (element.ValueKind == JsonValueKind.False) return new JsonSchemaNode { Kind = JsonSchemaKind.Nothing, Reader = this, Element = element };
        if (element.ValueKind != JsonValueKind.Object) return Anything(element);
        if (element.TryGetProperty("$ref", out var reference) && reference.ValueKind == JsonValueKind.String)
        {
            if (refs > MaxRefs) throw new SchemaFormatException($"$ref {reference.GetString()} leads to itself");
            var (reader, target) = Resolve(reference.GetString()!, "#");
            string key = reference.GetString()!;
            if (byRef.TryGetValue(key, out var known)) return known;
            var node = reader.Read(target, refs + 1);
            return byRef[key] = node;
        }

        var parts = Parts(element);
        return parts.Count switch { 0 => Anything(element), 1 => parts[0](), _ => new JsonSchemaNode { Kind = JsonSchemaKind.Combined, Criterion = "allOf", Parts = Once(parts), Reader = this, Element = element } };
    }

    private JsonSchemaNode Anything(JsonElement element) => new() { Kind = JsonSchemaKind.Anything, Reader = this, Element = element };

    private List<Func<JsonSchemaNode>> Parts(JsonElement element)
    {
        List<Func<JsonSchemaNode>> parts = [];
        bool hasType = element.TryGetProperty("type", out var type);
        if (hasType && type.ValueKind == JsonValueKind.String)
        {
            parts.Add(() => Typed(element, type.GetString()!));
        }
        else if (hasType && type.ValueKind == JsonValueKind.Array)
        {
            List<Func<JsonSchemaNode>> types = [.. type.EnumerateArray().Where(each => each.ValueKind == JsonValueKind.String).Select(each => (Func<JsonSchemaNode>)(() => Typed(element, each.GetString()!)))];
            if (types.Count == 1) parts.Add(types[0]);
            else parts.Add(() => new JsonSchemaNode { Kind = JsonSchemaKind.Combined, Criterion = "anyOf", Parts = Once(types), Reader = this, Element = element });
        }
        else
        {
            // Without a type the keywords say what is meant.
            if (HasAny(element, ObjectWords)) parts.Add(() => Typed(element, "object"));
            if (HasAny(element, ArrayWords)) parts.Add(() => Typed(element, "array"));
            if (HasAny(element, StringWords)) parts.Add(() => Typed(element, "string"));
            if (HasAny(element, NumberWords)) parts.Add(() => Typed(element, "number"));
        }

        if (element.TryGetProperty("enum", out var values) && values.ValueKind == JsonValueKind.Array) parts.Add(() => new JsonSchemaNode { Kind = JsonSchemaKind.Enum, Reader = this, Element = element });
        if (element.TryGetProperty("const", out _)) parts.Add(() => new JsonSchemaNode { Kind = JsonSchemaKind.Const, Reader = this, Element = element });
        if (element.TryGetProperty("not", out _)) parts.Add(() => new JsonSchemaNode { Kind = JsonSchemaKind.Not, Reader = this, Element = element });
        foreach (string criterion in Combinations)
        {
            if (!element.TryGetProperty(criterion, out var list) || list.ValueKind != JsonValueKind.Array) continue;
            List<Func<JsonSchemaNode>> schemas = [.. list.EnumerateArray().Select(each => (Func<JsonSchemaNode>)(() => Read(each)))];
            parts.Add(() => new JsonSchemaNode { Kind = JsonSchemaKind.Combined, Criterion = criterion, Parts = Once(schemas), Reader = this, Element = element });
        }

        return parts;
    }

    private JsonSchemaNode Typed(JsonElement element, string type) => new()
    {
        Kind = type switch
        {
            "object" => JsonSchemaKind.Object,
            "array" => JsonSchemaKind.Array,
            "string" => JsonSchemaKind.String,
            "number" or "integer" => JsonSchemaKind.Number,
            "boolean" => JsonSchemaKind.Boolean,
            "null" => JsonSchemaKind.Null,
            _ => throw new SchemaFormatException($"\"{type}\" is no type of JSON"),
        },
        IsInteger = type == "integer",
        Reader = this,
        Element = element,
    };

    /// <summary>The same node for the same place, so that pairs that were compared are known again.</summary>
    private static List<Func<JsonSchemaNode>> Once(IEnumerable<Func<JsonSchemaNode>> parts) =>
        [.. parts.Select(part => new Lazy<JsonSchemaNode>(part)).Select(lazy => (Func<JsonSchemaNode>)(() => lazy.Value))];

    private static bool HasAny(JsonElement element, string[] words) => words.Any(word => element.TryGetProperty(word, out _));

    private void Collect(JsonElement element, string at, List<(string, string)> used, int depth)
    {
        if (depth > ParsedSchema.MaxDepth) throw new SchemaFormatException($"schemas are nested more than {ParsedSchema.MaxDepth} deep");
        if (element.ValueKind == JsonValueKind.Array)
        {
            int i = 0;
            foreach (var item in element.EnumerateArray()) Collect(item, string.Create(CultureInfo.InvariantCulture, $"{at}/{i++}"), used, depth + 1);
        }

        if (element.ValueKind != JsonValueKind.Object) return;
        foreach (var property in element.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.String)
            {
                if (property.Name == "$ref") used.Add((property.Value.GetString()!, at));
                else if (property.Name is "$id" or "id") anchors.TryAdd(property.Value.GetString()!.TrimEnd('#'), element);
                else if (property.Name is "$anchor" or "$dynamicAnchor") anchors.TryAdd("#" + property.Value.GetString(), element);
                else if (property.Name == "type" && depth == 0) _ = Typed(element, property.Value.GetString()!);
            }
            else if (property.Name is not ("enum" or "const" or "default" or "examples"))
            {
                Collect(property.Value, $"{at}/{property.Name}", used, depth + 1);
            }
        }
    }

    private (JsonSchemaReader Reader, JsonElement Target) Resolve(string reference, string at)
    {
        int hash = reference.IndexOf('#', StringComparison.Ordinal);
        string document = hash < 0 ? reference : reference[..hash];
        string fragment = hash < 0 ? "" : reference[(hash + 1)..];
        if (document.Length > 0 && !anchors.ContainsKey(document) && references.TryGetValue(document, out var other))
        {
            return (other, fragment.Length == 0 ? other.root : other.Pointer(other.root, fragment) ?? throw Unresolved(reference, at));
        }

        // An $id is resolved against the document's own where it is relative.
        JsonElement start = root;
        if (document.Length > 0 && !anchors.TryGetValue(document, out start))
        {
            string? match = anchors.Keys.FirstOrDefault(id => id.EndsWith("/" + document, StringComparison.Ordinal));
            if (match is null) throw Unresolved(reference, at);
            start = anchors[match];
        }

        return (this, fragment.Length == 0 ? start : Pointer(start, fragment) ?? throw Unresolved(reference, at));
    }

    private JsonElement? Pointer(JsonElement from, string fragment)
    {
        if (fragment[0] != '/') return anchors.TryGetValue("#" + fragment, out var anchored) ? anchored : null;
        var current = from;
        foreach (string part in fragment[1..].Split('/'))
        {
            string name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (current.ValueKind == JsonValueKind.Object && current.TryGetProperty(name, out var next)) current = next;
            else if (current.ValueKind == JsonValueKind.Array && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < current.GetArrayLength()) current = current[index];
            else return null;
        }

        return current;
    }

    private static SchemaFormatException Unresolved(string reference, string at) => new($"the $ref \"{reference}\" at {at} leads nowhere");
}
