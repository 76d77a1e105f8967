using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Columnar;
using Mesh.Commands.Rows;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;

namespace Mesh.Commands.Topologies.Testing;

/// <summary>Compares a product's table with what a case expects of it.</summary>
internal static class ProductCheck
{
    private const string MatchError = "match_error_ns";

    /// <summary>What is not as expected.</summary>
    public static async Task<IReadOnlyList<string>> CompareAsync(
        string product, ProductExpectation expected, TableCatalogue tables, TableIdentifier identifier, CancellationToken cancellationToken)
    {
        var differences = new List<string>();
        long rows = 0;
        long worstNs = -1;
        var wanted = expected.RowsLike.ToList();
        var nearest = wanted.ToDictionary(row => row, _ => (Matching: -1, Text: ""));
        var table = await tables.FindAsync(identifier, cancellationToken).ConfigureAwait(false);
        if (table is null && (expected.Rows is null or > 0 || wanted.Count > 0)) return [$"{product}: there is no table {identifier}"];
        if (table is not null)
        {
            foreach (string column in expected.Columns.Where(column => !HasColumn(table.Schema.Fields, column))) differences.Add($"{product}: there is no column {column}");
            await foreach (var batch in tables.ScanAsync(identifier, new ScanOptions(), cancellationToken).ConfigureAwait(false))
            {
                rows += batch.Length;
                if (expected.MaxMatchErrorMs is not null) worstNs = Math.Max(worstNs, WorstMatchError(batch));
                for (int row = 0; row < batch.Length && wanted.Count > 0; row++) Take(ToJson(batch, row), wanted, nearest);
            }
        }

        if (expected.Rows is { } count && count != rows) differences.Add(string.Create(CultureInfo.InvariantCulture, $"{product}: expected {count:N0} rows, found {rows:N0}"));
        if (expected.MaxMatchErrorMs is { } most)
        {
            if (worstNs < 0) differences.Add($"{product}: no row has a matched sample, so there is no match error to compare");
            else if (worstNs > most * 1e6) differences.Add(string.Create(CultureInfo.InvariantCulture, $"{product}: expected match errors of at most {most} ms, found {worstNs / 1e6:0.###} ms"));
        }

        foreach (var row in wanted)
        {
            string near = nearest[row].Text.Length > 0 ? $"; the nearest has {nearest[row].Text}" : "";
            differences.Add($"{product}: no row is like {row.ToJsonString()}{near}");
        }

        return differences;
    }

    // One row stands for one expected row, so that two equal ones need two.
    private static void Take(JsonElement row, List<JsonObject> wanted, Dictionary<JsonObject, (int Matching, string Text)> nearest)
    {
        foreach (var expected in wanted)
        {
            int matching = expected.Count(item => Equal(item.Value, Find(row, item.Key)));
            if (matching == expected.Count)
            {
                wanted.Remove(expected);
                return;
            }

            if (matching <= nearest[expected].Matching) continue;
            nearest[expected] = (matching, string.Join(", ", expected.Select(item => $"{item.Key} {Find(row, item.Key)?.GetRawText() ?? "none"}")));
        }
    }

    private static JsonElement? Find(JsonElement row, string path)
    {
        JsonElement? found = row;
        foreach (string name in path.Split('.'))
        {
            if (found is not { ValueKind: JsonValueKind.Object } || !found.Value.TryGetProperty(name, out var child)) return null;
            found = child;
        }

        return found;
    }

    private static bool Equal(JsonNode? expected, JsonElement? found)
    {
        if (found is not { } actual) return false;
        if (expected is null) return actual.ValueKind == JsonValueKind.Null;
        var wanted = JsonSerializer.SerializeToElement(expected);
        switch (wanted.ValueKind)
        {
            case JsonValueKind.Number:
                // Decimals are text in rows; floating-point numbers may differ in the last places.
                double number = wanted.GetDouble();
                double other = actual.ValueKind switch
                {
                    JsonValueKind.Number => actual.GetDouble(),
                    JsonValueKind.String when double.TryParse(actual.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out double parsed) => parsed,
                    _ => double.NaN,
                };
                return Math.Abs(number - other) <= 1e-9 * Math.Max(1, Math.Abs(number));
            case JsonValueKind.Object:
                return actual.ValueKind == JsonValueKind.Object && expected.AsObject().All(item => Equal(item.Value, Find(actual, item.Key)));
            case JsonValueKind.Array:
                return actual.ValueKind == JsonValueKind.Array && actual.GetArrayLength() == wanted.GetArrayLength()
                    && expected.AsArray().Zip(actual.EnumerateArray()).All(pair => Equal(pair.First, pair.Second));
            default:
                return JsonElement.DeepEquals(wanted, actual);
        }
    }

    private static JsonElement ToJson(RecordBatch batch, int row)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes)) RowJson.Write(writer, batch, row);
        using var document = JsonDocument.Parse(bytes.WrittenMemory);
        return document.RootElement.Clone();
    }

    private static long WorstMatchError(RecordBatch batch)
    {
        long worst = -1;
        for (int i = 0; i < batch.Columns.Count; i++)
        {
            if (batch.Schema.Fields[i].Type is not StructType type) continue;
            int index = -1;
            for (int child = 0; child < type.Fields.Count; child++)
            {
                if (type.Fields[child].Name == MatchError) index = child;
            }

            if (index < 0 || type.Fields[index].Type.Kind != TypeKind.Int64) continue;
            var errors = batch.Columns[i].Children[index];
            for (int row = 0; row < batch.Length; row++)
            {
                if (!batch.Columns[i].IsNull(row) && !errors.IsNull(row)) worst = Math.Max(worst, Math.Abs(errors.Values<long>()[row]));
            }
        }

        return worst;
    }

    private static bool HasColumn(IReadOnlyList<Field> fields, string path)
    {
        string[] parts = path.Split('.', 2);
        var field = fields.FirstOrDefault(candidate => candidate.Name == parts[0]);
        return field is not null && (parts.Length == 1 || (field.Type is StructType nested && HasColumn(nested.Fields, parts[1])));
    }
}
