using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Maintenance;

namespace Mesh.Lakehouse.Tests.Maintenance;

public sealed class TableStatisticsTests : IDisposable
{
    private readonly LakeFixture lake = new();

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task Files_are_counted_and_what_is_known_is_not_read_again()
    {
        await lake.CreateImuAsync();
        var reader = new TableStatisticsReader(lake.Catalogue, 1 << 20);
        (await reader.ReadAsync(LakeFixture.Imu, None)).Files.ShouldBe(0);
        await lake.AppendAsync(0, 5);

        var statistics = await reader.ReadAsync(LakeFixture.Imu, None);

        var files = await lake.FilesAsync();
        statistics.Files.ShouldBe(5);
        statistics.SmallFiles.ShouldBe(5);
        statistics.Bytes.ShouldBe(files.Sum(file => file.File.FileBytes));
        statistics.AverageFileBytes.ShouldBe(statistics.Bytes / 5);
        statistics.Rows.ShouldBe(250);
        statistics.Snapshots.ShouldBe(5);
        statistics.Manifests.ShouldBe(5);

        // Manifests that were counted may even be gone.
        var current = (await lake.Catalogue.LoadAsync(LakeFixture.Imu, None)).CurrentSnapshot!;
        var manifests = await lake.Catalogue.ReadManifestListAsync(current, None);
        await lake.AppendAsync(5, 1);
        foreach (var manifest in manifests) await lake.Store.DeleteAsync(lake.Store.KeyOf(manifest.Path), None);
        (await reader.ReadAsync(LakeFixture.Imu, None)).Files.ShouldBe(6);
        (await new TableStatisticsReader(lake.Catalogue, 10).ReadAsync(await OtherAsync(), None)).SmallFiles.ShouldBe(0);
    }

    [Fact]
    public async Task Storage_is_told_apart_by_what_it_is_for()
    {
        await lake.CreateImuAsync();
        await lake.AppendAsync(0, 3);
        await new Compaction(lake.Catalogue, lake.Store, MaintenanceLake.Options).RunAsync(LakeFixture.Imu, dryRun: false, None);
        await lake.FakeFileAsync(LakeFixture.Imu);

        var storage = await new TableStorageReader(lake.Catalogue, lake.Store, lake.Time).ReadAsync(LakeFixture.Imu, [], null, None);

        storage.Usage.ShouldAllBe(usage => usage.StorageClass == "STANDARD");
        storage.Usage.Single(usage => usage.Kind == StorageKind.Current).Objects.ShouldBe(1);
        storage.Usage.Single(usage => usage.Kind == StorageKind.Current).Bytes.ShouldBe((await lake.FilesAsync()).Single().File.FileBytes);
        storage.Usage.Single(usage => usage.Kind == StorageKind.History).Objects.ShouldBe(3);
        storage.Usage.Single(usage => usage.Kind == StorageKind.Unreferenced).Bytes.ShouldBe(100);
        (await lake.ObjectsAsync()).Count.ShouldBe((int)storage.Usage.Sum(usage => usage.Objects));
    }

    [Fact]
    public async Task Rules_move_files_whose_newest_row_is_old_unless_the_table_was_read()
    {
        await lake.CreateImuAsync();
        await lake.AppendAsync(0, 2);
        TierRule[] rules = [new(TimeSpan.FromDays(180), "GLACIER_IR", TimeSpan.Zero), new(TimeSpan.FromDays(30), "STANDARD_IA", TimeSpan.FromDays(7))];
        lake.Time.Advance(TimeSpan.FromDays(31));

        (await MovesAsync(rules, null)).ShouldAllBe(move => move.From == "STANDARD" && move.To == "STANDARD_IA");
        (await MovesAsync(rules, null)).Count.ShouldBe(2);
        (await MovesAsync(rules, lake.Time.GetUtcNow().AddDays(-3))).ShouldBeEmpty();
        (await MovesAsync(rules, lake.Time.GetUtcNow().AddDays(-8))).Count.ShouldBe(2);
        lake.Time.Advance(TimeSpan.FromDays(150));
        (await MovesAsync(rules, lake.Time.GetUtcNow())).ShouldAllBe(move => move.To == "GLACIER_IR");
        (await MovesAsync([], null)).ShouldBeEmpty();

        var storage = await new TableStorageReader(lake.Catalogue, lake.Store, lake.Time).ReadAsync(LakeFixture.Imu, rules, null, None);
        var report = await new Tiering(lake.Store).RunAsync(storage, dryRun: false, None);
        report.Moved.ShouldBe(0);
        report.Hindrance.ShouldNotBeNull().ShouldContain("no storage classes");
        report.Due.ShouldHaveSingleItem().Files.ShouldBe(2);
    }

    [Fact]
    public async Task Reads_are_remembered_by_day()
    {
        var table = await lake.CreateImuAsync();
        var access = new TableAccess(lake.Database, lake.Time);
        access.Read(table.Uuid);
        access.FileOpened(table.Uuid);
        access.FileOpened(table.Uuid);
        await access.FlushAsync(None);
        lake.Time.Advance(TimeSpan.FromDays(10));
        var second = lake.Time.GetUtcNow();
        access.Read(table.Uuid);
        await access.FlushAsync(None);
        await access.FlushAsync(None);

        var all = (await access.ListAsync(DateTimeOffset.UnixEpoch, None))[table.Uuid];
        all.ShouldBe(new TableReads(2, 2, second));
        (await access.ListAsync(second.AddDays(-1), None))[table.Uuid].ShouldBe(new TableReads(1, 0, second));
    }

    private async Task<IReadOnlyList<TierMove>> MovesAsync(IReadOnlyList<TierRule> rules, DateTimeOffset? lastReadAt) =>
        (await new TableStorageReader(lake.Catalogue, lake.Store, lake.Time).ReadAsync(LakeFixture.Imu, rules, lastReadAt, None)).Moves;

    private async Task<TableIdentifier> OtherAsync()
    {
        var other = new TableIdentifier("raw", "other");
        await lake.Catalogue.EnsureAsync(other, LakeFixture.Definition(LakeFixture.ImuSchema), SchemaChangePolicy.Evolve, None);
        return other;
    }
}
