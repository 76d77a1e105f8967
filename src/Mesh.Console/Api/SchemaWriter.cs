using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Mesh.Console.Api;

/// <summary>
/// JSON schemas of types, as the serialiser writes and reads them. Objects become named components. Of an answer every property is there; of a
/// request only what the type demands, and so it is for a type that is both.
/// </summary>
internal sealed class SchemaWriter
{
    private readonly JsonSerializerOptions options;
    private readonly Dictionary<Type, string> names = [];
    private readonly SortedDictionary<string, JsonObject> components = new(StringComparer.Ordinal);
    private readonly HashSet<Type> requests = [];

    /// <param name="options">How JSON is written and read.</param>
    /// <param name="requests">Types that requests are made of.</param>
    public SchemaWriter(JsonSerializerOptions options, IEnumerable<Type> requests)
    {
        this.options = new JsonSerializerOptions(options);
        this.options.MakeReadOnly(populateMissingResolver: true);
        foreach (var type in requests) Demand(type);
    }

    /// <summary>The components named so far.</summary>
    public JsonObject Components => new(components.Select(component => KeyValuePair.Create(component.Key, (JsonNode?)component.Value)));

    /// <summary>Schema of a type.</summary>
    /// <exception cref="InvalidOperationException">The serialiser writes the type in a way of its own, which is not known here.</exception>
    public JsonObject Of(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying) return OrNull(Of(underlying));
        if (Primitive(type) is { } primitive) return primitive;
        var info = options.GetTypeInfo(type);
        return info.Kind switch
        {
            JsonTypeInfoKind.Enumerable => new JsonObject { ["type"] = "array", ["items"] = Of(info.ElementType!) },
            JsonTypeInfoKind.Dictionary => new JsonObject { ["type"] = "object", ["additionalProperties"] = Of(info.ElementType!) },
            JsonTypeInfoKind.Object => new JsonObject { ["$ref"] = "#/components/schemas/" + Name(info) },
            _ => throw new InvalidOperationException($"The type {type} is written by a converter of its own, so that its schema is not known."),
        };
    }

    private JsonObject? Primitive(Type type)
    {
        if (type.IsEnum)
        {
            var values = new JsonArray();
            foreach (object value in Enum.GetValues(type)) values.Add(JsonSerializer.SerializeToNode(value, type, options));
            return new JsonObject { ["type"] = "string", ["enum"] = values };
        }

        if (type == typeof(object) || type == typeof(JsonElement) || typeof(JsonNode).IsAssignableFrom(type)) return [];
        if (type == typeof(DateTimeOffset) || type == typeof(DateTime)) return new JsonObject { ["type"] = "string", ["format"] = "date-time" };
        if (type == typeof(DateOnly)) return new JsonObject { ["type"] = "string", ["format"] = "date" };
        if (type == typeof(byte[])) return new JsonObject { ["type"] = "string", ["contentEncoding"] = "base64" };
        if (type == typeof(string) || type == typeof(TimeSpan) || type == typeof(Uri) || type == typeof(char)) return new JsonObject { ["type"] = "string" };
        if (type == typeof(Guid)) return new JsonObject { ["type"] = "string", ["format"] = "uuid" };
        return Type.GetTypeCode(type) switch
        {
            TypeCode.Boolean => new JsonObject { ["type"] = "boolean" },
            TypeCode.Int32 or TypeCode.UInt32 or TypeCode.Int16 or TypeCode.UInt16 or TypeCode.Byte => new JsonObject { ["type"] = "integer" },
            TypeCode.Int64 or TypeCode.UInt64 => new JsonObject { ["type"] = "integer", ["format"] = "int64" },
            TypeCode.Double or TypeCode.Single or TypeCode.Decimal => new JsonObject { ["type"] = "number" },
            _ => null,
        };
    }

    private string Name(JsonTypeInfo info)
    {
        if (names.TryGetValue(info.Type, out string? known)) return known;
        string name = NameOf(info.Type);
        if (components.ContainsKey(name)) name = info.Type.Namespace![(info.Type.Namespace!.LastIndexOf('.') + 1)..] + name;
        names.Add(info.Type, name);

        // Entered before it is filled: types may contain themselves.
        var schema = new JsonObject { ["type"] = "object" };
        components.Add(name, schema);
        bool isRequest = requests.Contains(info.Type);
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (var property in info.Properties)
        {
            if (property.Get is null && property.Set is null && property.AssociatedParameter is null) continue;
            properties[property.Name] = OfProperty(info, property);
            if (isRequest ? IsDemanded(property) : property.ShouldSerialize is null) required.Add(property.Name);
        }

        schema["properties"] = properties;
        if (required.Count > 0) schema["required"] = required;
        return name;
    }

    private JsonObject OfProperty(JsonTypeInfo owner, JsonPropertyInfo property)
    {
        var handling = property.NumberHandling ?? owner.NumberHandling ?? options.NumberHandling;
        bool isText = handling.HasFlag(JsonNumberHandling.WriteAsString) && Type.GetTypeCode(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) is >= TypeCode.SByte and <= TypeCode.Decimal;
        var schema = isText ? new JsonObject { ["type"] = "string", ["pattern"] = "^-?[0-9]+$" } : Of(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType);
        bool isNullable = Nullable.GetUnderlyingType(property.PropertyType) is not null || (!property.PropertyType.IsValueType && property.IsGetNullable);
        return isNullable ? OrNull(schema) : schema;
    }

    private static bool IsDemanded(JsonPropertyInfo property) =>
        property.IsRequired || property.AssociatedParameter is { HasDefaultValue: false, IsNullable: false };

    private static JsonObject OrNull(JsonObject schema)
    {
        if (schema.Count == 0) return schema;
        if (schema["type"] is JsonValue type && schema["enum"] is null)
        {
            schema["type"] = new JsonArray(type.GetValue<string>(), "null");
            return schema;
        }

        return new JsonObject { ["anyOf"] = new JsonArray(schema, new JsonObject { ["type"] = "null" }) };
    }

    private void Demand(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (Primitive(type) is not null || !requests.Add(type)) return;
        var info = options.GetTypeInfo(type);
        if (info.ElementType is { } element) Demand(element);
        foreach (var property in info.Properties) Demand(property.PropertyType);
    }

    private static string NameOf(Type type) => !type.IsGenericType
        ? type.Name
        : $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}Of{string.Concat(type.GetGenericArguments().Select(NameOf))}";
}
