using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Lakehouse.Iceberg.Updates;
using Mesh.Lakehouse.RestCatalog;
using Mesh.Lakehouse.RestCatalog.Client;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Lakehouse.Tests.RestCatalog;

public class RestCatalogueTests : IAsyncLifetime
{
    private static readonly TableIdentifier Imu = LakeFixture.Imu;
    private readonly TestDatabase place;
    private readonly List<string> announced = [];
    private RestFixture server = null!;
    private RestCatalogueClient client = null!;

    public RestCatalogueTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected RestCatalogueTests(TestDatabase place) => this.place = place;

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        server = await RestFixture.StartAsync(
            new RestCatalogueOptions
            {
                Announce = (_, table, snapshot) =>
                {
                    lock (announced) announced.Add($"{table.Identifier} {snapshot.SnapshotId}");
                    return Task.CompletedTask;
                },
            },
            place);
        client = await server.ConnectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Namespaces_are_made_listed_loaded_and_dropped_when_they_are_empty()
    {
        await server.Lake.CreateImuAsync();
        await client.CreateNamespaceAsync("perception", new Dictionary<string, string> { ["owner"] = "team" }, None);
        (await client.ListNamespacesAsync(None)).ShouldBe(["perception", "raw"]);
        (await client.LoadNamespaceAsync("perception", None)).ShouldBe(new Dictionary<string, string> { ["owner"] = "team" });
        (await RefusedAsync(() => client.CreateNamespaceAsync("perception", new Dictionary<string, string>(), None))).ErrorType.ShouldBe("AlreadyExistsException");
        (await RefusedAsync(() => client.DropNamespaceAsync("raw", None))).ErrorType.ShouldBe("NamespaceNotEmptyException");
        await client.DropNamespaceAsync("perception", None);
        (await RefusedAsync(() => client.LoadNamespaceAsync("perception", None))).ShouldSatisfyAllConditions(
            error => error.Status.ShouldBe(404), error => error.ErrorType.ShouldBe("NoSuchNamespaceException"));
    }

    [Fact]
    public async Task A_table_that_another_engine_creates_is_one_that_Mesh_evolves_and_appends_to()
    {
        await client.CreateNamespaceAsync("raw", new Dictionary<string, string>(), None);

        // Ids as a foreign engine may give them: they only tie the request together.
        var schema = new Schema(
        [
            new Field("vehicle_id", DataType.Utf8, Nullable: false, 70),
            new Field("pose", new StructType([new Field("x", DataType.Float64, Nullable: true, 91)]), Nullable: true, 90),
            new Field("sequence", DataType.Int64, Nullable: false, 80),
        ]);
        var created = await client.CreateAsync(Imu, new CreateTable
        {
            Schema = new TableSchema(0, schema) { IdentifierFieldIds = [80] },
            PartitionFields = [new UnboundPartitionField(70, null, "vehicle_id_bucket", PartitionTransform.Bucket, 4)],
            SortFields = [new SortField(80, Descending: true, NullsFirst: true)],
            Properties = new Dictionary<string, string> { ["owner"] = "them" },
        }, stage: false, None);

        created.Metadata.CurrentSchema.Fields.Select(field => field.Id).ShouldBe([1, 2, 3]);
        created.Metadata.Schemas[0].IdentifierFieldIds.ShouldBe([3]);
        created.Metadata.LastColumnId.ShouldBe(4);
        created.Metadata.DefaultSpec.Fields.ShouldBe([new PartitionSpecField(1, 1000, "vehicle_id_bucket", PartitionTransform.Bucket, 4)]);
        created.Metadata.DefaultSortOrder!.Fields.ShouldBe([new SortField(3, Descending: true, NullsFirst: true)]);

        var table = await server.Lake.Catalogue.EnsureAsync(
            Imu, LakeFixture.Definition(new Schema([new Field("vehicle_id", DataType.Utf8), new Field("speed", DataType.Float64)])), SchemaChangePolicy.Evolve, None);
        table.Schema.Fields.Select(field => field.Id).ShouldBe([1, 2, 3, 5]);
        var file = await server.Lake.FakeFileAsync(Imu, 10, 2);
        (await server.Lake.Catalogue.AppendAsync(Imu, LakeFixture.Request(LakeFixture.Set("a", file)), None)).Snapshot.ShouldNotBeNull();
        (await client.LoadTableAsync(Imu, None)).CurrentSnapshot!.TotalRows.ShouldBe(10);
        (await RefusedAsync(() => client.CreateAsync(Imu, new CreateTable { Schema = new TableSchema(0, schema) }, false, None))).ErrorType.ShouldBe("AlreadyExistsException");
    }

