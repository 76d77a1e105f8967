using System.Text;
using System.Text.Json;
using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg.Metadata;

namespace Mesh.Lakehouse.Iceberg.Manifests;

/// <summary>Avro schemas of manifests and manifest lists; every field carries its id of the specification.</summary>
internal static class ManifestSchemas
{
    /// <summary>Schema of a manifest list's entries.</summary>
    public static string ManifestList(int formatVersion) => formatVersion < 3
        ? ManifestListFields + "]}"
        : ManifestListFields + """,{"name":"first_row_id","type":["null","long"],"default":null,"field-id":520}]}""";

    private const string ManifestListFields =
        """
        {"type":"record","name":"manifest_file","fields":[
        {"name":"manifest_path","type":"string","field-id":500},
        {"name":"manifest_length","type":"long","field-id":501},
        {"name":"partition_spec_id","type":"int","field-id":502},
        {"name":"content","type":"int","field-id":517},
        {"name":"sequence_number","type":"long","field-id":515},
        {"name":"min_sequence_number","type":"long","field-id":516},
        {"name":"added_snapshot_id","type":"long","field-id":503},
        {"name":"added_files_count","type":"int","field-id":504},
        {"name":"existing_files_count","type":"int","field-id":505},
        {"name":"deleted_files_count","type":"int","field-id":506},
        {"name":"added_rows_count","type":"long","field-id":512},
        {"name":"existing_rows_count","type":"long","field-id":513},
        {"name":"deleted_rows_count","type":"long","field-id":514},
        {"name":"partitions","type":["null",{"type":"array","element-id":508,"items":{"type":"record","name":"r508","fields":[
        {"name":"contains_null","type":"boolean","field-id":509},
        {"name":"contains_nan","type":["null","boolean"],"default":null,"field-id":518},
        {"name":"lower_bound","type":["null","bytes"],"default":null,"field-id":510},
        {"name":"upper_bound","type":["null","bytes"],"default":null,"field-id":511}]}}],"default":null,"field-id":507},
        {"name":"key_metadata","type":["null","bytes"],"default":null,"field-id":519}
        """;

