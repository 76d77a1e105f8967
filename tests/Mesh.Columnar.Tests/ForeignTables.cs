using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Testing;

namespace Mesh.Columnar.Tests;

/// <summary>Holds tables against other people's readers, column by column, by the hashes of <c>tests/foreign/table-hashes.mjs</c>.</summary>
internal static class ForeignTables
{
    /// <summary>A file, what is in it, and who reads it.</summary>
    public sealed record Case(string Name, string File, Schema Schema, IReadOnlyList<RecordBatch> Batches, params string[] Readers);

    /// <summary>What the readers found otherwise than it is, a line each.</summary>
    public static async Task<List<string>> CompareAsync(TemporaryFolder folder, IReadOnlyList<Case> cases)
    {
        string list = folder[$"cases-{Guid.NewGuid():N}.json"];
        var entries = new JsonArray([.. cases.Select(one => new JsonObject
        {
            ["file"] = one.File,
            ["types"] = new JsonArray([.. one.Schema.Fields.Select(field => new JsonArray(field.Name, TypeText(field.Type)))]),
            ["readers"] = new JsonArray([.. one.Readers.Select(reader => JsonValue.Create(reader))]),
        })]);
        await File.WriteAllTextAsync(list, entries.ToJsonString(), TestContext.Current.CancellationToken);
        var seen = await NodeScript.RunAsync("table-hashes.mjs", list);

        var differences = new List<string>();
        for (int i = 0; i < cases.Count; i++)
        {
            foreach (string reader in cases[i].Readers)
            {
                var (expectedRows, expected) = HashesOf(cases[i], reader);
                var found = seen[i].GetProperty(reader);
                string place = $"{cases[i].Name}: {reader}";
                if (found.TryGetProperty("error", out var error)) differences.Add($"{place} fails: {error}");
                else if (found.GetProperty("rows").GetInt64() != expectedRows) differences.Add($"{place} reads {found.GetProperty("rows")} rows instead of {expectedRows}");
                else differences.AddRange(ColumnsThatDiffer(cases[i].Schema, expected, found.GetProperty("columns")).Select(field => $"{place} reads other values of {field.Name}, {TypeText(field.Type).ToJsonString()}"));
            }
        }

        return differences;
    }

    private static IEnumerable<Field> ColumnsThatDiffer(Schema schema, List<string> expected, JsonElement found) =>
        schema.Fields.Where((_, column) => found[column].GetString() != expected[column]);

    private static (long Rows, List<string> Columns) HashesOf(Case one, string reader)
    {
        var columns = new List<string>();
        for (int column = 0; column < one.Schema.Fields.Count; column++)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
            var text = new StringBuilder();
            foreach (var batch in one.Batches)
            {
                for (int row = 0; row < batch.Length; row++)
                {
                    text.Clear();
                    Append(text, batch.Columns[column], row, reader);
                    hash.AppendData(Encoding.ASCII.GetBytes(text.Append('\n').ToString()));
                }
            }

            columns.Add(Convert.ToHexStringLower(hash.GetHashAndReset()));
        }

        return (one.Batches.Sum(batch => (long)batch.Length), columns);
    }

    private static void Append(StringBuilder text, ColumnVector vector, int index, string reader)
    {
        if (vector.IsNull(index))
        {
            text.Append('~');
            return;
        }

        switch (vector.Type.Kind)
        {
            case TypeKind.List or TypeKind.Map:
                text.Append('[');
                for (int i = vector.Offsets[index]; i < vector.Offsets[index + 1]; i++)
                {
                    if (i > vector.Offsets[index]) text.Append(',');
                    Append(text, vector.Children[0], i, reader);
                }

                text.Append(']');
                break;
            case TypeKind.Struct:
                text.Append('(');
                for (int i = 0; i < vector.Children.Count; i++)
                {
                    if (i > 0) text.Append(',');
                    Append(text, vector.Children[i], index, reader);
                }

                text.Append(')');
                break;
            // DuckDB has no instants finer than microseconds.
            case TypeKind.TimestampNanos when reader == "duckdb": text.Append(CultureInfo.InvariantCulture, $"micros {Math.DivRem(vector.Values<long>()[index], 1000).Quotient}"); break;
            case TypeKind.Float16: text.Append(Bits((double)vector.Values<Half>()[index])); break;
            case TypeKind.Float32: text.Append(Bits(vector.Values<float>()[index])); break;
            case TypeKind.Float64: text.Append(Bits(vector.Values<double>()[index])); break;
            case TypeKind.Utf8 or TypeKind.Binary: text.Append(Convert.ToHexStringLower(vector.GetBytes(index))); break;
            case TypeKind.Uuid or TypeKind.FixedBinary: text.Append(Convert.ToHexStringLower(vector.ValueBytes.Span.Slice(index * vector.Type.ByteWidth, vector.Type.ByteWidth))); break;
            default: text.Append(Rows.Text(vector, index)); break;
        }
    }

    private static string Bits(double value) => double.IsNaN(value) ? "nan" : BitConverter.DoubleToUInt64Bits(value).ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>A type as the scripts under <c>tests/foreign</c> name it.</summary>
    public static JsonNode TypeText(DataType type) => type switch
    {
        DecimalType exact => new JsonObject { ["decimal"] = exact.Scale },
        ListType list => new JsonObject { ["list"] = TypeText(list.Element.Type) },
        MapType map => new JsonObject { ["map"] = new JsonArray(TypeText(map.Key.Type), TypeText(map.Value.Type)) },
        StructType structure => new JsonObject { ["struct"] = new JsonArray([.. structure.Fields.Select(field => new JsonArray(field.Name, TypeText(field.Type)))]) },
        _ => type.Kind switch
        {
            TypeKind.Boolean => "bool",
            TypeKind.Int32 or TypeKind.Int64 => "int",
            TypeKind.Float16 or TypeKind.Float32 or TypeKind.Float64 => "float",
            TypeKind.Date32 => "date",
            TypeKind.TimestampMicros or TypeKind.LocalTimestampMicros => "timestamp",
            TypeKind.TimestampNanos or TypeKind.LocalTimestampNanos => "timestamp_ns",
            TypeKind.TimeMicros => "time",
            TypeKind.Uuid => "uuid",
            TypeKind.Utf8 => "text",
            _ => "bytes",
        },
    };
}
