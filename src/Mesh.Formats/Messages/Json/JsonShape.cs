using System.Text.Json;
using Mesh.Columnar;

namespace Mesh.Formats.Messages.Json;

/// <summary>
/// What messages without a schema have looked like so far, as a JSON Schema that grows: numbers are doubles, nulls and empty lists say nothing, a property
/// keeps the type it was first seen with. Begins with the columns a table has, so that it goes on where an earlier process stopped.
/// </summary>
public sealed class JsonShape
{
    private const int MaxDepth = 32;
    private readonly Node root = new() { Type = "object" };
    private MessageSchema? schema;

    /// <param name="columns">Columns of the table, without the system columns; null when there is none.</param>
    public JsonShape(IEnumerable<Field>? columns = null)
    {
        foreach (var field in columns ?? [])
        {
            if (Node.Of(field.Type) is { } node) root.Properties[field.Name] = node;
        }
    }

    /// <summary>The shape as a schema without a name; another object once it has grown.</summary>
    public MessageSchema Schema => schema ??= new MessageSchema("", "jsonschema", ToJsonSchema());

    /// <summary>Takes a message in.</summary>
    /// <returns>Null when it fits, perhaps after growing; else why not: a sentence's end that begins with a property. Nothing has grown then.</returns>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public string? Fit(JsonElement message)
    {
        if (Check(root, message, "", 0) is { } misfit) return misfit;
        if (Grow(root, message)) schema = null;
        return null;
    }

    private byte[] ToJsonSchema()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) Write(writer, root);
        return stream.ToArray();
    }

    private static string? Check(Node node, JsonElement value, string path, int depth)
    {
        if (depth > MaxDepth) return $"'{path}' nests deeper than {MaxDepth}";
        string type = TypeOf(value);
        if (type.Length == 0) return null;
        if (node.Type.Length > 0 && node.Type != type && !(node.Type == "integer" && type == "number"))
        {
            return $"'{path}' is of type {type} where it was {node.Type} before";
        }

        if (type == "object")
        {
            foreach (var property in value.EnumerateObject())
            {
                string place = path.Length == 0 ? property.Name : $"{path}.{property.Name}";
                if (Check(node.Properties.GetValueOrDefault(property.Name) ?? new Node(), property.Value, place, depth + 1) is { } misfit) return misfit;
            }
        }
        else if (type == "array")
        {
            var element = node.Element ?? new Node();
            string known = element.Type;
            foreach (var item in value.EnumerateArray())
            {
                string itemType = TypeOf(item);
                if (known.Length == 0) known = itemType;
                else if (itemType.Length > 0 && itemType != known && !(known == "integer" && itemType == "number")) return $"'{path}' holds {itemType} besides {known}";
                if (Check(element, item, path + "[]", depth + 1) is { } misfit) return misfit;
            }
        }

        return null;
    }

    private static bool Grow(Node node, JsonElement value)
    {
        string type = TypeOf(value);
        if (type.Length == 0) return false;
        bool grown = node.Type.Length == 0;
        if (grown) node.Type = type;
        if (type == "object")
        {
            foreach (var property in value.EnumerateObject())
            {
                // What says nothing yet has no place yet.
                if (!Tells(property.Value)) continue;
                if (!node.Properties.TryGetValue(property.Name, out var child))
                {
                    node.Properties.Add(property.Name, child = new Node());
                }

                grown |= Grow(child, property.Value);
            }
        }
        else if (type == "array")
        {
            node.Element ??= new Node();
            foreach (var item in value.EnumerateArray()) grown |= Grow(node.Element, item);
        }

        return grown;
    }

    private static bool Tells(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => false,
        JsonValueKind.Object => value.EnumerateObject().Any(property => Tells(property.Value)),
        JsonValueKind.Array => value.EnumerateArray().Any(Tells),
        _ => true,
    };

    private static string TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        _ => "",
    };

    private static void Write(Utf8JsonWriter writer, Node node)
    {
        writer.WriteStartObject();
        writer.WriteString("type", node.Type);
        if (node.Type == "object")
        {
            writer.WriteStartObject("properties");
            foreach (var (name, child) in node.Properties)
            {
                writer.WritePropertyName(name);
                Write(writer, child);
            }

            writer.WriteEndObject();
        }
        else if (node.Element is { Type.Length: > 0 } element)
        {
            writer.WritePropertyName("items");
            Write(writer, element);
        }

        writer.WriteEndObject();
    }

    private sealed class Node
    {
        public string Type { get; set; } = "";

        public Dictionary<string, Node> Properties { get; } = [];

        public Node? Element { get; set; }

        /// <summary>What a column was made of; null for one that no JSON makes.</summary>
        public static Node? Of(DataType type)
        {
            switch (type)
            {
                case ListType list:
                    return Of(list.Element.Type) is { } element ? new Node { Type = "array", Element = element } : null;
                case StructType fields:
                    var node = new Node { Type = "object" };
                    foreach (var field in fields.Fields)
                    {
                        if (Of(field.Type) is { } child) node.Properties[field.Name] = child;
                    }

                    return node;
                default:
                    string name = type.Kind switch
                    {
                        TypeKind.Boolean => "boolean",
                        TypeKind.Int64 => "integer",
                        TypeKind.Float64 => "number",
                        TypeKind.Utf8 => "string",
                        _ => "",
                    };
                    return name.Length == 0 ? null : new Node { Type = name };
            }
        }
    }
}
