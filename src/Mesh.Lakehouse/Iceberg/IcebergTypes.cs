using System.Globalization;
using System.Text.Json;
using Mesh.Columnar;
using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg;

/// <summary>
/// Columns as Iceberg names them (specification, "Schemas and Data Types" and appendix C, "JSON serialization"):
/// int, long, float, double, boolean, string, binary, timestamptz, date, decimal(P,S), list, struct.
/// </summary>
public static class IcebergTypes
{
    /// <summary>Nesting a schema from outside may have.</summary>
    private const int MaxDepth = 32;

    /// <summary>
    /// The schema as Iceberg's JSON. Writers of data files may put it into the footer under <c>iceberg.schema</c>, where some readers look
    /// for the names that field ids had when the file was written.
    /// </summary>
    public static string ToJson(Schema schema, int schemaId)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer)) Write(json, schema, schemaId);
        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>Type as people read it in messages: <c>long</c>, <c>list&lt;double&gt;</c>.</summary>
    public static string ToText(DataType type) => type switch
    {
        DecimalType number => $"decimal({number.Precision},{number.Scale})",
        ListType list => $"list<{ToText(list.Element.Type)}>",
        StructType structure => $"struct<{string.Join(", ", structure.Fields.Select(field => $"{field.Name}: {ToText(field.Type)}"))}>",
        _ => PrimitiveName(type.Kind),
    };

    /// <summary>Partition field as topologies write it: <c>day(log_time)</c>.</summary>
    public static string ToText(PartitionField field) => field.Transform switch
    {
        PartitionTransform.Identity => field.SourceColumn,
        PartitionTransform.Bucket or PartitionTransform.Truncate => $"{field.Transform.ToString().ToLowerInvariant()}({field.Parameter}, {field.SourceColumn})",
        _ => $"{field.Transform.ToString().ToLowerInvariant()}({field.SourceColumn})",
    };

    internal static void Write(Utf8JsonWriter json, Schema schema, int schemaId, IReadOnlyList<int>? identifierFieldIds = null)
    {
        json.WriteStartObject();
        json.WriteString("type", "struct");
        json.WriteNumber("schema-id", schemaId);
        if (identifierFieldIds is { Count: > 0 })
        {
            json.WriteStartArray("identifier-field-ids");
            foreach (int id in identifierFieldIds) json.WriteNumberValue(id);
            json.WriteEndArray();
        }

        WriteFields(json, schema.Fields);
        json.WriteEndObject();
    }

    internal static (int SchemaId, Schema Schema) ReadSchema(JsonElement element) =>
        (element.TryGetProperty("schema-id", out var id) ? id.GetInt32() : 0, new Schema(ReadFields(element, 0)));

    private static void WriteFields(Utf8JsonWriter json, IReadOnlyList<Field> fields)
    {
        json.WriteStartArray("fields");
        foreach (var field in fields)
        {
            json.WriteStartObject();
            json.WriteNumber("id", field.Id);
            json.WriteString("name", field.Name);
            json.WriteBoolean("required", !field.Nullable);
            json.WritePropertyName("type");
            WriteType(json, field.Type);
            if (field.Doc is not null) json.WriteString("doc", field.Doc);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteType(Utf8JsonWriter json, DataType type)
    {
        switch (type)
        {
            case ListType list:
                json.WriteStartObject();
                json.WriteString("type", "list");
                json.WriteNumber("element-id", list.Element.Id);
                json.WriteBoolean("element-required", !list.Element.Nullable);
                json.WritePropertyName("element");
                WriteType(json, list.Element.Type);
                json.WriteEndObject();
                break;
            case StructType structure:
                json.WriteStartObject();
                json.WriteString("type", "struct");
                WriteFields(json, structure.Fields);
                json.WriteEndObject();
                break;
            case DecimalType number:
                json.WriteStringValue($"decimal({number.Precision}, {number.Scale})");
                break;
            default:
                json.WriteStringValue(PrimitiveName(type.Kind));
                break;
        }
    }

    private static List<Field> ReadFields(JsonElement element, int depth)
    {
        var fields = new List<Field>();
        foreach (var field in element.GetProperty("fields").EnumerateArray())
        {
            fields.Add(new Field(
                field.GetProperty("name").GetString() ?? throw new FormatException("a field has no name"),
                ReadType(field.GetProperty("type"), depth + 1),
                !field.GetProperty("required").GetBoolean(),
                field.GetProperty("id").GetInt32())
            {
                Doc = field.TryGetProperty("doc", out var doc) ? doc.GetString() : null,
            });
        }

        return fields;
    }

    private static DataType ReadType(JsonElement element, int depth)
    {
        if (depth > MaxDepth) throw new FormatException($"types are nested deeper than {MaxDepth}");
        if (element.ValueKind == JsonValueKind.String) return ReadPrimitive(element.GetString()!);
        return element.GetProperty("type").GetString() switch
        {
            "struct" => new StructType(ReadFields(element, depth)),
            "list" => new ListType(new Field(
                "element", ReadType(element.GetProperty("element"), depth + 1), !element.GetProperty("element-required").GetBoolean(),
                element.GetProperty("element-id").GetInt32())),
            var other => throw Unsupported(other),
        };
    }

    private static DataType ReadPrimitive(string name)
    {
        if (name.StartsWith("decimal(", StringComparison.Ordinal) && name.EndsWith(')'))
        {
            string[] parts = name["decimal(".Length..^1].Split(',');
            if (parts.Length == 2 && int.TryParse(parts[0], CultureInfo.InvariantCulture, out int precision)
                && int.TryParse(parts[1], CultureInfo.InvariantCulture, out int scale) && precision is > 0 and <= 38 && scale >= 0 && scale <= precision)
            {
                return new DecimalType(precision, scale);
            }
        }

        return name switch
        {
            "boolean" => DataType.Boolean,
            "int" => DataType.Int32,
            "long" => DataType.Int64,
            "float" => DataType.Float32,
            "double" => DataType.Float64,
            "date" => DataType.Date32,
            "timestamptz" => DataType.TimestampMicros,
            "string" => DataType.Utf8,
            "binary" => DataType.Binary,
            _ => throw Unsupported(name),
        };
    }

    private static string PrimitiveName(TypeKind kind) => kind switch
    {
        TypeKind.Boolean => "boolean",
        TypeKind.Int32 => "int",
        TypeKind.Int64 => "long",
        TypeKind.Float32 => "float",
        TypeKind.Float64 => "double",
        TypeKind.Date32 => "date",
        TypeKind.TimestampMicros => "timestamptz",
        TypeKind.Utf8 => "string",
        TypeKind.Binary => "binary",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "This kind has parameters."),
    };

    private static MeshException Unsupported(string? name) => new(
        "MESH8111", $"A column has the Iceberg type '{name}', which is not supported. Supported: boolean, int, long, float, double, date, timestamptz, "
        + "string, binary, decimal, list, struct.");
}
