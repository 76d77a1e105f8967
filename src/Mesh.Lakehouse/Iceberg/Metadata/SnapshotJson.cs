using System.Text.Json;
using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg.Metadata;

/// <summary>Snapshots and references as JSON (Iceberg specification, appendix C).</summary>
internal static class SnapshotJson
{
    /// <param name="element">The snapshot.</param>
    /// <param name="currentSchemaId">Schema of a snapshot that states none.</param>
    /// <exception cref="MeshException"><c>MESH8113</c> for a version 1 snapshot that lists manifests itself.</exception>
    public static Snapshot Read(JsonElement element, int currentSchemaId)
    {
        if (element.Find("manifest-list") is null && element.Find("manifests") is not null)
        {
            throw new MeshException("MESH8113", "The table has snapshots without a manifest list, which only old writers of format version 1 made. Rewrite it with the engine that made it.");
        }

        return new Snapshot(
            element.GetProperty("snapshot-id").GetInt64(),
            element.OptionalLong("parent-snapshot-id"),
            element.OptionalLong("sequence-number") ?? 0,
            DateTimeOffset.FromUnixTimeMilliseconds(element.GetProperty("timestamp-ms").GetInt64()),
            element.Text("manifest-list"),
            element.Texts("summary"),
            element.OptionalInt("schema-id") ?? currentSchemaId)
        {
            FirstRowId = element.OptionalLong("first-row-id"),
            AssignedRowIds = element.OptionalLong("added-rows"),
            KeyId = element.OptionalText("key-id"),
        };
    }

    public static void Write(Utf8JsonWriter json, Snapshot snapshot)
    {
        json.WriteStartObject();
        json.WriteNumber("sequence-number", snapshot.SequenceNumber);
        json.WriteNumber("snapshot-id", snapshot.SnapshotId);
        if (snapshot.ParentSnapshotId is { } parent) json.WriteNumber("parent-snapshot-id", parent);
        json.WriteNumber("timestamp-ms", snapshot.CommittedAt.ToUnixTimeMilliseconds());
        json.WriteTexts("summary", snapshot.Summary);
        json.WriteString("manifest-list", snapshot.ManifestListUri);
        json.WriteNumber("schema-id", snapshot.SchemaId);
        if (snapshot.FirstRowId is { } firstRowId) json.WriteNumber("first-row-id", firstRowId);
        if (snapshot.AssignedRowIds is { } assigned) json.WriteNumber("added-rows", assigned);
        if (snapshot.KeyId is { } keyId) json.WriteString("key-id", keyId);
        json.WriteEndObject();
    }

    public static SnapshotRef ReadRef(JsonElement element) => new(
        element.GetProperty("snapshot-id").GetInt64(),
        element.Text("type") switch
        {
            "branch" => SnapshotRefType.Branch,
            "tag" => SnapshotRefType.Tag,
            var other => throw new FormatException($"'{other}' is no kind of reference: expected branch or tag."),
        })
    {
        MaxRefAgeMs = element.OptionalLong("max-ref-age-ms"),
        MaxSnapshotAgeMs = element.OptionalLong("max-snapshot-age-ms"),
        MinSnapshotsToKeep = element.OptionalInt("min-snapshots-to-keep"),
    };

    /// <summary>The fields of a reference, into an object that the caller has begun.</summary>
    public static void WriteRefFields(Utf8JsonWriter json, SnapshotRef reference)
    {
        json.WriteNumber("snapshot-id", reference.SnapshotId);
        json.WriteString("type", reference.Type == SnapshotRefType.Branch ? "branch" : "tag");
        if (reference.MaxRefAgeMs is { } refAge) json.WriteNumber("max-ref-age-ms", refAge);
        if (reference.MaxSnapshotAgeMs is { } snapshotAge) json.WriteNumber("max-snapshot-age-ms", snapshotAge);
        if (reference.MinSnapshotsToKeep is { } kept) json.WriteNumber("min-snapshots-to-keep", kept);
    }
}
