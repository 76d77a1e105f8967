using System.Text.Json;
using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg;

/// <summary>
/// The position of a table: the table property <c>mesh.source-offsets</c>, a JSON object from <c>topic-partition</c> to next offset.
/// Carried forward by every commit and never lowered.
/// </summary>
public static class SourceOffsets
{
    /// <summary>Name of the table property.</summary>
    public const string PropertyName = "mesh.source-offsets";

    /// <summary>Code of the error that a writer meets whose rows another one has committed.</summary>
    public const string FencedCode = "MESH8160";

    /// <summary>Next offsets of a table; empty before the first commit.</summary>
    /// <exception cref="MeshException"><c>MESH8114</c> when the property has been damaged.</exception>
    public static IReadOnlyDictionary<string, long> Of(Table table) => Read(table.Properties);

    /// <exception cref="MeshException"><c>MESH8160</c>: an offset is not what the writer has read.</exception>
    internal static void Require(TableIdentifier table, IReadOnlyDictionary<string, string> properties, IReadOnlyDictionary<string, long> expected)
    {
        if (expected.Count == 0) return;
        var known = Read(properties);
        foreach (var (partition, offset) in expected)
        {
            long actual = known.GetValueOrDefault(partition);
            if (actual == offset) continue;
            throw new MeshException(
                FencedCode, $"Table {table} has the rows of {partition} up to offset {actual:N0}, but the writer has read {offset:N0}: another writer has committed meanwhile. Read the table's offsets again and drop what lies below.",
                isTransient: true);
        }
    }

    internal static SortedDictionary<string, long> Read(IReadOnlyDictionary<string, string> properties)
    {
        var offsets = new SortedDictionary<string, long>(StringComparer.Ordinal);
        if (!properties.TryGetValue(PropertyName, out string? text)) return offsets;
        try
        {
            using var document = JsonDocument.Parse(text);
            foreach (var entry in document.RootElement.EnumerateObject()) offsets[entry.Name] = entry.Value.GetInt64();
            return offsets;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw new MeshException("MESH8114", $"The table property '{PropertyName}' is not a JSON object of numbers: '{text}'. Set it back to its last good value.", innerException: exception);
        }
    }

    /// <summary>The properties with raised offsets; null when nothing is raised.</summary>
    internal static IReadOnlyDictionary<string, string>? Raise(IReadOnlyDictionary<string, string> properties, IReadOnlyDictionary<string, long> offsets)
    {
        var merged = Read(properties);
        bool raised = false;
        foreach (var (partition, offset) in offsets)
        {
            if (merged.TryGetValue(partition, out long known) && known >= offset) continue;
            merged[partition] = offset;
            raised = true;
        }

        return raised ? new Dictionary<string, string>(properties) { [PropertyName] = JsonSerializer.Serialize(merged) } : null;
    }
}
