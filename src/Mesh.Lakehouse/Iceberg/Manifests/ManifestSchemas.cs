using System.Text;
using System.Text.Json;
using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg.Metadata;

namespace Mesh.Lakehouse.Iceberg.Manifests;

/// <summary>Avro schemas of manifests and manifest lists; every field carries its id of the specification.</summary>
internal static class ManifestSchemas
{
    public const string ManifestList =
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
        {"name":"key_metadata","type":["null","bytes"],"default":null,"field-id":519}]}
        """;

    /// <summary>Schema of a manifest's entries: the partition record depends on the spec.</summary>
    public static string ManifestEntry(PartitionSpec spec, IReadOnlyList<DataType> resultTypes)
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
            Field(json, "data_file", 2, DataFile(spec, resultTypes));
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static string DataFile(PartitionSpec spec, IReadOnlyList<DataType> resultTypes)
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
            Field(json, "partition", 102, Partition(spec, resultTypes));
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
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static string Partition(PartitionSpec spec, IReadOnlyList<DataType> resultTypes)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type", "record");
            json.WriteString("name", "r102");
            json.WriteStartArray("fields");
            for (int i = 0; i < spec.Fields.Count; i++)
            {
                Field(json, AvroName(spec.Fields[i].Name), spec.Fields[i].FieldId, $"""["null",{AvroTypeOf(resultTypes[i])}]""");
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

    private static string AvroTypeOf(DataType type) => type.Kind switch
    {
        TypeKind.Int32 => "\"int\"",
        TypeKind.Int64 => "\"long\"",
        TypeKind.Date32 => """{"type":"int","logicalType":"date"}""",
        TypeKind.TimestampMicros => """{"type":"long","logicalType":"timestamp-micros","adjust-to-utc":true}""",
        _ => "\"string\"",
    };

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
