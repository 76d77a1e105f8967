using System.Security.Cryptography;
using System.Text;
using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Testing;
using Mesh.Trigger.Measuring;

namespace Mesh.Trigger.Tests.Measuring;

/// <summary>Measures of a real table's Parquet files.</summary>
public sealed class TableMeasurerTests : IDisposable
{
    private static readonly TableIdentifier Table = new("raw", "frames");

    private static readonly StructType LabelType = new([new Field("label", DataType.Utf8)]);

    private static readonly Schema Schema = new(
    [
        new Field("recording_id", DataType.Utf8, Nullable: false), new Field("vehicle_id", DataType.Utf8, Nullable: false), new Field("sequence", DataType.Int64, Nullable: false),
        new Field("log_time", DataType.TimestampMicros, Nullable: false), new Field("speed", DataType.Float64), new Field("manoeuvre", LabelType),
    ]);

    private readonly TemporaryFolder folder = new();
    private readonly MetadataDatabase database;
    private readonly LocalObjectStore lake;
    private readonly TableCatalogue catalogue;
    private int uploads;

    public TableMeasurerTests()
    {
        database = MetadataDatabase.Open(folder["mesh.db"]);
        lake = new LocalObjectStore(folder["lake"]);
        catalogue = new TableCatalogue(database, lake, new ManualTimeProvider(new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero)));
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        database.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Values_of_columns_within_structs_are_counted_by_snapshot_and_absent_ones_are_not()
    {
        await CreateAsync();
        var first = await AppendAsync("V1", ("cut_in", 1), ("cut_in", 2), (null, 3));
        var second = await AppendAsync("V2", ("keep", 4));
        var labels = new Measure(MeasureKind.Values, "manoeuvre.label", null);
        var vehicles = new Measure(MeasureKind.Values, "vehicle_id", null);

        var measured = await new TableMeasurer(catalogue).MeasureAsync(Table, 0, second.SnapshotId, null, [labels, vehicles], Stop);

        Of(measured[labels]).ShouldBe([(1, "cut_in", 2), (2, "keep", 1)]);
        Of(measured[vehicles]).ShouldBe([(1, "V1", 3), (2, "V2", 1)]);
        Of((await new TableMeasurer(catalogue).MeasureAsync(Table, first.SnapshotId, second.SnapshotId, null, [labels], Stop))[labels]).ShouldBe([(2, "keep", 1)]);
    }

    [Fact]
    public async Task Only_rows_that_match_the_filter_count()
    {
        await CreateAsync();
        var snapshot = await AppendAsync("V1", ("cut_in", 1), ("cut_in", 2), ("keep", 3), ("keep", 4));
        var filter = new TriggerFilter("speed > 1.5", PredicateParser.Parse("speed > 1.5"));
        Measure[] measures = [new(MeasureKind.Rows, "", filter), new(MeasureKind.Values, "manoeuvre.label", filter), new(MeasureKind.Duration, "", filter), new(MeasureKind.Distribution, "speed", filter)];

        var measured = await new TableMeasurer(catalogue).MeasureAsync(Table, 0, snapshot.SnapshotId, filter, measures, Stop);

        Of(measured[measures[0]]).ShouldBe([(1, "", 3)]);
        Of(measured[measures[1]]).ShouldBe([(1, "cut_in", 1), (1, "keep", 2)]);
        Of(measured[measures[2]]).ShouldBe([(1, "", 2_000_000)]);
        measured[measures[3]].Sum(value => value.Amount).ShouldBe(3);
    }

    [Fact]
    public async Task The_vehicles_of_a_table_that_is_partitioned_by_them_are_known_without_opening_a_file()
    {
        await CreateAsync(new PartitionField("vehicle_id", PartitionTransform.Identity));
        var snapshot = await AppendAsync("V7", ("cut_in", 1), ("keep", 2));
        foreach (string file in Directory.GetFiles(folder["lake"], "*.parquet", SearchOption.AllDirectories)) File.Delete(file);
        var vehicles = new Measure(MeasureKind.Values, "vehicle_id", null);

        var measured = await new TableMeasurer(catalogue).MeasureAsync(Table, 0, snapshot.SnapshotId, null, [vehicles], Stop);

        Of(measured[vehicles]).ShouldBe([(1, "V7", 2)]);
    }

