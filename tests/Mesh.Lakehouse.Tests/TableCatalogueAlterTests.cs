using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Lakehouse.Tests;

public sealed class TableCatalogueAlterTests : IDisposable
{
    private static readonly TableIdentifier Things = new("raw", "things");
    private readonly LakeFixture lake = new();

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task Columns_change_by_id_and_files_from_before_are_read_under_the_new_names()
    {
        var table = await lake.CreateImuAsync();
        var file = await lake.WriteAsync(table, ForeignReaderTests.ImuBatch(table.Schema, "rec", 0, 20));
        await lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set("u", file)), None);
        var altered = await lake.Catalogue.AlterAsync(LakeFixture.Imu,
        [
            new RenameColumn("ax", "acceleration_x"), new DocumentColumn("acceleration_x", "m/s²"), new AddColumn("ax", DataType.Utf8, "another ax"),
            new MoveColumn("acceleration_x", null), new DropColumn("recording_id"), new MakeOptional("vehicle_id"),
        ], None);

        altered.Schema.Fields.Select(field => (field.Name, field.Id, field.Nullable)).ShouldBe(
            [("acceleration_x", 5, true), ("vehicle_id", 2, true), ("sequence", 3, false), ("log_time", 4, false), ("ax", 6, true)]);
        altered.Schema.Fields[0].Doc.ShouldBe("m/s²");
        var batch = (await lake.Catalogue.ScanAsync(LakeFixture.Imu, new ScanOptions(), None).ToListAsync(None)).ShouldHaveSingleItem();
        batch["acceleration_x"].Values<double>()[7].ShouldBe(7 / 4.0);
        batch["ax"].NullCount.ShouldBe(20);
        var found = await lake.Catalogue.ScanAsync(LakeFixture.Imu, new ScanOptions { Filter = new ComparisonPredicate("acceleration_x", ComparisonOperator.Equal, 1.75) }, None).ToListAsync(None);
        found.Sum(matching => matching.Length).ShouldBe(1);

        var rows = (await NodeScript.RunAsync("iceberg-icebird.mjs", altered.LocationUri)).GetProperty("rows").EnumerateArray().ToList();
        rows.Count.ShouldBe(20);
        rows.Single(row => row.GetProperty("sequence").GetInt64() == 7).GetProperty("acceleration_x").GetDouble().ShouldBe(1.75);
        rows[0].TryGetProperty("recording_id", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Nested_columns_change_too()
    {
        var table = await EnsureAsync(new Schema(
        [
            new Field("pose", new StructType([new Field("x", DataType.Int32, Nullable: false), new Field("y", DataType.Float32)])),
            new Field("points", new ListType(new Field("element", new StructType([new Field("i", DataType.Int32)])))),
            new Field("tags", new MapType(new Field("key", DataType.Utf8, false), new Field("value", DataType.Int32, false))),
        ]));
        table = await lake.Catalogue.AlterAsync(Things,
        [
            new WidenColumn("pose.x", DataType.Int64), new MakeOptional("pose.x"), new MoveColumn("pose.x", "y"), new AddColumn("points.element.j", DataType.Uuid),
            new WidenColumn("tags.value", DataType.Int64), new MakeOptional("tags.value"), new RenameColumn("points.element.i", "index"),
        ], None);
        IcebergTypes.ToText(table.Schema.AsStruct()).ShouldBe(
            "struct<pose: struct<y: float, x: long>, points: list<struct<index: int, j: uuid>>, tags: map<string, long>>");
        ((MapType)table.Schema.Fields[2].Type).Value.Nullable.ShouldBeTrue();
        var reloaded = await new TableCatalogue(lake.Database, lake.Store, lake.Time).LoadAsync(Things, None);
        reloaded.Schema.ShouldBe(table.Schema);
    }

    [Fact]
    public async Task Changes_that_files_could_not_follow_are_refused_and_none_of_the_others_is_made()
    {
        var before = await lake.CreateImuAsync(new PartitionField("vehicle_id", PartitionTransform.Identity));
        foreach (var change in new SchemaChange[]
        {
            new DropColumn("vehicle_id"), new DropColumn("log_time"), new DropColumn("absent"), new RenameColumn("ax", "sequence"), new WidenColumn("ax", DataType.Float32),
            new WidenColumn("vehicle_id", DataType.Int64), new AddColumn("ax", DataType.Int32), new AddColumn("ax.y", DataType.Int32), new MoveColumn("ax", "absent"), new MoveColumn("ax", "ax"),
        })
        {
            var error = await Should.ThrowAsync<MeshException>(async () => await lake.Catalogue.AlterAsync(LakeFixture.Imu, [new DocumentColumn("ax", "x"), change], None));
            error.Code.ShouldBe("MESH8103");
            error.Message.ShouldContain(change.Path);
        }

        (await lake.Catalogue.LoadAsync(LakeFixture.Imu, None)).MetadataUri.ShouldBe(before.MetadataUri);
    }

    [Fact]
    public async Task Every_type_survives_metadata_and_nanoseconds_make_version_3()
    {
        var fields = new DataType[]
        {
            DataType.Boolean, DataType.Int32, DataType.Int64, DataType.Float32, DataType.Float64, new DecimalType(38, 10), DataType.Date32, DataType.TimeMicros,
            DataType.TimestampMicros, DataType.LocalTimestampMicros, DataType.Utf8, DataType.Uuid, new FixedBinaryType(7), DataType.Binary,
            new MapType(new Field("key", DataType.Utf8, false), new Field("value", new ListType(new Field("element", DataType.Int32)))),
        }.Select((type, index) => new Field($"c{index}", type)).ToList();
        var table = await EnsureAsync(new Schema(fields));
        table.Schema.Fields.Select(field => field.Type.Kind).ShouldBe(fields.Select(field => field.Type.Kind));
        (await new TableCatalogue(lake.Database, lake.Store, lake.Time).LoadAsync(Things, None)).Schema.ShouldBe(table.Schema);
        (await lake.Catalogue.LoadStateAsync(Things, None)).Metadata.FormatVersion.ShouldBe(2);

        await EnsureAsync(new Schema([.. fields, new Field("ns", DataType.TimestampNanos), new Field("local_ns", DataType.LocalTimestampNanos)]));
        var reloaded = await new TableCatalogue(lake.Database, lake.Store, lake.Time).LoadStateAsync(Things, None);
        reloaded.Metadata.FormatVersion.ShouldBe(3);
        reloaded.Metadata.CurrentSchema.Fields[^2].Type.ShouldBe(DataType.TimestampNanos);
        (await Should.ThrowAsync<MeshException>(() => EnsureAsync(new Schema([.. fields, new Field("half", DataType.Float16)])))).Code.ShouldBe("MESH8103");
    }

    [Fact]
    public async Task Rows_of_a_version_3_table_get_ids_without_gaps_or_repeats()
    {
        var table = await lake.Catalogue.EnsureAsync(
            Things, LakeFixture.Definition(new Schema([new Field("t", DataType.TimestampNanos, Nullable: false)])), SchemaChangePolicy.Evolve, None);
        for (int upload = 0; upload < 3; upload++)
        {
            var files = new[] { await lake.FakeFileAsync(Things, 10), await lake.FakeFileAsync(Things, 5) };
            table = (await lake.Catalogue.AppendAsync(Things, LakeFixture.Request(LakeFixture.Set($"u{upload}", files)), None)).Table;
        }

        table.Snapshots.Select(snapshot => (snapshot.FirstRowId, snapshot.AssignedRowIds)).ShouldBe([(0L, 15L), (15L, 15L), (30L, 15L)]);
        (await lake.Catalogue.LoadStateAsync(Things, None)).Metadata.NextRowId.ShouldBe(45);
        (await lake.Catalogue.ListFilesAsync(Things, new ScanOptions(), None)).Select(file => file.FirstRowId).ShouldBe([0L, 10L, 15L, 25L, 30L, 40L]);
    }

    [Fact]
    public async Task A_table_partitioned_anew_keeps_its_old_files_findable_and_icebird_reads_both()
    {
        var table = await lake.CreateImuAsync(new PartitionField("vehicle_id", PartitionTransform.Bucket, 4));
        await AppendAsync(table, 0);
        table = await lake.Catalogue.RepartitionAsync(LakeFixture.Imu, [new PartitionField("log_time", PartitionTransform.Hour), new PartitionField("vehicle_id", PartitionTransform.Bucket, 4)], None);
        table.PartitionBy.Count.ShouldBe(2);
        await AppendAsync(table, 1);
        var state = await lake.Catalogue.LoadStateAsync(LakeFixture.Imu, None);
        state.Metadata.PartitionSpecs.Count.ShouldBe(2);
        state.Metadata.PartitionSpecs[1].Fields[1].FieldId.ShouldBe(state.Metadata.PartitionSpecs[0].Fields[0].FieldId, "it is the same field");

        var statistics = new ScanStatistics();
        var planned = await lake.Catalogue.PlanAsync(LakeFixture.Imu, new ScanOptions { Filter = new ComparisonPredicate("vehicle_id", ComparisonOperator.Equal, "V1"), Statistics = statistics }, None).ToListAsync(None);
        planned.Select(file => file.PartitionSpecId).Order().ShouldBe([0, 1]);
        int other = Enumerable.Range(0, 100).First(i => PartitionTransforms.BucketOf($"X{i}", DataType.Utf8, 4) != PartitionTransforms.BucketOf("V1", DataType.Utf8, 4));
        (await lake.Catalogue.PlanAsync(LakeFixture.Imu, new ScanOptions { Filter = new ComparisonPredicate("vehicle_id", ComparisonOperator.Equal, $"X{other}") }, None).ToListAsync(None)).ShouldBeEmpty();
        (await NodeScript.RunAsync("iceberg-icebird.mjs", table.LocationUri)).GetProperty("rows").GetArrayLength().ShouldBe(20);

        table = await lake.Catalogue.RepartitionAsync(LakeFixture.Imu, [new PartitionField("vehicle_id", PartitionTransform.Bucket, 4)], None);
        (await lake.Catalogue.LoadStateAsync(LakeFixture.Imu, None)).Metadata.DefaultSpecId.ShouldBe(0);
    }

    private async Task AppendAsync(Table table, int upload)
    {
        var batch = ForeignReaderTests.ImuBatch(table.Schema, "rec", upload * 10, 10);
        var file = await lake.WriteAsync(table, batch, [.. table.PartitionBy.Select(field => PartitionTransforms.Apply(field, batch[field.SourceColumn], 0))]);
        await lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set($"u{upload}", file)), None);
    }

    private Task<Table> EnsureAsync(Schema schema) =>
        lake.Catalogue.EnsureAsync(Things, new TableDefinition(schema, [], [], new Dictionary<string, string>()), SchemaChangePolicy.Evolve, None).AsTask();
}
