using System.Text.Json;
using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg.Avro;

/// <summary>Reads a writer's schema (Avro specification, "Schema Declaration").</summary>
internal sealed class AvroSchemaParser(string source)
{
    private const int MaxTypes = 100_000;

    private readonly Dictionary<string, AvroType> named = new(StringComparer.Ordinal);
    private int types;

    /// <exception cref="MeshException"><c>MESH8120</c> when it is not a record schema.</exception>
    public static AvroRecord ParseRecord(ReadOnlyMemory<byte> json, string source)
    {
        var parser = new AvroSchemaParser(source);
        try
        {
            using var document = JsonDocument.Parse(json);
            return parser.Parse(document.RootElement) as AvroRecord ?? throw parser.Fault("its schema is not a record");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw parser.Fault($"its schema cannot be read: {exception.Message}");
        }
    }

    private AvroType Parse(JsonElement element)
    {
        // JSON of a bounded size can still repeat a type often; the document's depth is bounded by the JSON reader.
        if (++types > MaxTypes) throw Fault($"its schema has more than {MaxTypes} types");
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                return ByName(element.GetString()!);
            case JsonValueKind.Array:
                return new AvroUnion([.. element.EnumerateArray().Select(Parse)]);
            case JsonValueKind.Object:
                break;
            default:
                throw Fault("its schema holds something that is not a type");
        }

        var type = element.GetProperty("type");
        if (type.ValueKind != JsonValueKind.String) return Parse(type);
        switch (type.GetString())
        {
            case "record":
                string name = element.GetProperty("name").GetString() ?? "";
                var record = new AvroRecord(name);
                named[name] = record;
                foreach (var field in element.GetProperty("fields").EnumerateArray())
                {
                    int? id = field.TryGetProperty("field-id", out var fieldId) ? fieldId.GetInt32() : null;
                    record.Add(field.GetProperty("name").GetString() ?? "", Parse(field.GetProperty("type")), id);
                }

                return record;
            case "array":
                return new AvroArray(Parse(element.GetProperty("items")));
            case "map":
                return new AvroMap(Parse(element.GetProperty("values")));
            case "fixed":
                int size = element.GetProperty("size").GetInt32();
                if (size < 0) throw Fault("its schema has a fixed type of negative size");
                return Named(element, new AvroFixed(size));
            case "enum":
                return Named(element, new AvroEnum(element.GetProperty("symbols").GetArrayLength()));
            case { } primitive:
                return ByName(primitive);
            default:
                throw Fault("its schema has a type without a name");
        }
    }

    private AvroType Named(JsonElement element, AvroType type) => named[element.GetProperty("name").GetString() ?? ""] = type;

    private AvroType ByName(string name) => name switch
    {
        "null" => new AvroPrimitive(AvroPrimitiveKind.Null),
        "boolean" => new AvroPrimitive(AvroPrimitiveKind.Boolean),
        "int" => new AvroPrimitive(AvroPrimitiveKind.Int),
        "long" => new AvroPrimitive(AvroPrimitiveKind.Long),
        "float" => new AvroPrimitive(AvroPrimitiveKind.Float),
        "double" => new AvroPrimitive(AvroPrimitiveKind.Double),
        "bytes" => new AvroPrimitive(AvroPrimitiveKind.Bytes),
        "string" => new AvroPrimitive(AvroPrimitiveKind.String),
        _ => named.TryGetValue(name, out var type) ? type : throw Fault($"its schema names the unknown type '{name}'"),
    };

    private MeshException Fault(string what) => AvroFault.At(source, what);
}
