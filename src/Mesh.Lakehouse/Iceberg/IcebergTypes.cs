using System.Globalization;
using System.Text.Json;
using Mesh.Columnar;
using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg;

/// <summary>
/// Columns as Iceberg names them (specification, "Schemas and Data Types" and appendix C, "JSON serialization"):
/// boolean, int, long, float, double, decimal(P,S), date, time, timestamp, timestamptz, timestamp_ns, timestamptz_ns, string, uuid, fixed[L],
/// binary, list, map, struct.
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
        FixedBinaryType bytes => $"fixed[{bytes.ByteCount}]",
        ListType list => $"list<{ToText(list.Element.Type)}>",
        MapType map => $"map<{ToText(map.Key.Type)}, {ToText(map.Value.Type)}>",
        StructType structure => $"struct<{string.Join(", ", structure.Fields.Select(field => $"{field.Name}: {ToText(field.Type)}"))}>",
        _ => PrimitiveName(type.Kind),
    };

    /// <summary>A type without parts, by its name: <c>long</c>, <c>decimal(10,2)</c>.</summary>
    /// <exception cref="MeshException"><c>MESH8111</c> when there is no such type.</exception>
    public static DataType ParsePrimitive(string name) => ReadPrimitive(name.Trim());

    /// <summary>The lowest format version that a table of the schema may have: nanoseconds came with version 3.</summary>
    internal static int RequiredFormatVersion(Schema schema) => schema.Fields.Any(field => HasNanoseconds(field.Type)) ? 3 : 2;

    private static bool HasNanoseconds(DataType type) => type switch
    {
        StructType structure => structure.Fields.Any(field => HasNanoseconds(field.Type)),
        ListType list => HasNanoseconds(list.Element.Type),
        MapType map => HasNanoseconds(map.Key.Type) || HasNanoseconds(map.Value.Type),
        _ => type.Kind is TypeKind.TimestampNanos or TypeKind.LocalTimestampNanos,
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
            case MapType map:
                json.WriteStartObject();
                json.WriteString("type", "map");
                json.WriteNumber("key-id", map.Key.Id);
                json.WritePropertyName("key");
                WriteType(json, map.Key.Type);
                json.WriteNumber("value-id", map.Value.Id);
                json.WriteBoolean("value-required", !map.Value.Nullable);
                json.WritePropertyName("value");
                WriteType(json, map.Value.Type);
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
            case FixedBinaryType bytes:
                json.WriteStringValue($"fixed[{bytes.ByteCount}]");
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
            "map" => new MapType(
                new Field("key", ReadType(element.GetProperty("key"), depth + 1), Nullable: false, element.GetProperty("key-id").GetInt32()),
                new Field(
                    "value", ReadType(element.GetProperty("value"), depth + 1), !element.GetProperty("value-required").GetBoolean(),
                    element.GetProperty("value-id").GetInt32())),
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

        if (name.StartsWith("fixed[", StringComparison.Ordinal) && name.EndsWith(']')
            && int.TryParse(name.AsSpan("fixed[".Length, name.Length - "fixed[]".Length), CultureInfo.InvariantCulture, out int length) && length > 0)
        {
            return new FixedBinaryType(length);
        }

        return name switch
        {
            "boolean" => DataType.Boolean,
            "int" => DataType.Int32,
            "long" => DataType.Int64,
            "float" => DataType.Float32,
            "double" => DataType.Float64,
            "date" => DataType.Date32,
            "time" => DataType.TimeMicros,
            "timestamp" => DataType.LocalTimestampMicros,
            "timestamptz" => DataType.TimestampMicros,
            "timestamp_ns" => DataType.LocalTimestampNanos,
            "timestamptz_ns" => DataType.TimestampNanos,
            "uuid" => DataType.Uuid,
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
        TypeKind.TimeMicros => "time",
        TypeKind.LocalTimestampMicros => "timestamp",
        TypeKind.TimestampMicros => "timestamptz",
        TypeKind.LocalTimestampNanos => "timestamp_ns",
        TypeKind.TimestampNanos => "timestamptz_ns",
        TypeKind.Uuid => "uuid",
        TypeKind.Float16 => "float16",
        TypeKind.Utf8 => "string",
        TypeKind.Binary => "binary",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "This kind has parameters."),
    };

    private static MeshException Unsupported(string? name) => new(
        "MESH8111", $"A column has the Iceberg type '{name}', which is not supported. Supported: boolean, int, long, float, double, decimal, date, time, "
        + "timestamp, timestamptz, timestamp_ns, timestamptz_ns, string, uuid, fixed, binary, list, map, struct.");
}