    [Fact]
    public async Task A_column_that_is_not_there_or_cannot_be_counted_is_said_with_its_name()
    {
        await CreateAsync();
        var snapshot = await AppendAsync("V1", ("cut_in", 1));

        (await FailsAsync("manoeuvre.lable")).ShouldContain("no column 'manoeuvre.lable'");
        (await FailsAsync("weather")).ShouldContain("recording_id, vehicle_id");
        (await FailsAsync("speed")).ShouldContain("'speed' is Float64");

        async Task<string> FailsAsync(string column) => (await Should.ThrowAsync<MeshException>(async () =>
            await new TableMeasurer(catalogue).MeasureAsync(Table, 0, snapshot.SnapshotId, null, [new Measure(MeasureKind.Values, column, null)], Stop))).Message;
    }

    private static (long, string, long)[] Of(IEnumerable<MeasuredValue> values) =>
        [.. values.Select(value => (value.SequenceNumber, value.Value, value.Amount)).OrderBy(value => value.Item1).ThenBy(value => value.Item2, StringComparer.Ordinal)];

    private Task<Table> CreateAsync(params PartitionField[] partitionBy) =>
        catalogue.EnsureAsync(Table, new TableDefinition(Schema, partitionBy, ["log_time"], new Dictionary<string, string>()), SchemaChangePolicy.Evolve, Stop).AsTask();

    /// <summary>A file of one recording with a row for each label and speed, a second apart.</summary>
    private async Task<Snapshot> AppendAsync(string vehicle, params (string? Label, double Speed)[] rows)
    {
        var table = await catalogue.LoadAsync(Table, Stop);
        int upload = ++uploads;
        var batch = new RecordBatch(table.Schema, rows.Length,
        [
            Text(rows.Select(_ => $"R{upload}")), Text(rows.Select(_ => vehicle)), Fixed(DataType.Int64, rows.Select((_, i) => (long)i)),
            Fixed(DataType.TimestampMicros, rows.Select((_, i) => i * 1_000_000L)), Fixed(DataType.Float64, rows.Select(row => row.Speed)), Struct(table.Schema.Fields[5].Type, Text(rows.Select(row => row.Label))),
        ]);
        string key = $"raw/frames/data/{upload}.parquet";
        await using var writer = await lake.CreateAsync(key, PutMode.IfAbsent, Stop);
        await using var parquet = new ParquetWriter(writer.Stream, batch.Schema, new ParquetWriterOptions
        {
            Metadata = new Dictionary<string, string> { ["iceberg.schema"] = IcebergTypes.ToJson(batch.Schema, table.SchemaId) },
        });
        await parquet.WriteAsync(batch, Stop);
        var summary = await parquet.CompleteAsync(Stop);
        await writer.CompleteAsync(Stop);
        var file = new DataFile
        {
            Uri = lake.UriOf(key), RowCount = summary.RowCount, FileBytes = summary.FileBytes, Partition = table.PartitionBy.Count == 0 ? [] : [vehicle],
            Columns = summary.Columns, SplitOffsets = summary.SplitOffsets,
        };
        var id = IngestId.Compute(SHA256.HashData(Encoding.UTF8.GetBytes($"upload {upload}")), vehicle);
        await catalogue.AppendAsync(Table, new AppendRequest { Sets = [new IngestSet(id, "fleet", "v1", "attempt-1", [file])] }, Stop);
        return (await catalogue.LoadAsync(Table, Stop)).CurrentSnapshot!;
    }

    private static ColumnVector Fixed<T>(DataType type, IEnumerable<T> values) where T : unmanaged
    {
        T[] all = [.. values];
        return new ColumnVector { Type = type, Length = all.Length, ValueBytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes<T>(all).ToArray() };
    }

    private static ColumnVector Text(IEnumerable<string?> values)
    {
        string?[] all = [.. values];
        var offsets = new List<int> { 0 };
        var bytes = new List<byte>();
        byte[] validity = new byte[(all.Length + 7) / 8];
        for (int i = 0; i < all.Length; i++)
        {
            if (all[i] is { } text)
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text));
                validity[i >> 3] |= (byte)(1 << (i & 7));
            }

            offsets.Add(bytes.Count);
        }

        int nulls = all.Count(text => text is null);
        return new ColumnVector
        {
            Type = DataType.Utf8, Length = all.Length, NullCount = nulls, Validity = nulls > 0 ? validity : default,
            OffsetBytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes<int>([.. offsets]).ToArray(), ValueBytes = bytes.ToArray(),
        };
    }

    private static ColumnVector Struct(DataType type, ColumnVector child) => new() { Type = type, Length = child.Length, Children = [child] };
}
