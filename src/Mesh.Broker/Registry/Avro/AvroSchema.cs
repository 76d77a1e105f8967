using System.Text.Json;

namespace Mesh.Broker.Registry.Avro;

internal enum AvroType
{
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Record,
    Enum,
    Array,
    Map,
    Fixed,
    Union,
}

/// <summary>A field of a record.</summary>
internal sealed record AvroField(string Name, AvroNode Type, bool HasDefault, IReadOnlyList<string> Aliases);

/// <summary>A type of an Avro schema (Avro specification 1.11, "Schema Declaration"); named types may contain themselves.</summary>
internal sealed class AvroNode
{
    public required AvroType Type { get; init; }

    /// <summary>Full name of a record, enum or fixed; else the type's name.</summary>
    public required string Name { get; init; }

    public IReadOnlyList<string> Aliases { get; init; } = [];

    public IReadOnlyList<AvroField> Fields { get; set; } = [];

    public IReadOnlyList<string> Symbols { get; init; } = [];

    public bool HasDefaultSymbol { get; init; }

    public int Size { get; init; }

    /// <summary>Items of an array, values of a map.</summary>
    public AvroNode? Element { get; init; }

    public IReadOnlyList<AvroNode> Branches { get; init; } = [];

    public string ShortName => Name[(Name.LastIndexOf('.') + 1)..];
}

/// <summary>Reads Avro schemas.</summary>
internal sealed class AvroReader(Dictionary<string, AvroNode> names)
{
    private int depth;

    /// <param name="element">The schema.</param>
    /// <param name="space">Namespace around it.</param>
    /// <exception cref="SchemaFormatException">It is not an Avro schema.</exception>
    public AvroNode Read(JsonElement element, string space)
    {
        if (++depth > ParsedSchema.MaxDepth) throw new SchemaFormatException($"types are nested more than {ParsedSchema.MaxDepth} deep");
        try
        {
            return element.ValueKind switch
            {
                JsonValueKind.String => Named(element.GetString()!, space),
                JsonValueKind.Array => Union(element, space),
                JsonValueKind.Object => Complex(element, space),
                _ => throw new SchemaFormatException($"expected a type, found {element.GetRawText()}"),
            };
        }
        finally
        {
            depth--;
        }
    }

    private static AvroType? Primitive(string name) => name switch
    {
        "null" => AvroType.Null,
        "boolean" => AvroType.Boolean,
        "int" => AvroType.Int,
        "long" => AvroType.Long,
        "float" => AvroType.Float,
        "double" => AvroType.Double,
        "bytes" => AvroType.Bytes,
        "string" => AvroType.String,
        _ => null,
    };

    private AvroNode Named(string name, string space)
    {
        if (Primitive(name) is { } primitive) return new AvroNode { Type = primitive, Name = name };
        if (!name.Contains('.', StringComparison.Ordinal) && space.Length > 0 && names.TryGetValue($"{space}.{name}", out var near)) return near;
        return names.TryGetValue(name, out var known) ? known : throw new SchemaFormatException($"\"{name}\" is not a defined name");
    }

    private AvroNode Union(JsonElement element, string space)
    {
        List<AvroNode> branches = [];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var each in element.EnumerateArray())
        {
            var branch = Read(each, space);
            if (branch.Type == AvroType.Union) throw new SchemaFormatException("a union holds a union");
            if (!seen.Add(branch.Name)) throw new SchemaFormatException($"a union holds {branch.Name} twice");
            branches.Add(branch);
        }