    [Fact]
    public async Task A_staged_table_exists_once_it_is_committed_and_only_once()
    {
        await client.CreateNamespaceAsync("raw", new Dictionary<string, string>(), None);
        var schema = new TableSchema(0, new Schema([new Field("x", DataType.Int64, Nullable: true, 1)]));
        var staged = await client.CreateAsync(Imu, new CreateTable { Schema = schema }, stage: true, None);
        staged.MetadataUri.ShouldBe("");
        (await client.ListTablesAsync("raw", None)).ShouldBeEmpty();

        var append = await server.PrepareAppendAsync(staged);
        var commit = new TableCommit(Imu, [new AssertCreate()],
        [
            new AssignUuid(staged.Metadata.TableUuid), new UpgradeFormatVersion(2), new AddSchema(staged.Metadata.Schemas[0]), new SetCurrentSchema(-1),
            new AddPartitionSpec([]), new SetDefaultSpec(-1), new AddSortOrder(new SortOrder(0, Array.Empty<int>())), new SetDefaultSortOrder(-1),
            new SetLocation(staged.Metadata.Location), new SetProperties(new Dictionary<string, string> { ["owner"] = "them" }), .. append.Updates,
        ]);
        var committed = await client.CommitAsync(commit, None);
        committed.Metadata.TableUuid.ShouldBe(staged.Metadata.TableUuid);
        (await client.LoadTableAsync(Imu, None)).CurrentSnapshot!.TotalRows.ShouldBe(10);
        announced.Count.ShouldBe(1);
        (await RefusedAsync(() => client.CommitAsync(commit, None))).ErrorType.ShouldBe("CommitFailedException");
    }

    [Fact]
    public async Task A_foreign_append_is_read_by_Mesh_announced_once_and_a_stale_one_is_a_conflict()
    {
        await server.Lake.CreateImuAsync(new PartitionField("vehicle_id", PartitionTransform.Bucket, 16));
        await server.Lake.Catalogue.AppendAsync(Imu, LakeFixture.Request(LakeFixture.Set("a", await server.Lake.FakeFileAsync(Imu, 5, 1))) with
        {
            SourceOffsets = new Dictionary<string, long> { ["t-0"] = 7 },
        }, None);
        var before = await client.LoadAsync(Imu, None);
        var append = await server.PrepareAppendAsync(before, 10, 3);
        var stale = await server.PrepareAppendAsync(before, 10, 4);

        var after = await client.CommitAsync(append, None);
        after.Metadata.LastSequenceNumber.ShouldBe(2);
        (await RefusedAsync(() => client.CommitAsync(stale, None))).ShouldSatisfyAllConditions(
            error => error.Status.ShouldBe(409), error => error.ErrorType.ShouldBe("CommitFailedException"), error => error.Message.ShouldContain("snapshot of 'main'"));

        (await server.Lake.Catalogue.ListFilesAsync(Imu, new ScanOptions(), None)).Sum(file => file.RowCount).ShouldBe(15);
        announced.ShouldBe([$"raw.imu {after.Metadata.CurrentSnapshotId}"]);
        SourceOffsets.Of(after.Table)["t-0"].ShouldBe(7, "the position is carried forward");
        (await server.Lake.Catalogue.AppendAsync(Imu, LakeFixture.Request(LakeFixture.Set("a", await server.Lake.FakeFileAsync(Imu, 5, 1))), None)).Duplicates.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Eight_clients_that_append_at_once_lose_no_commit()
    {
        await server.Lake.CreateImuAsync();
        const int Clients = 8;
        const int Each = 5;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(index => Task.Run(async () =>
        {
            using var own = await server.ConnectAsync();
            for (int done = 0; done < Each;)
            {
                var append = await server.PrepareAppendAsync(await own.LoadAsync(Imu, None), 1 + index);
                try
                {
                    await own.CommitAsync(append, None);
                    done++;
                }
                catch (RestCatalogueException conflict) when (conflict.Status == 409)
                {
                }
            }
        }, None)));

        var table = await client.LoadAsync(Imu, None);
        table.Metadata.Snapshots.Count.ShouldBe(Clients * Each);
        table.Metadata.Snapshots.Select(snapshot => snapshot.SequenceNumber).ShouldBe(Enumerable.Range(1, Clients * Each).Select(number => (long)number));
        table.Metadata.Snapshots.Skip(1).Select(snapshot => snapshot.ParentSnapshotId).ShouldBe(table.Metadata.Snapshots.SkipLast(1).Select(snapshot => (long?)snapshot.SnapshotId));
        var files = await server.Lake.Catalogue.ListFilesAsync(Imu, new ScanOptions(), None);
        files.Select(file => file.Uri).ShouldBeUnique();
        files.Sum(file => file.RowCount).ShouldBe(Each * Enumerable.Range(1, Clients).Sum());
        announced.Distinct().Count().ShouldBe(Clients * Each);
    }

