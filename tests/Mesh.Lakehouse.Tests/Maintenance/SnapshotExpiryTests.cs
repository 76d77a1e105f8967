using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Lakehouse.Maintenance;
using Mesh.Model;

namespace Mesh.Lakehouse.Tests.Maintenance;

public sealed class SnapshotExpiryTests : IDisposable
{
    private static readonly ExpiryOptions Everything = new() { MaxAge = TimeSpan.Zero };
    private readonly LakeFixture lake = new();

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task Files_that_only_expired_snapshots_had_are_deleted_and_every_other_stays()
    {
        await lake.CreateImuAsync();
        await lake.AppendAsync(0, 6);
        var old = (await lake.FilesAsync()).Select(file => lake.Store.KeyOf(file.File.Uri)).ToList();
        await new Compaction(lake.Catalogue, lake.Store, MaintenanceLake.Options).RunAsync(LakeFixture.Imu, dryRun: false, None);
        await lake.AppendAsync(6, 1);
        var rows = await lake.RowsAsync();
        lake.Time.Advance(TimeSpan.FromHours(1));

        var plan = await ExpireAsync(Everything, dryRun: true);
        (await lake.ObjectsAsync()).ShouldBe(await lake.ObjectsAsync());
        var report = await ExpireAsync(Everything);

        report.Expired.Count.ShouldBe(7);
        report.Kept.ShouldBe(1);
        report.DataFiles.ShouldBe(6);
        report.ShouldBe(plan with { DryRun = false, Expired = report.Expired, Protected = report.Protected, ExpiredRefs = report.ExpiredRefs });
        var objects = await lake.ObjectsAsync();
        objects.ShouldNotContain(key => old.Contains(key));
        (await lake.RowsAsync()).ShouldBe(rows);

        // Nothing is left over, and nothing that is left is needed by nobody.
        AgeEverything();
        var orphans = (await new OrphanSweep(lake.Catalogue, lake.Store, TimeProvider.System).RunAsync(LakeFixture.Imu, delete: false, None)).Orphans;
        orphans.ShouldNotContain(orphan => orphan.Key.EndsWith(".parquet", StringComparison.Ordinal) || orphan.Key.EndsWith(".avro", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_dry_run_changes_nothing()
    {
        await lake.CreateImuAsync();
        var table = await lake.AppendAsync(0, 4);
        lake.Time.Advance(TimeSpan.FromHours(1));
        var objects = await lake.ObjectsAsync();

        (await ExpireAsync(Everything, dryRun: true)).Expired.Count.ShouldBe(3);

        (await lake.ObjectsAsync()).ShouldBe(objects);
        (await lake.Catalogue.LoadAsync(LakeFixture.Imu, None)).MetadataUri.ShouldBe(table.MetadataUri);
    }

    [Fact]
    public async Task Age_count_and_table_properties_decide_what_stays()
    {
        await lake.CreateImuAsync();
        for (int i = 0; i < 6; i++)
        {
            await lake.AppendAsync(i, 1);
            lake.Time.Advance(TimeSpan.FromDays(1));
        }

        (await ExpireAsync(new ExpiryOptions { MaxAge = TimeSpan.FromDays(4.5) }, dryRun: true)).Expired.Count.ShouldBe(2);
        (await ExpireAsync(new ExpiryOptions { MaxAge = TimeSpan.FromDays(1.5), MinCount = 3 }, dryRun: true)).Expired.Count.ShouldBe(3);
        (await ExpireAsync(Everything, dryRun: true)).Kept.ShouldBe(1);

        await ChangeAsync(metadata => metadata with
        {
            Properties = new Dictionary<string, string>(metadata.Properties) { ["history.expire.min-snapshots-to-keep"] = "5", ["history.expire.max-snapshot-age-ms"] = "1" },
        });
        (await ExpireAsync(Everything, dryRun: true)).Kept.ShouldBe(5);
    }

    [Fact]
    public async Task Tags_branches_and_protected_snapshots_keep_theirs()
    {
        await lake.CreateImuAsync();
        var table = await lake.AppendAsync(0, 8);
        long[] ids = [.. table.Snapshots.Select(snapshot => snapshot.SnapshotId)];
        await ChangeAsync(metadata => metadata with
        {
            Refs = new Dictionary<string, SnapshotRef>(metadata.Refs)
            {
                ["release"] = new SnapshotRef(ids[1], SnapshotRefType.Tag),
                ["stale"] = new SnapshotRef(ids[0], SnapshotRefType.Tag) { MaxRefAgeMs = 1 },
                ["audit"] = new SnapshotRef(ids[4], SnapshotRefType.Branch) { MinSnapshotsToKeep = 2 },
            },
        });
        lake.Time.Advance(TimeSpan.FromHours(1));
        var tagged = await lake.RowsAsync(new ScanOptions { SnapshotId = ids[1] });
        var model = await lake.RowsAsync(new ScanOptions { SnapshotId = ids[6] });

        var report = await ExpireAsync(Everything with { Protected = new HashSet<long> { ids[6], ids[7] } });

        report.ExpiredRefs.ShouldBe(["stale"]);
        report.Protected.ShouldBe([ids[6]]);
        var kept = await lake.Catalogue.LoadAsync(LakeFixture.Imu, None);
        kept.Snapshots.Select(snapshot => snapshot.SnapshotId).ShouldBe([ids[1], ids[3], ids[4], ids[6], ids[7]]);
        (await lake.RowsAsync(new ScanOptions { SnapshotId = ids[1] })).ShouldBe(tagged);
        (await lake.RowsAsync(new ScanOptions { SnapshotId = ids[6] })).ShouldBe(model);

        // Who stood on an expired snapshot is told so.
        (await Should.ThrowAsync<MeshException>(async () => await lake.RowsAsync(new ScanOptions { AfterSnapshotId = ids[2] }))).Code.ShouldBe("MESH8105");
    }

    [Fact]
    public async Task Readers_get_their_grace_before_files_go()
    {
        await lake.CreateImuAsync();
        await lake.AppendAsync(0, 3);
        await new Compaction(lake.Catalogue, lake.Store, MaintenanceLake.Options).RunAsync(LakeFixture.Imu, dryRun: false, None);
        lake.Time.Advance(TimeSpan.FromHours(1));
        int before = (await lake.ObjectsAsync()).Count(key => key.EndsWith(".parquet", StringComparison.Ordinal));

        var expiry = new SnapshotExpiry(lake.Catalogue, lake.Store, lake.Time);
        var pending = await expiry.CommitAsync(LakeFixture.Imu, Everything, dryRun: false, None);
        (await lake.Catalogue.LoadAsync(LakeFixture.Imu, None)).Snapshots.Count.ShouldBe(1);
        (await lake.ObjectsAsync()).Count(key => key.EndsWith(".parquet", StringComparison.Ordinal)).ShouldBe(before);

        // What is committed in the meantime stays.
        await lake.AppendAsync(3, 2);
        (await expiry.DeleteFilesAsync(pending, None)).DataFiles.ShouldBe(3);
        (await lake.RowsAsync()).Count.ShouldBe(5 * MaintenanceLake.RowsPerUpload);
        (await lake.ObjectsAsync()).Count(key => key.EndsWith(".parquet", StringComparison.Ordinal)).ShouldBe(before - 3 + 2);
    }

    [Fact]
    public async Task A_writer_whose_snapshot_is_expired_under_its_hands_builds_on_the_newer_one()
    {
        await lake.CreateImuAsync();
        await lake.AppendAsync(0, 2);
        var store = new InterruptedStore(lake.Store, async () =>
        {
            await lake.AppendAsync(2, 1);
            lake.Time.Advance(TimeSpan.FromHours(1));
            (await ExpireAsync(Everything)).Expired.Count.ShouldBe(2);
        });

        await lake.AppendAsync(3, 1, new TableCatalogue(lake.Database, store, lake.Time));

        (await lake.RowsAsync()).Count.ShouldBe(4 * MaintenanceLake.RowsPerUpload);
    }

    [Fact]
    public async Task Nothing_that_is_needed_is_deleted_beside_writers_and_compaction()
    {
        await lake.CreateImuAsync();
        await lake.AppendAsync(0, 5);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(None);
        var writers = Enumerable.Range(1, 2).Select(writer => Task.Run(
            () => lake.AppendAsync(writer * 100, 12, new TableCatalogue(lake.Database, lake.Store, lake.Time)), None)).ToArray();
        var expiring = Task.Run(
            async () =>
            {
                var catalogue = new TableCatalogue(lake.Database, lake.Store, lake.Time);
                while (!done.IsCancellationRequested)
                {
                    lake.Time.Advance(TimeSpan.FromSeconds(1));
                    await new Compaction(catalogue, lake.Store, MaintenanceLake.Options).RunAsync(LakeFixture.Imu, dryRun: false, None);
                    await new SnapshotExpiry(catalogue, lake.Store, lake.Time).RunAsync(LakeFixture.Imu, Everything, dryRun: false, None);
                }
            },
            None);
        await Task.WhenAll(writers);
        await done.CancelAsync();
        await expiring;

        var rows = await lake.RowsAsync();
        rows.Count.ShouldBe((5 + 24) * MaintenanceLake.RowsPerUpload);
        rows.Distinct().Count().ShouldBe(rows.Count);
    }

    private Task<ExpiryReport> ExpireAsync(ExpiryOptions options, bool dryRun = false) =>
        new SnapshotExpiry(lake.Catalogue, lake.Store, lake.Time).RunAsync(LakeFixture.Imu, options, dryRun, None).AsTask();

    private async Task ChangeAsync(Func<TableMetadata, TableMetadata> change) => await lake.Catalogue.ChangeAsync(
        LakeFixture.Imu, state => ValueTask.FromResult<TableChange?>(new TableChange(change(lake.Catalogue.Succeed(state)), [])), None);

    private void AgeEverything()
    {
        foreach (string path in Directory.GetFiles(lake.Folder["lake"], "*", SearchOption.AllDirectories)) File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddDays(-2));
    }
}
