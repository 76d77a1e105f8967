using System.Globalization;
using System.Text.Json.Nodes;
using Mesh.Columnar;
using Mesh.Model;
using Mesh.Streaming.Topologies;

namespace Mesh.Trigger;

/// <summary>
/// Reads a rule's <c>filter</c>: a condition as text, or a mapping of columns to a value, a list of values, or <c>{ min, max }</c>, both
/// included, all of which must hold.
/// </summary>
internal static class TriggerFilterReader
{
    /// <summary>The filter; null when it cannot be read, which is reported.</summary>
    public static TriggerFilter? Read(TopologyNode node)
    {
        string? text = node.ToJson() is JsonObject ? TextOf(node) : node.AsText();
        if (text is null) return null;
        try
        {
            return new TriggerFilter(text, PredicateParser.Parse(text));
        }
        catch (MeshException exception)
        {
            node.Report($"filter: {exception.Message}");
            return null;
        }
    }

    private static string? TextOf(TopologyNode node)
    {
        var parts = new List<string>();
        foreach (string column in node.Keys)
        {
            if (node.Get(column) is not { } value) continue;
            string name = string.Join('.', column.Split('.').Select(part => $"\"{part.Replace("\"", "\"\"", StringComparison.Ordinal)}\""));
            switch (value.ToJson())
            {
                case JsonArray { Count: > 0 } list when list.All(item => item is JsonValue):
                    parts.Add($"{name} IN ({string.Join(", ", list.Select(item => Literal(item!)))})");
                    break;
                case JsonObject:
                    value.AllowKeys("min", "max");
                    foreach (var (key, sign) in (ReadOnlySpan<(string, string)>)[("min", ">="), ("max", "<=")])
                    {
                        if (value.Get(key)?.ToJson() is JsonValue limit) parts.Add($"{name} {sign} {Literal(limit)}");
                    }

                    break;
                case JsonValue single:
                    parts.Add($"{name} = {Literal(single)}");
                    break;
                default:
                    value.Report($"'{column}' must be a value, a list of values, or {{ min: ..., max: ... }}");
                    return null;
            }
        }

        if (parts.Count > 0) return string.Join(" AND ", parts);
        node.Report("'filter' needs at least one column: filter: { vehicle_id: [V1, V2] }, or a condition: filter: \"speed > 3\"");
        return null;
    }

    private static string Literal(JsonNode node) => node.AsValue() switch
    {
        var value when value.TryGetValue(out bool truth) => truth ? "TRUE" : "FALSE",
        var value when value.TryGetValue(out long whole) => whole.ToString(CultureInfo.InvariantCulture),
        var value when value.TryGetValue(out double number) => number.ToString("R", CultureInfo.InvariantCulture),
        var value => $"'{value.ToString().Replace("'", "''", StringComparison.Ordinal)}'",
    };
}
