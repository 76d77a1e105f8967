using System.Text.Json;
using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Storage;
using Mesh.Testing;

namespace Mesh.Lakehouse.Tests;

/// <summary>Tables as other people's readers see them: icebird parses metadata, manifests and rows, DuckDB the data files.</summary>
public sealed class ForeignReaderTests : IDisposable
{
    private readonly LakeFixture lake = new(new TableCatalogueOptions { MaxSmallManifests = 3 });

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task Icebird_reads_rows_and_values_of_a_partitioned_table_over_merged_manifests()
    {
        var table = await lake.CreateImuAsync(new PartitionField("log_time", PartitionTransform.Day), new PartitionField("vehicle_id", PartitionTransform.Bucket, 16), new PartitionField("vehicle_id", PartitionTransform.Identity));
        for (int upload = 0; upload < 7; upload++)
        {
            var batch = ImuBatch(table.Schema, $"rec{upload}", upload * 100, 50);
            int day = (int)PartitionTransforms.Apply(table.PartitionBy[0], batch["log_time"], 0)!;
            int bucket = (int)PartitionTransforms.Apply(table.PartitionBy[1], batch["vehicle_id"], 0)!;
            var file = await lake.WriteAsync(table, batch, day, bucket, "V1");
            await lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set($"u{upload}", file)), None);
        }

        var seen = await NodeScript.RunAsync("iceberg-icebird.mjs", table.LocationUri);
        seen.GetProperty("snapshots").GetInt32().ShouldBe(7);
        seen.GetProperty("manifests").GetInt32().ShouldBeLessThanOrEqualTo(3);
        var rows = seen.GetProperty("rows").EnumerateArray().ToList();
        rows.Count.ShouldBe(350);
        var row = rows.Single(candidate => candidate.GetProperty("sequence").GetInt64() == 307);
        row.GetProperty("recording_id").GetString().ShouldBe("rec3");
        row.GetProperty("vehicle_id").GetString().ShouldBe("V1");
        row.GetProperty("log_time").GetDateTime().ShouldBe(new DateTime(2026, 11, 22, 0, 0, 0, DateTimeKind.Utc).AddMilliseconds(307));
        row.GetProperty("ax").GetDouble().ShouldBe(307 / 4.0);
        rows.Single(candidate => candidate.GetProperty("sequence").GetInt64() == 310).TryGetProperty("ax", out var none).ShouldBe(none.ValueKind == JsonValueKind.Null);

        var entries = seen.GetProperty("entries").EnumerateArray().ToList();
        entries.Select(entry => entry.GetProperty("sequence_number").GetInt64()).Order().ShouldBe([1, 2, 3, 4, 5, 6, 7]);
        foreach (var entry in entries)
        {
            var partition = entry.GetProperty("data_file").GetProperty("partition");
            partition.GetProperty("log_time_day").GetDateTime().ShouldBe(new DateTime(2026, 11, 22, 0, 0, 0, DateTimeKind.Utc));
            partition.GetProperty("vehicle_id").GetString().ShouldBe("V1");
            Metric(entry, "value_counts", 3).GetInt64().ShouldBe(50);
            Metric(entry, "null_value_counts", 5).GetInt64().ShouldBe(5);
            long lower = BitConverter.ToInt64(Convert.FromHexString(Metric(entry, "lower_bounds", 3).GetString()!));
            long upper = BitConverter.ToInt64(Convert.FromHexString(Metric(entry, "upper_bounds", 3).GetString()!));
            (upper - lower).ShouldBe(49);
        }
    }

    [Fact]
    public async Task Icebird_reads_nested_columns_and_a_table_whose_schema_has_evolved()
    {
        var (table, files) = await EvolvedTableAsync(lake);
        files.Count.ShouldBe(2);
        var rows = (await NodeScript.RunAsync("iceberg-icebird.mjs", table.LocationUri)).GetProperty("rows").EnumerateArray().ToList();

        rows.Count.ShouldBe(4);
        var old = rows.Single(row => row.GetProperty("id").GetInt64() == 1);
        old.GetProperty("pose").GetProperty("x").GetDouble().ShouldBe(1.5);
        old.GetProperty("points").EnumerateArray().Select(point => point.GetProperty("i").GetInt32()).ShouldBe([10, 11]);
        (old.TryGetProperty("label", out var label) && label.ValueKind != JsonValueKind.Null).ShouldBeFalse();
        var recent = rows.Single(row => row.GetProperty("id").GetInt64() == 3);
        recent.GetProperty("label").GetString().ShouldBe("turn");
    }

    [Fact]
    public async Task Icebird_reads_any_committed_metadata_file_by_its_name()
    {
        var table = await lake.CreateImuAsync();
        for (int upload = 0; upload < 2; upload++)
        {
            var file = await lake.WriteAsync(table, ImuBatch(table.Schema, $"rec{upload}", upload * 10, 10));
            table = (await lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set($"u{upload}", file)), None)).Table;
        }

        string name = table.MetadataUri[(table.MetadataUri.LastIndexOf('/') + 1)..];
        name.ShouldMatch("^00003-[0-9a-f-]{36}\\.metadata\\.json$");
        (await NodeScript.RunAsync("iceberg-icebird.mjs", table.LocationUri, name)).GetProperty("rows").GetArrayLength().ShouldBe(20);
    }

    [Fact]
    public async Task Icebird_reads_a_lake_below_a_folder_whose_name_needs_encoding()
    {
        var store = new LocalObjectStore(lake.Folder["my lake #1 ü"]);
        var catalogue = new TableCatalogue(lake.Database, store, lake.Time);
        var identifier = new TableIdentifier("odd", "imu");
        var table = await catalogue.EnsureAsync(identifier, LakeFixture.Definition(LakeFixture.ImuSchema), SchemaChangePolicy.Evolve, None);
        var batch = ImuBatch(table.Schema, "rec", 0, 10);
        var file = await LakeFixture.WriteAsync(store, table, batch);
        await catalogue.AppendAsync(identifier, LakeFixture.Request(LakeFixture.Set("u", file)), None);
        (await NodeScript.RunAsync("iceberg-icebird.mjs", table.LocationUri)).GetProperty("rows").GetArrayLength().ShouldBe(10);
    }

    [Fact]
    public async Task DuckDb_reads_the_listed_files_and_agrees_with_the_manifest()
    {
        var table = await lake.CreateImuAsync();
        var file = await lake.WriteAsync(table, ImuBatch(table.Schema, "rec", 0, 1000));
        await lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set("u", file)), None);

        var listed = (await lake.Catalogue.ListFilesAsync(LakeFixture.Imu, new ScanOptions(), None)).Select(entry => entry.Uri).ToArray();
        var result = await NodeScript.RunAsync("iceberg-duckdb.mjs",
            ["SELECT count(*)::INT AS n, sum(sequence)::INT AS s, count(ax)::INT AS present, max(epoch_us(log_time))::VARCHAR AS last, any_value(vehicle_id) AS v FROM read_parquet(FILES)", .. listed]);
        result[0].GetProperty("n").GetInt32().ShouldBe(1000);
        result[0].GetProperty("s").GetInt32().ShouldBe(499_500);
        result[0].GetProperty("present").GetInt32().ShouldBe(900);
        result[0].GetProperty("v").GetString().ShouldBe("V1");

        var ids = await NodeScript.RunAsync("iceberg-duckdb.mjs",
            ["SELECT name, field_id::INT AS field_id FROM parquet_schema(FILES) WHERE field_id IS NOT NULL", .. listed]);
        ids.EnumerateArray().ToDictionary(row => row.GetProperty("name").GetString()!, row => row.GetProperty("field_id").GetInt32())
            .ShouldBe(table.Schema.Fields.ToDictionary(field => field.Name, field => field.Id));
    }

    /// <summary>Two files, the second written after a column was added and another widened.</summary>
    internal static async Task<(Table Table, IReadOnlyList<DataFile> Files)> EvolvedTableAsync(LakeFixture lake)
    {
        var identifier = new TableIdentifier("raw", "things");
        var first = new Schema(
        [
            new Field("id", DataType.Int32, Nullable: false),
            new Field("pose", new StructType([new Field("x", DataType.Float32)])),
            new Field("points", new ListType(new Field("element", new StructType([new Field("i", DataType.Int32)])))),
        ]);
        var table = await lake.Catalogue.EnsureAsync(identifier, LakeFixture.Definition(first), SchemaChangePolicy.Evolve, None);
        var old = await lake.WriteAsync(table, ThingsBatch(table.Schema, 1));
        await lake.Catalogue.AppendAsync(identifier, LakeFixture.Request(LakeFixture.Set("old", old)), None);

        var second = new Schema(
        [
            new Field("id", DataType.Int64, Nullable: false),
            new Field("pose", new StructType([new Field("x", DataType.Float64), new Field("y", DataType.Float64)])),
            new Field("points", new ListType(new Field("element", new StructType([new Field("i", DataType.Int32)])))),
            new Field("label", DataType.Utf8),
        ]);
        table = await lake.Catalogue.EnsureAsync(identifier, LakeFixture.Definition(second), SchemaChangePolicy.Evolve, None);
        var recent = await lake.WriteAsync(table, ThingsBatch(table.Schema, 3));
        var outcome = await lake.Catalogue.AppendAsync(identifier, LakeFixture.Request(LakeFixture.Set("recent", recent)), None);
        return (outcome.Table, await lake.Catalogue.ListFilesAsync(identifier, new ScanOptions(), None));
    }

    internal static RecordBatch ImuBatch(Schema schema, string recording, int first, int rows)
    {
        var recordings = new BinaryBuilder(DataType.Utf8);
        var vehicles = new BinaryBuilder(DataType.Utf8);
        var sequences = new FixedWidthBuilder<long>(DataType.Int64);
        var times = new FixedWidthBuilder<long>(DataType.TimestampMicros);
        var values = new FixedWidthBuilder<double>(DataType.Float64);
        long midnight = new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1000;
        for (int i = first; i < first + rows; i++)
        {
            recordings.Append(recording);
            vehicles.Append("V1");
            sequences.Append(i);
            times.Append(midnight + (i * 1000L));
            if (i % 10 == 0) values.AppendNull();
            else values.Append(i / 4.0);
        }

        return new RecordBatch(schema, rows, [recordings.Build(), vehicles.Build(), sequences.Build(), times.Build(), values.Build()]);
    }

    /// <summary>Two rows, ids from <paramref name="first"/> on; the columns are those of the schema.</summary>
    private static RecordBatch ThingsBatch(Schema schema, int first)
    {
        var columns = new List<ColumnVector>();
        foreach (var field in schema.Fields)
        {
            columns.Add(field.Name switch
            {
                "id" => field.Type.Kind == TypeKind.Int32 ? Fixed<int>(field.Type, first, first + 1) : Fixed<long>(field.Type, first, first + 1),
                "label" => Label(),
                "pose" => new ColumnVector
                {
                    Type = field.Type, Length = 2,
                    Children = [.. ((StructType)field.Type).Fields.Select(child => child.Type.Kind == TypeKind.Float32
                        ? Fixed<float>(child.Type, first + 0.5f, first + 1.5f) : Fixed<double>(child.Type, first + 0.5, first + 1.5))],
                },
                _ => new ColumnVector
                {
                    Type = field.Type, Length = 2, OffsetBytes = new[] { 0, 2, 3 }.SelectMany(BitConverter.GetBytes).ToArray(),
                    Children = [new ColumnVector { Type = ((ListType)field.Type).Element.Type, Length = 3, Children = [Fixed<int>(DataType.Int32, first * 10, (first * 10) + 1, (first * 10) + 2)] }],
                },
            });
        }

        return new RecordBatch(schema, 2, columns);
    }

    private static ColumnVector Fixed<T>(DataType type, params T[] values)
        where T : unmanaged
    {
        var builder = new FixedWidthBuilder<T>(type);
        foreach (var value in values) builder.Append(value);
        return builder.Build();
    }

    private static ColumnVector Label()
    {
        var builder = new BinaryBuilder(DataType.Utf8);
        builder.Append("turn");
        builder.AppendNull();
        return builder.Build();
    }

    private static JsonElement Metric(JsonElement entry, string map, int fieldId) => entry.GetProperty("data_file").GetProperty(map)
        .EnumerateArray().Single(pair => pair.GetProperty("key").GetInt32() == fieldId).GetProperty("value");
}