        return new AvroNode { Type = AvroType.Union, Name = "union", Branches = branches };
    }

    private AvroNode Complex(JsonElement element, string space)
    {
        if (!element.TryGetProperty("type", out var type)) throw new SchemaFormatException($"no type in {Short(element)}");
        if (type.ValueKind != JsonValueKind.String) return Read(type, space);
        string name = type.GetString()!;
        switch (name)
        {
            case "record" or "error":
                return Record(element, space);
            case "enum":
                return Enumeration(element, space);
            case "fixed":
                if (!element.TryGetProperty("size", out var size) || size.ValueKind != JsonValueKind.Number || !size.TryGetInt32(out int bytes) || bytes < 0) throw new SchemaFormatException($"no size in {Short(element)}");
                return Define(new AvroNode { Type = AvroType.Fixed, Name = FullName(element, space), Aliases = Aliases(element, space), Size = bytes });
            case "array":
                return new AvroNode { Type = AvroType.Array, Name = name, Element = Read(Required(element, "items"), space) };
            case "map":
                return new AvroNode { Type = AvroType.Map, Name = name, Element = Read(Required(element, "values"), space) };
            default:
                return Named(name, space);
        }
    }

    private AvroNode Record(JsonElement element, string space)
    {
        string name = FullName(element, space);
        var record = Define(new AvroNode { Type = AvroType.Record, Name = name, Aliases = Aliases(element, space) });
        string inner = NamespaceOf(name);
        var fields = Required(element, "fields");
        if (fields.ValueKind != JsonValueKind.Array) throw new SchemaFormatException($"the fields of {name} are no array");
        List<AvroField> read = [];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var field in fields.EnumerateArray())
        {
            string fieldName = Text(field, "name") ?? throw new SchemaFormatException($"a field of {name} has no name");
            if (!IsName(fieldName)) throw new SchemaFormatException($"\"{fieldName}\" is no name");
            if (!seen.Add(fieldName)) throw new SchemaFormatException($"{name} has the field {fieldName} twice");
            var type = Read(Required(field, "type"), inner);
            bool hasDefault = field.TryGetProperty("default", out var value);
            if (hasDefault && !Fits(value, type)) throw new SchemaFormatException($"the default {Short(value)} of {name}.{fieldName} does not fit its type {type.Name}");
            read.Add(new AvroField(fieldName, type, hasDefault, Names(field, "aliases")));
        }

        record.Fields = read;
        return record;
    }

    private AvroNode Enumeration(JsonElement element, string space)
    {
        string name = FullName(element, space);
        var symbols = Names(element, "symbols");
        if (!element.TryGetProperty("symbols", out _)) throw new SchemaFormatException($"the enum {name} has no symbols");
        if (symbols.Distinct(StringComparer.Ordinal).Count() != symbols.Count) throw new SchemaFormatException($"the enum {name} has a symbol twice");
        if (symbols.FirstOrDefault(symbol => !IsName(symbol)) is { } wrong) throw new SchemaFormatException($"\"{wrong}\" is no symbol");
        string? byDefault = Text(element, "default");
        if (byDefault is not null && !symbols.Contains(byDefault)) throw new SchemaFormatException($"the default {byDefault} of {name} is none of its symbols");
        return Define(new AvroNode { Type = AvroType.Enum, Name = name, Aliases = Aliases(element, space), Symbols = symbols, HasDefaultSymbol = byDefault is not null });
    }

    private AvroNode Define(AvroNode node) =>
        names.TryAdd(node.Name, node) ? node : throw new SchemaFormatException($"\"{node.Name}\" is defined twice");

    private static bool Fits(JsonElement value, AvroNode type) => type.Type switch
    {
        AvroType.Null => value.ValueKind == JsonValueKind.Null,
        AvroType.Boolean => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        AvroType.Int => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out _),
        AvroType.Long => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        AvroType.Float or AvroType.Double => value.ValueKind == JsonValueKind.Number || (value.ValueKind == JsonValueKind.String && value.GetString() is "NaN" or "Infinity" or "-Infinity"),
        AvroType.Bytes or AvroType.String or AvroType.Fixed => value.ValueKind == JsonValueKind.String,
        AvroType.Enum => value.ValueKind == JsonValueKind.String && type.Symbols.Contains(value.GetString()),
        AvroType.Array => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => Fits(item, type.Element!)),
        AvroType.Map => value.ValueKind == JsonValueKind.Object && value.EnumerateObject().All(item => Fits(item.Value, type.Element!)),
        AvroType.Record => value.ValueKind == JsonValueKind.Object && type.Fields.All(field => value.TryGetProperty(field.Name, out var part) ? Fits(part, field.Type) : field.HasDefault),
        _ => type.Branches.Any(branch => Fits(value, branch)),
    };

    private static string FullName(JsonElement element, string space)
    {
        string name = Text(element, "name") ?? throw new SchemaFormatException($"no name in {Short(element)}");
        if (name.Split('.').Any(part => !IsName(part))) throw new SchemaFormatException($"\"{name}\" is no name");
        if (name.Contains('.', StringComparison.Ordinal)) return name;
        string own = Text(element, "namespace") ?? space;
        return own.Length == 0 ? name : $"{own}.{name}";
    }

    private static List<string> Aliases(JsonElement element, string space)
    {
        string own = NamespaceOf(FullName(element, space));
        return [.. Names(element, "aliases").Select(alias => alias.Contains('.', StringComparison.Ordinal) || own.Length == 0 ? alias : $"{own}.{alias}")];
    }

    private static List<string> Names(JsonElement element, string property)
    {
        if (!element.TryGetProperty(property, out var list)) return [];
        if (list.ValueKind != JsonValueKind.Array || list.EnumerateArray().Any(each => each.ValueKind != JsonValueKind.String)) throw new SchemaFormatException($"{property} is no array of strings");
        return [.. list.EnumerateArray().Select(each => each.GetString()!)];
    }

    private static string NamespaceOf(string name) => name.LastIndexOf('.') is var dot and >= 0 ? name[..dot] : "";

    private static bool IsName(string name) =>
        name.Length > 0 && (char.IsAsciiLetter(name[0]) || name[0] == '_') && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private static JsonElement Required(JsonElement element, string property) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(property, out var value) ? value : throw new SchemaFormatException($"no {property} in {Short(element)}");

    private static string? Text(JsonElement element, string property) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string Short(JsonElement element) => element.GetRawText() is { Length: > 80 } text ? text[..80] + "..." : element.GetRawText();
}
