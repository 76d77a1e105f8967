using System.Text.Json;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg.Updates;

/// <summary>Updates as JSON (Iceberg REST specification).</summary>
internal static class TableUpdateJson
{
    /// <exception cref="MeshException"><c>MESH8132</c> when it is of a kind that is not known: a commit must then be refused whole.</exception>
    public static TableUpdate Read(JsonElement element) => element.Text("action") switch
    {
        "assign-uuid" => new AssignUuid(element.GetProperty("uuid").GetGuid()),
        "upgrade-format-version" => new UpgradeFormatVersion(element.GetProperty("format-version").GetInt32()),
        "add-schema" => new AddSchema(TableSchema.Read(element.GetProperty("schema"))),
        "set-current-schema" => new SetCurrentSchema(element.GetProperty("schema-id").GetInt32()),
        "remove-schemas" => new RemoveSchemas([.. element.GetProperty("schema-ids").EnumerateArray().Select(id => id.GetInt32())]),
        "add-spec" => new AddPartitionSpec(ReadSpecFields(element.GetProperty("spec"))),
        "set-default-spec" => new SetDefaultSpec(element.GetProperty("spec-id").GetInt32()),
        "remove-partition-specs" => new RemovePartitionSpecs([.. element.GetProperty("spec-ids").EnumerateArray().Select(id => id.GetInt32())]),
        "add-sort-order" => new AddSortOrder(SortOrder.Read(element.GetProperty("sort-order"))),
        "set-default-sort-order" => new SetDefaultSortOrder(element.GetProperty("sort-order-id").GetInt32()),
        "add-snapshot" => new AddSnapshot(SnapshotJson.Read(element.GetProperty("snapshot"), UnknownSchemaId)),
        "set-snapshot-ref" => new SetSnapshotRef(element.Text("ref-name"), SnapshotJson.ReadRef(element)),
        "remove-snapshots" => new RemoveSnapshots([.. element.GetProperty("snapshot-ids").EnumerateArray().Select(id => id.GetInt64())]),
        "remove-snapshot-ref" => new RemoveSnapshotRef(element.Text("ref-name")),
        "set-location" => new SetLocation(element.Text("location")),
        "set-properties" => new SetProperties(element.Texts(element.Find("updates") is null ? "updated" : "updates")),
        "remove-properties" => new RemoveProperties([.. element.Items(element.Find("removals") is null ? "removed" : "removals").Select(key => key.GetString() ?? "")]),
        "set-statistics" => new SetStatistics(StatisticsFile.Read(element.GetProperty("statistics"))),
        "remove-statistics" => new RemoveStatistics(element.GetProperty("snapshot-id").GetInt64()),
        "set-partition-statistics" => new SetPartitionStatistics(PartitionStatisticsFile.Read(element.GetProperty("partition-statistics"))),
        "remove-partition-statistics" => new RemovePartitionStatistics(element.GetProperty("snapshot-id").GetInt64()),
        "add-encryption-key" => new AddEncryptionKey(EncryptedKey.Read(element.GetProperty("encryption-key"))),
        "remove-encryption-key" => new RemoveEncryptionKey(element.Text("key-id")),
        var other => throw new MeshException("MESH8132", $"The commit has an update '{other}', which is not known here; nothing was changed."),
    };

    /// <summary>Schema id of a snapshot that states none; the builder puts the current one in its place.</summary>
    public const int UnknownSchemaId = -1;

    public static IReadOnlyList<UnboundPartitionField> ReadSpecFields(JsonElement spec) => [.. spec.GetProperty("fields").EnumerateArray().Select(field =>
    {
        var (transform, parameter) = PartitionSpecField.ParseTransform(field.Text("transform"));
        return new UnboundPartitionField(field.GetProperty("source-id").GetInt32(), field.OptionalInt("field-id"), field.Text("name"), transform, parameter);
    })];

