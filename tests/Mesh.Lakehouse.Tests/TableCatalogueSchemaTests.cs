using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Lakehouse.Tests;

public class TableCatalogueSchemaTests : IDisposable
{
    private static readonly TableIdentifier Things = new("raw", "things");
    private readonly LakeFixture lake;

    public TableCatalogueSchemaTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected TableCatalogueSchemaTests(TestDatabase place) => lake = new LakeFixture(null, place);

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task Every_field_gets_an_id_of_its_own_nested_ones_included_and_survives_a_reload()
    {
        var table = await Ensure(Nested(DataType.Int32));
        var ids = Ids(table.Schema.Fields).ToList();
        ids.ShouldBeUnique();
        ids.Order().ShouldBe(Enumerable.Range(1, 7));
        table.Schema.Fields.Select(field => field.Id).ShouldBe([1, 2, 3]);

        var reloaded = await new TableCatalogue(lake.Database, lake.Store, lake.Time).LoadAsync(Things, None);
        reloaded.Schema.ShouldBe(table.Schema);
        reloaded.Schema.Fields[0].Doc.ShouldBe("metres");
    }

    [Fact]
    public async Task An_unchanged_definition_writes_nothing()
    {
        var first = await Ensure(Nested(DataType.Int32));
        (await Ensure(Nested(DataType.Int32))).MetadataUri.ShouldBe(first.MetadataUri);
        (await Ensure(Nested(DataType.Int32), SchemaChangePolicy.Refuse)).MetadataUri.ShouldBe(first.MetadataUri);
    }

    [Fact]
    public async Task Evolving_adds_widens_and_makes_optional_and_keeps_every_id()
    {
        var before = await Ensure(Nested(DataType.Int32));
        var after = await Ensure(new Schema(
        [
            new Field("pose", new StructType([new Field("y", DataType.Float64), new Field("z", DataType.Float64, Nullable: false)])),
            new Field("points", new ListType(new Field("element", new StructType([new Field("i", DataType.Int64)])))),
            new Field("extra", new ListType(new Field("element", DataType.Utf8)), Nullable: false),
        ]));

        after.SchemaId.ShouldBe(before.SchemaId + 1);
        after.Schema.Fields.Select(field => field.Name).ShouldBe(["height", "pose", "points", "extra"]);
        after.Schema.Fields[0].Nullable.ShouldBeTrue("it is no longer written");
        var pose = (StructType)after.Schema.Fields[1].Type;
        pose.Fields.Select(field => (field.Name, field.Type.Kind, field.Nullable)).ShouldBe(
            [("x", TypeKind.Float32, true), ("y", TypeKind.Float64, true), ("z", TypeKind.Float64, true)]);
        ((StructType)((ListType)after.Schema.Fields[2].Type).Element.Type).Fields[0].Type.ShouldBe(DataType.Int64);
        after.Schema.Fields[3].Nullable.ShouldBeTrue("older files lack it");

        var old = Ids(before.Schema.Fields).ToList();
        var now = Ids(after.Schema.Fields).ToList();
        now.ShouldBeUnique();
        old.ShouldAllBe(id => now.Contains(id));
        now.Except(old).ShouldAllBe(id => id > old.Max());
    }

    [Fact]
    public async Task A_narrower_definition_fits_a_wider_table_without_a_change()
    {
        var table = await Ensure(new Schema([new Field("n", DataType.Int64), new Field("d", new DecimalType(20, 2))]));
        var same = await Ensure(new Schema([new Field("n", DataType.Int32), new Field("d", new DecimalType(10, 2))]), SchemaChangePolicy.Compatible);
        same.MetadataUri.ShouldBe(table.MetadataUri);
    }

    [Theory]
    [InlineData(SchemaChangePolicy.Evolve)]
    [InlineData(SchemaChangePolicy.Compatible)]
    [InlineData(SchemaChangePolicy.Refuse)]
    public async Task A_change_of_kind_is_refused_with_column_and_types(SchemaChangePolicy policy)
    {
        await Ensure(new Schema([new Field("pose", new StructType([new Field("x", DataType.Int32)]))]));
        var error = await Should.ThrowAsync<MeshException>(() => Ensure(new Schema([new Field("pose", new StructType([new Field("x", DataType.Utf8)]))]), policy));
        error.Code.ShouldBe("MESH8103");
        error.Message.ShouldContain("pose.x");
        error.Message.ShouldContain("int");
        error.Message.ShouldContain("string");
    }

    [Fact]
    public async Task The_compatible_policy_allows_new_columns_and_nothing_that_old_readers_notice()
    {
        await Ensure(new Schema([new Field("a", DataType.Int32, Nullable: false), new Field("b", DataType.Int32)]));
        (await Ensure(new Schema([new Field("a", DataType.Int32, Nullable: false), new Field("c", DataType.Utf8)]), SchemaChangePolicy.Compatible)).Schema.Fields.Count.ShouldBe(3);
        foreach (var bad in new[] { new Field("a", DataType.Int64, Nullable: false), new Field("a", DataType.Int32), new Field("other", DataType.Int32) })
        {
            (await Should.ThrowAsync<MeshException>(() => Ensure(new Schema([bad]), SchemaChangePolicy.Compatible))).Code.ShouldBe("MESH8103");
        }
    }