    /// <summary>Schema of a manifest's entries: the partition record depends on the spec.</summary>
    public static string ManifestEntry(PartitionLayout layout, int formatVersion)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type", "record");
            json.WriteString("name", "manifest_entry");
            json.WriteStartArray("fields");
            Field(json, "status", 0, "\"int\"");
            Field(json, "snapshot_id", 1, """["null","long"]""");
            Field(json, "sequence_number", 3, """["null","long"]""");
            Field(json, "file_sequence_number", 4, """["null","long"]""");
            Field(json, "data_file", 2, DataFile(layout, formatVersion));
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static string DataFile(PartitionLayout layout, int formatVersion)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type", "record");
            json.WriteString("name", "r2");
            json.WriteStartArray("fields");
            Field(json, "content", 134, "\"int\"");
            Field(json, "file_path", 100, "\"string\"");
            Field(json, "file_format", 101, "\"string\"");
            Field(json, "partition", 102, Partition(layout));
            Field(json, "record_count", 103, "\"long\"");
            Field(json, "file_size_in_bytes", 104, "\"long\"");
            Field(json, "column_sizes", 108, Map(117, 118, "long"));
            Field(json, "value_counts", 109, Map(119, 120, "long"));
            Field(json, "null_value_counts", 110, Map(121, 122, "long"));
            Field(json, "nan_value_counts", 137, Map(138, 139, "long"));
            Field(json, "lower_bounds", 125, Map(126, 127, "bytes"));
            Field(json, "upper_bounds", 128, Map(129, 130, "bytes"));
            Field(json, "key_metadata", 131, """["null","bytes"]""");
            Field(json, "split_offsets", 132, """["null",{"type":"array","element-id":133,"items":"long"}]""");
            Field(json, "equality_ids", 135, """["null",{"type":"array","element-id":136,"items":"int"}]""");
            Field(json, "sort_order_id", 140, """["null","int"]""");
            if (formatVersion >= 3) Field(json, "first_row_id", 142, """["null","long"]""");
            Field(json, "referenced_data_file", 143, """["null","string"]""");
            if (formatVersion >= 3)
            {
                Field(json, "content_offset", 144, """["null","long"]""");
                Field(json, "content_size_in_bytes", 145, """["null","long"]""");
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static string Partition(PartitionLayout layout)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type", "record");
            json.WriteString("name", "r102");
            json.WriteStartArray("fields");
            for (int i = 0; i < layout.Types.Count; i++)
            {
                var field = layout.Spec.Fields[i];
                Field(json, AvroName(field.Name), field.FieldId, $"""["null",{AvroTypeOf(layout.Types[i], field.FieldId)}]""");
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void Field(Utf8JsonWriter json, string name, int id, string type)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WritePropertyName("type");
        json.WriteRawValue(type);
        if (type.StartsWith("[\"null\"", StringComparison.Ordinal)) json.WriteNull("default");
        json.WriteNumber("field-id", id);
        json.WriteEndObject();
    }

    /// <summary>Maps by int are arrays of pairs, because Avro's own maps have text keys (Iceberg specification, appendix A).</summary>
    private static string Map(int keyId, int valueId, string valueType)
    {
        string pair =
            $$"""
            {"type":"record","name":"k{{keyId}}_v{{valueId}}","fields":[
            {"name":"key","type":"int","field-id":{{keyId}}}, {"name":"value","type":"{{valueType}}","field-id":{{valueId}} }]}
            """;
        return $$"""["null",{"type":"array","logicalType":"map","items":{{pair}} }]""";
    }

    /// <summary>Types of partition values (Iceberg specification, appendix A); named ones carry the field's id, since a name may be defined once.</summary>
    private static string AvroTypeOf(DataType type, int id) => type.Kind switch
    {
        TypeKind.Boolean => "\"boolean\"",
        TypeKind.Int32 => "\"int\"",
        TypeKind.Int64 => "\"long\"",
        TypeKind.Float32 => "\"float\"",
        TypeKind.Float64 => "\"double\"",
        TypeKind.Date32 => """{"type":"int","logicalType":"date"}""",
        TypeKind.TimeMicros => """{"type":"long","logicalType":"time-micros"}""",
        TypeKind.TimestampMicros => """{"type":"long","logicalType":"timestamp-micros","adjust-to-utc":true}""",
        TypeKind.LocalTimestampMicros => """{"type":"long","logicalType":"timestamp-micros","adjust-to-utc":false}""",
        TypeKind.TimestampNanos => """{"type":"long","logicalType":"timestamp-nanos","adjust-to-utc":true}""",
        TypeKind.LocalTimestampNanos => """{"type":"long","logicalType":"timestamp-nanos","adjust-to-utc":false}""",
        TypeKind.Utf8 => "\"string\"",
        TypeKind.Binary => "\"bytes\"",
        TypeKind.Uuid => $$"""{"type":"fixed","size":16,"logicalType":"uuid","name":"uuid_{{id}}"}""",
        TypeKind.FixedBinary => $$"""{"type":"fixed","size":{{type.ByteWidth}},"name":"fixed_{{id}}"}""",
        TypeKind.Decimal128 => DecimalType((Columnar.DecimalType)type, id),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Partition values are primitive."),
    };

    private static string DecimalType(Columnar.DecimalType type, int id) =>
        $$"""{"type":"fixed","size":{{DecimalBytes(type.Precision)}},"logicalType":"decimal","precision":{{type.Precision}},"scale":{{type.Scale}},"name":"decimal_{{id}}"}""";

    /// <summary>Fewest bytes that hold every number of so many digits.</summary>
    public static int DecimalBytes(int precision)
    {
        int bytes = 1;
        while (System.Numerics.BigInteger.Pow(2, (8 * bytes) - 1) <= System.Numerics.BigInteger.Pow(10, precision) - 1) bytes++;
        return bytes;
    }

    /// <summary>Avro names are letters, digits and underscores; columns are found by id, so the name only has to be legal.</summary>
    private static string AvroName(string name)
    {
        var legal = new StringBuilder();
        foreach (char character in name)
        {
            bool letter = char.IsAsciiLetter(character) || character == '_';
            if (letter || (char.IsAsciiDigit(character) && legal.Length > 0)) legal.Append(character);
            else if (char.IsAsciiDigit(character)) legal.Append('_').Append(character);
            else legal.Append("_x").Append(((int)character).ToString("X"));
        }

        return legal.ToString();
    }
}
