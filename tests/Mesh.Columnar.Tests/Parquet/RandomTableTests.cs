using System.Globalization;
using Mesh.Columnar.Parquet;
using Mesh.Testing;

namespace Mesh.Columnar.Tests.Parquet;

/// <summary>Schemas, data and options from a seed, written by Mesh, read by DuckDB and Rust's parquet, compared by checksums.</summary>
public sealed class RandomTableTests
{
    // Cases per process of the foreign reader.
    private const int BatchCases = 50;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Any_table_under_any_options_is_read_alike_by_others()
    {
        int count = Environment.GetEnvironmentVariable("MESH_RANDOM_CASES") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : 50;
        int first = Environment.GetEnvironmentVariable("MESH_RANDOM_SEED") is { Length: > 0 } seedText ? int.Parse(seedText, CultureInfo.InvariantCulture) : 1;
        var differences = new List<string>();
        for (int from = first; from < first + count; from += BatchCases)
        {
            using var folder = new TemporaryFolder();
            var cases = new List<ForeignTables.Case>();
            for (int seed = from; seed < Math.Min(from + BatchCases, first + count); seed++)
            {
                try
                {
                    cases.Add(await WriteAsync(folder, seed));
                }
                catch (Exception exception)
                {
                    differences.Add($"seed {seed}: cannot be written: {exception}");
                }
            }

            differences.AddRange(await ForeignTables.CompareAsync(folder, cases));
        }

        differences.ShouldBeEmpty($"run MESH_RANDOM_CASES=1 MESH_RANDOM_SEED=N for one alone; {differences.Count} of {count} cases differ");
    }

    private static async Task<ForeignTables.Case> WriteAsync(TemporaryFolder folder, int seed)
    {
        var random = new Random(seed);
        var schema = RandomData.AnySchema(random, random.Next(1, 9), random.Next(5));
        double nulls = random.Next(3) switch { 0 => 0, 1 => 0.2, _ => 0.9 };
        RecordBatch[] batches = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => RandomData.Batch(random, schema, (int)Math.Pow(10, random.NextDouble() * 3) - 1, nulls))];
        var options = Options(random, schema);
        string path = folder[$"{seed}.parquet"];
        await using (var stream = File.Create(path))
        {
            await using var writer = new ParquetWriter(stream, schema, options);
            foreach (var batch in batches) await writer.WriteAsync(batch, Cancellation);
            await writer.CompleteAsync(Cancellation);
        }

        string encodings = string.Join(", ", options.Encodings.Select(pair => $"{pair.Key}: {pair.Value}"));

        // DuckDB knows BYTE_STREAM_SPLIT for floats alone.
        bool isSplit = SchemaWriter.CreateNodes(schema).SelectMany(SchemaWriter.Leaves).Any(leaf =>
            leaf.PhysicalType is not (PhysicalType.Float or PhysicalType.Double) && options.Encodings.TryGetValue(leaf.Name, out var encoding) && encoding == ParquetEncoding.ByteStreamSplit);
        string[] readers = isSplit ? ["wasm"] : ["duckdb", "wasm"];
        return new ForeignTables.Case($"seed {seed} ({options.Compression}, v{options.DataPageVersion}, {encodings})", path, schema, batches, readers);
    }

    private static ParquetWriterOptions Options(Random random, Schema schema)
    {
        var leaves = SchemaWriter.CreateNodes(schema).SelectMany(SchemaWriter.Leaves).ToList();
        var encodings = new Dictionary<string, ParquetEncoding>();
        var filters = new HashSet<string>();
        foreach (var leaf in leaves)
        {
            ParquetEncoding[] possible = leaf.PhysicalType switch
            {
                PhysicalType.Boolean => [ParquetEncoding.Plain, ParquetEncoding.Rle],
                PhysicalType.Int32 or PhysicalType.Int64 => [ParquetEncoding.Plain, ParquetEncoding.Dictionary, ParquetEncoding.DeltaBinaryPacked, ParquetEncoding.ByteStreamSplit],
                PhysicalType.ByteArray => [ParquetEncoding.Plain, ParquetEncoding.Dictionary, ParquetEncoding.DeltaLengthByteArray, ParquetEncoding.DeltaByteArray],
                PhysicalType.FixedLenByteArray => [ParquetEncoding.Plain, ParquetEncoding.Dictionary, ParquetEncoding.ByteStreamSplit],
                _ => [ParquetEncoding.Plain, ParquetEncoding.Dictionary, ParquetEncoding.ByteStreamSplit],
            };
            if (random.Next(3) == 0) encodings[leaf.Name] = possible[random.Next(possible.Length)];
            if (leaf.PhysicalType != PhysicalType.Boolean && random.Next(4) == 0) filters.Add(leaf.Name);
        }

        return new ParquetWriterOptions
        {
            Compression = (ParquetCompression)random.Next(5),
            CompressionLevel = random.Next(1, 5),
            DataPageVersion = random.Next(1, 3),
            RowGroupBytes = 1 << random.Next(10, 24),
            PageBytes = 1 << random.Next(6, 21),
            MaxDictionaryBytes = random.Next(3) switch { 0 => 0, 1 => 300, _ => 512 << 10 },
            ChooseFrom = (ParquetEncodings)random.Next(3),
            Encodings = encodings,
            BloomFilterColumns = filters,
            PageIndex = random.Next(4) > 0,
            PageCrc = random.Next(4) > 0,
            Parallelism = random.Next(1, 5),
        };
    }
}