    [Fact]
    public async Task The_refuse_policy_refuses_a_new_and_a_missing_column()
    {
        await Ensure(new Schema([new Field("a", DataType.Int32), new Field("b", DataType.Int32)]));
        await Should.ThrowAsync<MeshException>(() => Ensure(new Schema([new Field("a", DataType.Int32)]), SchemaChangePolicy.Refuse));
        await Should.ThrowAsync<MeshException>(() => Ensure(new Schema([new Field("a", DataType.Int32), new Field("b", DataType.Int32), new Field("c", DataType.Int32)]), SchemaChangePolicy.Refuse));
    }

    [Fact]
    public async Task Workers_that_evolve_at_once_never_give_one_id_two_meanings()
    {
        var others = Enumerable.Range(0, 4).Select(_ => new TableCatalogue(lake.Database, lake.Store, lake.Time, new TableCatalogueOptions { MaxCommitAttempts = 1000 })).ToList();
        var seen = await Task.WhenAll(Enumerable.Range(0, 24).Select(i => Task.Run(async () =>
            (await others[i % 4].EnsureAsync(Things, LakeFixture.Definition(new Schema([new Field($"c{i / 2}", DataType.Int32)])), SchemaChangePolicy.Evolve, None)).Schema, None)));

        var final = (await lake.Catalogue.LoadAsync(Things, None)).Schema;
        final.Fields.Select(field => field.Name).Order(StringComparer.Ordinal).ShouldBe(Enumerable.Range(0, 12).Select(i => $"c{i}").Order(StringComparer.Ordinal));
        foreach (var field in seen.SelectMany(schema => schema.Fields)) final.Fields.Single(other => other.Name == field.Name).Id.ShouldBe(field.Id);
    }

    [Fact]
    public async Task A_missing_table_names_the_similar_ones_and_an_odd_name_is_refused()
    {
        await Ensure(Nested(DataType.Int32));
        (await lake.Catalogue.FindAsync(new TableIdentifier("raw", "thing"), None)).ShouldBeNull();
        var error = await Should.ThrowAsync<MeshException>(async () => await lake.Catalogue.LoadAsync(new TableIdentifier("raw", "thing"), None));
        error.Code.ShouldBe("MESH8102");
        error.Message.ShouldContain("raw.things");
        foreach (var odd in new[] { new TableIdentifier("raw", "../x"), new TableIdentifier("raw", "Ümu"), new TableIdentifier("", "x"), new TableIdentifier("a/b", "x") })
        {
            (await Should.ThrowAsync<MeshException>(async () => await lake.Catalogue.EnsureAsync(odd, LakeFixture.Definition(Nested(DataType.Int32)), SchemaChangePolicy.Evolve, None)))
                .Code.ShouldBe("MESH8101");
        }

        (await lake.Catalogue.ListAsync(None)).ShouldBe([Things]);
    }

    [Fact]
    public async Task Partitioning_and_sorting_come_back_by_column_and_a_missing_column_is_refused()
    {
        var table = await lake.CreateImuAsync(new PartitionField("log_time", PartitionTransform.Hour), new PartitionField("vehicle_id", PartitionTransform.Bucket, 16), new PartitionField("vehicle_id", PartitionTransform.Identity));
        table.PartitionBy.ShouldBe([new PartitionField("log_time", PartitionTransform.Hour), new PartitionField("vehicle_id", PartitionTransform.Bucket, 16), new PartitionField("vehicle_id", PartitionTransform.Identity)]);
        table.SortBy.ShouldBe(["log_time"]);
        table.Properties["mesh.owner"].ShouldBe("test");
        (await Should.ThrowAsync<MeshException>(async () => await lake.Catalogue.EnsureAsync(
            Things, LakeFixture.Definition(Nested(DataType.Int32), new PartitionField("absent", PartitionTransform.Day)), SchemaChangePolicy.Evolve, None))).Code.ShouldBe("MESH8104");
    }

    private Task<Table> Ensure(Schema schema, SchemaChangePolicy policy = SchemaChangePolicy.Evolve) =>
        lake.Catalogue.EnsureAsync(Things, new TableDefinition(schema, [], [], new Dictionary<string, string>()), policy, None).AsTask();

    private static Schema Nested(DataType element) => new(
    [
        new Field("height", DataType.Float32, Nullable: false) { Doc = "metres" },
        new Field("pose", new StructType([new Field("x", DataType.Float32, Nullable: false), new Field("y", DataType.Float32)])),
        new Field("points", new ListType(new Field("item", new StructType([new Field("i", element)])))),
    ]);

    private static IEnumerable<int> Ids(IEnumerable<Field> fields) => fields.SelectMany(field => Ids(field.Type).Prepend(field.Id));

    private static IEnumerable<int> Ids(DataType type) => type switch
    {
        StructType structure => Ids(structure.Fields),
        ListType list => Ids([list.Element]),
        _ => [],
    };
}
