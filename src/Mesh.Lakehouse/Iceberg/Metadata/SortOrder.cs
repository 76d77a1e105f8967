using System.Text.Json;

namespace Mesh.Lakehouse.Iceberg.Metadata;

/// <summary>A field of a sort order. The transform is kept as text: files are sorted by it, and nothing here has to compute it.</summary>
internal sealed record SortField(int SourceId, string Transform = "identity", bool Descending = false, bool NullsFirst = false)
{
    public static SortField Read(JsonElement element) => new(
        element.GetProperty("source-id").GetInt32(),
        element.Text("transform"),
        element.Text("direction") switch
        {
            "asc" => false,
            "desc" => true,
            var other => throw new FormatException($"'{other}' is no sort direction: expected asc or desc."),
        },
        element.Text("null-order") switch
        {
            "nulls-first" => true,
            "nulls-last" => false,
            var other => throw new FormatException($"'{other}' is no null order: expected nulls-first or nulls-last."),
        });

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("transform", Transform);
        json.WriteNumber("source-id", SourceId);
        json.WriteString("direction", Descending ? "desc" : "asc");
        json.WriteString("null-order", NullsFirst ? "nulls-first" : "nulls-last");
        json.WriteEndObject();
    }
}

/// <summary>How the rows of a file are sorted (Iceberg specification, "Sorting"); order 0 is unsorted.</summary>
internal sealed record SortOrder(int OrderId, IReadOnlyList<SortField> Fields)
{
    /// <summary>By columns, ascending, nulls last.</summary>
    public SortOrder(int orderId, IReadOnlyList<int> sourceIds)
        : this(orderId, [.. sourceIds.Select(id => new SortField(id))])
    {
    }

    /// <summary>Ids of the columns.</summary>
    public IReadOnlyList<int> SourceIds => [.. Fields.Select(sorted => sorted.SourceId)];

    /// <summary>Whether it is by plain columns, ascending with nulls last, as Mesh's own writers sort.</summary>
    public bool IsPlain => Fields.All(sorted => sorted is { Transform: "identity", Descending: false, NullsFirst: false });

    public static SortOrder Read(JsonElement element) =>
        new(element.GetProperty("order-id").GetInt32(), element.GetProperty("fields").EnumerateArray().Select(SortField.Read).ToList());

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("order-id", OrderId);
        json.WriteStartArray("fields");
        foreach (var field in Fields) field.Write(json);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