    [Fact]
    public async Task A_transaction_changes_all_its_tables_or_none()
    {
        var other = new TableIdentifier("raw", "gnss");
        await server.Lake.CreateImuAsync();
        await server.Lake.Catalogue.EnsureAsync(other, LakeFixture.Definition(LakeFixture.ImuSchema), SchemaChangePolicy.Evolve, None);
        var imu = await server.PrepareAppendAsync(await client.LoadAsync(Imu, None), 1);
        var gnss = await server.PrepareAppendAsync(await client.LoadAsync(other, None), 2);
        var broken = gnss with { Requirements = [new AssertRefSnapshotId("main", 4711)] };

        (await RefusedAsync(() => client.CommitAsync([imu, broken], None))).ErrorType.ShouldBe("CommitFailedException");
        (await client.LoadTableAsync(Imu, None)).CurrentSnapshot.ShouldBeNull();
        announced.ShouldBeEmpty();

        await client.CommitAsync([imu, gnss], None);
        (await client.LoadTableAsync(Imu, None)).CurrentSnapshot!.TotalRows.ShouldBe(1);
        (await client.LoadTableAsync(other, None)).CurrentSnapshot!.TotalRows.ShouldBe(2);
        announced.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_renamed_table_keeps_identity_files_and_ledger_and_its_old_folder_is_nobody_elses()
    {
        var to = new TableIdentifier("perception", "imu_v2");
        var before = await server.Lake.CreateImuAsync();
        await server.Lake.Catalogue.AppendAsync(Imu, LakeFixture.Request(LakeFixture.Set("a", await server.Lake.FakeFileAsync(Imu))), None);
        (await RefusedAsync(() => client.RenameTableAsync(Imu, to, None))).ErrorType.ShouldBe("NoSuchNamespaceException");
        await client.CreateNamespaceAsync("perception", new Dictionary<string, string>(), None);
        await client.RenameTableAsync(Imu, to, None);

        var renamed = await client.LoadTableAsync(to, None);
        renamed.Uuid.ShouldBe(before.Uuid);
        renamed.LocationUri.ShouldBe(before.LocationUri);
        (await RefusedAsync(() => client.LoadTableAsync(Imu, None))).ErrorType.ShouldBe("NoSuchTableException");
        var again = await server.Lake.Catalogue.AppendAsync(to, LakeFixture.Request(LakeFixture.Set("a", await server.Lake.FakeFileAsync(Imu))), None);
        again.Duplicates.Count.ShouldBe(1);
        var more = await server.Lake.Catalogue.AppendAsync(to, LakeFixture.Request(LakeFixture.Set("b", await server.Lake.FakeFileAsync(Imu))), None);
        more.Table.MetadataUri.ShouldStartWith(before.LocationUri + "/metadata/");
        string hint = System.Text.Encoding.ASCII.GetString((await server.Lake.Catalogue.ReadObjectAsync($"{before.LocationUri}/metadata/version-hint.text", None)).Span);
        hint.ShouldBe("3", "readers without the catalogue follow the folder");

        (await server.Lake.CreateImuAsync()).LocationUri.ShouldNotBe(before.LocationUri, "its sweep would delete the renamed table's files");
    }

    [Fact]
    public async Task A_dropped_table_leaves_its_files_to_be_registered_again_and_a_purged_one_leaves_nothing()
    {
        await server.Lake.CreateImuAsync();
        var outcome = await server.Lake.Catalogue.AppendAsync(Imu, LakeFixture.Request(LakeFixture.Set("a", await server.Lake.FakeFileAsync(Imu))), None);
        await client.DropTableAsync(Imu, purge: false, None);
        (await client.ListTablesAsync("raw", None)).ShouldBeEmpty();

        var registered = await server.SendAsync(HttpMethod.Post, "namespaces/raw/register", new System.Text.Json.Nodes.JsonObject { ["name"] = "imu", ["metadata-location"] = outcome.Table.MetadataUri });
        registered.Status.ShouldBe(200);
        (await client.LoadTableAsync(Imu, None)).CurrentSnapshot!.SnapshotId.ShouldBe(outcome.Snapshot!.SnapshotId);
        await server.Lake.Catalogue.AppendAsync(Imu, LakeFixture.Request(LakeFixture.Set("b", await server.Lake.FakeFileAsync(Imu))), None);

        await client.DropTableAsync(Imu, purge: true, None);
        int left = 0;
        await foreach (var entry in server.Lake.Store.ListAsync("raw/imu/", None)) left++;
        left.ShouldBe(0);
        var fresh = await server.Lake.CreateImuAsync();
        fresh.LocationUri.ShouldBe(outcome.Table.LocationUri);
        (await server.Lake.Catalogue.AppendAsync(Imu, LakeFixture.Request(LakeFixture.Set("a", await server.Lake.FakeFileAsync(Imu))), None)).Snapshot.ShouldNotBeNull("the ledger went along");
    }

    [Fact]
    public async Task What_would_break_the_table_is_refused_and_changes_nothing()
    {
        await server.Lake.CreateImuAsync();
        await server.Lake.Catalogue.EnsureAsync(new TableIdentifier("raw", "gnss"), LakeFixture.Definition(LakeFixture.ImuSchema), SchemaChangePolicy.Evolve, None);
        await server.Lake.Catalogue.AppendAsync(Imu, LakeFixture.Request(LakeFixture.Set("a", await server.Lake.FakeFileAsync(Imu))) with
        {
            SourceOffsets = new Dictionary<string, long> { ["t-0"] = 7 },
        }, None);
        var state = await client.LoadAsync(Imu, None);
        var current = state.Metadata.CurrentSnapshot!;
        var good = ((AddSnapshot)(await server.PrepareAppendAsync(state)).Updates[0]).Snapshot;
        var fields = state.Metadata.CurrentSchema.Fields;
        await server.Lake.Store.PutAsync("raw/imu/metadata/junk.avro", new byte[100], Mesh.Storage.PutMode.IfAbsent, None);

        (TableUpdate Update, string Why)[] refused =
        [
            (new SetProperties(new Dictionary<string, string> { [SourceOffsets.PropertyName] = "{}" }), "Mesh's own"),
            (new RemoveProperties([SourceOffsets.PropertyName]), "Mesh's own"),
            (new SetLocation("file:///tmp/elsewhere"), "outside the lake"),
            (new SetLocation(server.Lake.Store.RootUri), "outside the lake"),
            (new SetLocation(server.Lake.Store.RootUri + "/raw/%69mu"), "another way"),
            (new SetLocation(server.Lake.Store.RootUri + "/raw"), "overlaps"),
            (new AssignUuid(Guid.NewGuid()), "UUID"),
            (new UpgradeFormatVersion(4), "format version 4"),
            (new SetCurrentSchema(9), "no schema 9"),
            (new SetDefaultSpec(9), "no partition spec 9"),
            (new SetDefaultSortOrder(9), "no sort order 9"),
            (new SetSnapshotRef("main", new SnapshotRef(4711, SnapshotRefType.Branch)), "no snapshot 4711"),
            (new SetSnapshotRef("main", new SnapshotRef(current.SnapshotId, SnapshotRefType.Tag)), "main is a branch"),
            (new RemoveSnapshots([current.SnapshotId]), "'main' points to"),
            (new AddSnapshot(good with { ParentSnapshotId = 4711 }), "parent 4711"),
            (new AddSnapshot(good with { SnapshotId = current.SnapshotId }), "already"),
            (new AddSnapshot(good with { ManifestListUri = "file:///etc/passwd" }), "outside its location"),
            (new AddSnapshot(good with { ManifestListUri = $"{state.Metadata.Location}/metadata/absent.avro" }), "cannot be read"),
            (new AddSnapshot(good with { ManifestListUri = $"{state.Metadata.Location}/metadata/junk.avro" }), "cannot be read"),
            (new AddSnapshot(good with { Summary = new Dictionary<string, string>() }), "no operation"),
            (new AddSnapshot(good with { SchemaId = 9 }), "schema 9"),
            (new AddSchema(new TableSchema(1, new Schema([.. fields, new Field("a", DataType.Utf8, Nullable: true, 2)]))), "occurs twice"),
            (new AddSchema(new TableSchema(1, new Schema([fields[0] with { Type = DataType.Int64 }, .. fields.Skip(1)]))), "would become"),
            (new AddSchema(new TableSchema(1, new Schema([.. fields, new Field("needed", DataType.Utf8, Nullable: false, 6)]))), "is required"),
            (new AddSchema(new TableSchema(1, new Schema([.. fields.SkipLast(1), fields[^1] with { Nullable = false }]))), "is optional"),
            (new AddPartitionSpec([new UnboundPartitionField(1, 7, "p", PartitionTransform.Identity, 0)]), "begin at 1000"),
        ];
        foreach (var (update, why) in refused)
        {
            var error = await RefusedAsync(() => client.CommitAsync(new TableCommit(Imu, [], [update]), None));
            error.ErrorType.ShouldBe("BadRequestException", $"{update}: {error.Message}");
            error.Message.ShouldContain(why, Case.Sensitive, $"{update}");
        }

        var taken = await RefusedAsync(() => client.CommitAsync(new TableCommit(Imu, [], [new AddSnapshot(good with { SequenceNumber = 1 })]), None));
        taken.ErrorType.ShouldBe("CommitFailedException", "another commit took the number: the writer loads again");
        (await client.LoadAsync(Imu, None)).MetadataUri.ShouldBe(state.MetadataUri);

        // An id that only an older schema knows is not given again either.
        await client.CommitAsync(new TableCommit(Imu, [], [new AddSchema(new TableSchema(1, new Schema([.. fields.SkipLast(1)]))), new SetCurrentSchema(-1)]), None);
        var reused = await RefusedAsync(() => client.CommitAsync(
            new TableCommit(Imu, [], [new AddSchema(new TableSchema(2, new Schema([.. fields.SkipLast(1), new Field("other", DataType.Utf8, Nullable: true, 5)])))]), None));
        reused.Message.ShouldContain("would become");
    }

    [Fact]
    public async Task References_statistics_and_properties_are_kept_by_Meshs_own_commits()
    {
        await server.Lake.CreateImuAsync();
        await server.Lake.Catalogue.AppendAsync(Imu, LakeFixture.Request(LakeFixture.Set("a", await server.Lake.FakeFileAsync(Imu))), None);
        long first = (await client.LoadTableAsync(Imu, None)).CurrentSnapshot!.SnapshotId;
        var tag = new SnapshotRef(first, SnapshotRefType.Tag) { MaxRefAgeMs = 1000 };
        var statistics = new PartitionStatisticsFile(first, "s3://elsewhere/p.parquet", 10);
        await client.CommitAsync(new TableCommit(Imu, [], [new SetSnapshotRef("audit", tag), new SetPartitionStatistics(statistics), new SetProperties(new Dictionary<string, string> { ["a"] = "b" })]), None);
        await server.Lake.Catalogue.AppendAsync(Imu, LakeFixture.Request(LakeFixture.Set("b", await server.Lake.FakeFileAsync(Imu))), None);

        var metadata = (await client.LoadAsync(Imu, None)).Metadata;
        metadata.Refs["audit"].ShouldBe(tag);
        metadata.PartitionStatistics.ShouldBe([statistics]);
        metadata.Properties["a"].ShouldBe("b");
        (await RefusedAsync(() => client.CommitAsync(new TableCommit(Imu, [], [new RemoveSnapshots([first])]), None))).Message.ShouldContain("'audit'");
        var expired = await client.CommitAsync(new TableCommit(Imu, [], [new RemoveSnapshotRef("audit"), new RemoveSnapshots([first])]), None);
        expired.Metadata.Snapshots.Count.ShouldBe(1);
        expired.Metadata.PartitionStatistics.ShouldBeEmpty();
        expired.Metadata.SnapshotLog.Count.ShouldBe(1);
    }

    private static async Task<RestCatalogueException> RefusedAsync(Func<Task> request) => await Should.ThrowAsync<RestCatalogueException>(request);
}
