using System.Globalization;
using System.Text.Json;
using Mesh.Columnar;
using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg.Metadata;

/// <summary>A field of a partition spec by ids (Iceberg specification, "Partitioning").</summary>
internal sealed record PartitionSpecField(int SourceId, int FieldId, string Name, PartitionTransform Transform, int Parameter)
{
    /// <summary>The transform as the specification writes it: <c>bucket[16]</c>, <c>day</c>.</summary>
    public string TransformText => Transform is PartitionTransform.Bucket or PartitionTransform.Truncate
        ? $"{Transform.ToString().ToLowerInvariant()}[{Parameter}]"
        : Transform.ToString().ToLowerInvariant();

    public static (PartitionTransform Transform, int Parameter) ParseTransform(string text)
    {
        int bracket = text.IndexOf('[', StringComparison.Ordinal);
        string name = bracket < 0 ? text : text[..bracket];
        int parameter = 0;
        bool valid = Enum.TryParse(name, ignoreCase: true, out PartitionTransform transform) && !int.TryParse(name, out _)
            && (transform is PartitionTransform.Bucket or PartitionTransform.Truncate) == (bracket >= 0)
            && (bracket < 0 || (text.EndsWith(']') && int.TryParse(text.AsSpan(bracket + 1, text.Length - bracket - 2), CultureInfo.InvariantCulture, out parameter) && parameter > 0));
        return valid
            ? (transform, parameter)
            : throw new MeshException("MESH8110", $"The table is partitioned by the transform '{text}', which is not supported. Supported: identity, bucket, truncate, year, month, day, hour.");
    }

    /// <summary>Type of the partition values; a day is a date, as Iceberg's own writers have it.</summary>
    public DataType ResultType(DataType source) => Transform switch
    {
        PartitionTransform.Identity or PartitionTransform.Truncate => source,
        PartitionTransform.Day => DataType.Date32,
        _ => DataType.Int32,
    };
}

/// <summary>How a table's files are divided.</summary>
internal sealed record PartitionSpec(int SpecId, IReadOnlyList<PartitionSpecField> Fields)
{
    /// <summary>First id of partition fields; lower ones belong to columns.</summary>
    public const int FirstFieldId = 1000;

    /// <summary>Reads a spec; a field without an id, as version 1 and requests have it, gets the next from <see cref="FirstFieldId"/> on.</summary>
    public static PartitionSpec Read(JsonElement element) => new(element.OptionalInt("spec-id") ?? 0, ReadFields(element.GetProperty("fields")));

    /// <summary>Reads the fields array of a spec.</summary>
    public static IReadOnlyList<PartitionSpecField> ReadFields(JsonElement fields) => [.. fields.EnumerateArray().Select((field, index) =>
    {
        var (transform, parameter) = PartitionSpecField.ParseTransform(field.Text("transform"));
        return new PartitionSpecField(
            field.GetProperty("source-id").GetInt32(), field.OptionalInt("field-id") ?? FirstFieldId + index, field.Text("name"), transform, parameter);
    })];

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("spec-id", SpecId);
        json.WritePropertyName("fields");
        TableMetadataWriter.WriteSpecFields(json, this);
        json.WriteEndObject();
    }

    /// <summary>Types of the partition values under a schema.</summary>
    public IReadOnlyList<DataType> ResultTypes(Schema schema) => [.. Fields.Select(field => field.ResultType(
        schema.Fields.FirstOrDefault(column => column.Id == field.SourceId)?.Type
        ?? throw new MeshException("MESH8110", $"Partition field '{field.Name}' is derived from column {field.SourceId}, which the schema does not have at its top level.")))];

    /// <summary>The spec by column names.</summary>
    public IReadOnlyList<PartitionField> ToPartitionFields(Schema schema) => [.. Fields.Select(field => new PartitionField(
        schema.Fields.FirstOrDefault(column => column.Id == field.SourceId)?.Name ?? field.Name, field.Transform, field.Parameter))];
}