    public static void WriteSpec(Utf8JsonWriter json, IReadOnlyList<UnboundPartitionField> fields)
    {
        json.WriteStartObject();
        json.WriteNumber("spec-id", 0);
        json.WriteStartArray("fields");
        foreach (var field in fields)
        {
            json.WriteStartObject();
            json.WriteNumber("source-id", field.SourceId);
            if (field.FieldId is { } id) json.WriteNumber("field-id", id);
            json.WriteString("name", field.Name);
            json.WriteString("transform", new PartitionSpecField(field.SourceId, 0, field.Name, field.Transform, field.Parameter).TransformText);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, TableUpdate update)
    {
        json.WriteStartObject();
        json.WriteString("action", ActionOf(update));
        switch (update)
        {
            case AssignUuid assign:
                json.WriteString("uuid", assign.Uuid);
                break;
            case UpgradeFormatVersion upgrade:
                json.WriteNumber("format-version", upgrade.FormatVersion);
                break;
            case AddSchema add:
                json.WritePropertyName("schema");
                add.Schema.Write(json);
                break;
            case SetCurrentSchema set:
                json.WriteNumber("schema-id", set.SchemaId);
                break;
            case RemoveSchemas remove:
                WriteNumbers("schema-ids", remove.SchemaIds.Select(id => (long)id));
                break;
            case AddPartitionSpec add:
                json.WritePropertyName("spec");
                WriteSpec(json, add.Fields);
                break;
            case SetDefaultSpec set:
                json.WriteNumber("spec-id", set.SpecId);
                break;
            case RemovePartitionSpecs remove:
                WriteNumbers("spec-ids", remove.SpecIds.Select(id => (long)id));
                break;
            case AddSortOrder add:
                json.WritePropertyName("sort-order");
                add.Order.Write(json);
                break;
            case SetDefaultSortOrder set:
                json.WriteNumber("sort-order-id", set.OrderId);
                break;
            case AddSnapshot add:
                json.WritePropertyName("snapshot");
                SnapshotJson.Write(json, add.Snapshot);
                break;
            case SetSnapshotRef set:
                json.WriteString("ref-name", set.Name);
                SnapshotJson.WriteRefFields(json, set.Reference);
                break;
            case RemoveSnapshots remove:
                WriteNumbers("snapshot-ids", remove.SnapshotIds);
                break;
            case RemoveSnapshotRef remove:
                json.WriteString("ref-name", remove.Name);
                break;
            case SetLocation set:
                json.WriteString("location", set.Location);
                break;
            case SetProperties set:
                json.WriteTexts("updates", set.Updates);
                break;
            case RemoveProperties remove:
                json.WriteStartArray("removals");
                foreach (string key in remove.Removals) json.WriteStringValue(key);
                json.WriteEndArray();
                break;
            case SetStatistics set:
                json.WriteNumber("snapshot-id", set.Statistics.SnapshotId);
                json.WritePropertyName("statistics");
                set.Statistics.Write(json);
                break;
            case RemoveStatistics remove:
                json.WriteNumber("snapshot-id", remove.SnapshotId);
                break;
            case SetPartitionStatistics set:
                json.WritePropertyName("partition-statistics");
                set.Statistics.Write(json);
                break;
            case RemovePartitionStatistics remove:
                json.WriteNumber("snapshot-id", remove.SnapshotId);
                break;
            case AddEncryptionKey add:
                json.WritePropertyName("encryption-key");
                add.Key.Write(json);
                break;
            case RemoveEncryptionKey remove:
                json.WriteString("key-id", remove.KeyId);
                break;
        }

        json.WriteEndObject();

        void WriteNumbers(string name, IEnumerable<long> numbers)
        {
            json.WriteStartArray(name);
            foreach (long number in numbers) json.WriteNumberValue(number);
            json.WriteEndArray();
        }
    }

    private static string ActionOf(TableUpdate update) => update switch
    {
        AssignUuid => "assign-uuid",
        UpgradeFormatVersion => "upgrade-format-version",
        AddSchema => "add-schema",
        SetCurrentSchema => "set-current-schema",
        RemoveSchemas => "remove-schemas",
        AddPartitionSpec => "add-spec",
        SetDefaultSpec => "set-default-spec",
        RemovePartitionSpecs => "remove-partition-specs",
        AddSortOrder => "add-sort-order",
        SetDefaultSortOrder => "set-default-sort-order",
        AddSnapshot => "add-snapshot",
        SetSnapshotRef => "set-snapshot-ref",
        RemoveSnapshots => "remove-snapshots",
        RemoveSnapshotRef => "remove-snapshot-ref",
        SetLocation => "set-location",
        SetProperties => "set-properties",
        RemoveProperties => "remove-properties",
        SetStatistics => "set-statistics",
        RemoveStatistics => "remove-statistics",
        SetPartitionStatistics => "set-partition-statistics",
        RemovePartitionStatistics => "remove-partition-statistics",
        AddEncryptionKey => "add-encryption-key",
        RemoveEncryptionKey => "remove-encryption-key",
        _ => throw new ArgumentOutOfRangeException(nameof(update), update, "This update has no JSON form."),
    };
}
