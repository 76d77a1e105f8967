using System.Text.Json;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg.Updates;

/// <summary>Requirements as JSON (Iceberg REST specification).</summary>
internal static class TableRequirementJson
{
    /// <exception cref="MeshException"><c>MESH8132</c> when it is of a kind that is not known: a commit must then be refused whole.</exception>
    public static TableRequirement Read(JsonElement element) => element.Text("type") switch
    {
        "assert-create" => new AssertCreate(),
        "assert-table-uuid" => new AssertTableUuid(element.GetProperty("uuid").GetGuid()),
        "assert-ref-snapshot-id" => new AssertRefSnapshotId(element.Text("ref"), element.OptionalLong("snapshot-id")),
        "assert-last-assigned-field-id" => new AssertLastAssignedFieldId(element.GetProperty("last-assigned-field-id").GetInt32()),
        "assert-current-schema-id" => new AssertCurrentSchemaId(element.GetProperty("current-schema-id").GetInt32()),
        "assert-last-assigned-partition-id" => new AssertLastAssignedPartitionId(element.GetProperty("last-assigned-partition-id").GetInt32()),
        "assert-default-spec-id" => new AssertDefaultSpecId(element.GetProperty("default-spec-id").GetInt32()),
        "assert-default-sort-order-id" => new AssertDefaultSortOrderId(element.GetProperty("default-sort-order-id").GetInt32()),
        var other => throw new MeshException("MESH8132", $"The commit has a requirement '{other}', which is not known here; nothing was changed."),
    };

    public static void Write(Utf8JsonWriter json, TableRequirement requirement)
    {
        json.WriteStartObject();
        switch (requirement)
        {
            case AssertCreate:
                json.WriteString("type", "assert-create");
                break;
            case AssertTableUuid assert:
                json.WriteString("type", "assert-table-uuid");
                json.WriteString("uuid", assert.Uuid);
                break;
            case AssertRefSnapshotId assert:
                json.WriteString("type", "assert-ref-snapshot-id");
                json.WriteString("ref", assert.Ref);
                if (assert.SnapshotId is { } id) json.WriteNumber("snapshot-id", id);
                else json.WriteNull("snapshot-id");
                break;
            case AssertLastAssignedFieldId assert:
                WriteNumber("last-assigned-field-id", assert.LastAssignedFieldId);
                break;
            case AssertCurrentSchemaId assert:
                WriteNumber("current-schema-id", assert.CurrentSchemaId);
                break;
            case AssertLastAssignedPartitionId assert:
                WriteNumber("last-assigned-partition-id", assert.LastAssignedPartitionId);
                break;
            case AssertDefaultSpecId assert:
                WriteNumber("default-spec-id", assert.DefaultSpecId);
                break;
            case AssertDefaultSortOrderId assert:
                WriteNumber("default-sort-order-id", assert.DefaultSortOrderId);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(requirement), requirement, "This requirement has no JSON form.");
        }

        json.WriteEndObject();

        void WriteNumber(string field, int value)
        {
            json.WriteString("type", $"assert-{field}");
            json.WriteNumber(field, value);
        }
    }
}
