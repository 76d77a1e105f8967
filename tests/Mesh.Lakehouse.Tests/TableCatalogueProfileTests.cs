using Mesh.Lakehouse.Iceberg;

namespace Mesh.Lakehouse.Tests;

/// <summary>What manifests say of columns, summed up.</summary>
public sealed class TableCatalogueProfileTests : IDisposable
{
    private readonly LakeFixture lake = new();

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task Bounds_and_counts_of_all_files_become_those_of_the_column()
    {
        var table = await lake.CreateImuAsync();
        await lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set("one", await lake.FakeFileAsync(LakeFixture.Imu, 10), await lake.FakeFileAsync(LakeFixture.Imu, 25))), LakeFixture.None);
        table = await lake.Catalogue.LoadAsync(LakeFixture.Imu, LakeFixture.None);

        var profile = await lake.Catalogue.ProfileAsync(table, table.CurrentSnapshot!.SnapshotId, 100, LakeFixture.None);

        profile.Files.ShouldBe(2);
        profile.Rows.ShouldBe(35);
        profile.IsComplete.ShouldBeTrue();
        var sequence = profile.Columns.Single(column => column.Path == "sequence");
        (sequence.Lower, sequence.Upper, sequence.Values, sequence.SilentFiles).ShouldBe((0L, 24L, 35, 0));
        var ax = profile.Columns.Single(column => column.Path == "ax");
        (ax.Nulls, ax.NotNumbers, ax.Lower).ShouldBe((2, 4, null));
        profile.Columns.Single(column => column.Path == "vehicle_id").SilentFiles.ShouldBe(2);
    }

    [Fact]
    public async Task A_limit_of_files_is_told()
    {
        var table = await lake.CreateImuAsync();
        await lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set("one", await lake.FakeFileAsync(LakeFixture.Imu, 10), await lake.FakeFileAsync(LakeFixture.Imu, 25))), LakeFixture.None);
        table = await lake.Catalogue.LoadAsync(LakeFixture.Imu, LakeFixture.None);

        var profile = await lake.Catalogue.ProfileAsync(table, table.CurrentSnapshot!.SnapshotId, 1, LakeFixture.None);

        (profile.Files, profile.IsComplete).ShouldBe((1, false));
    }

    [Fact]
    public async Task Looking_at_files_is_no_read_of_the_table()
    {
        var access = new Mesh.Lakehouse.Maintenance.TableAccess(lake.Database, lake.Time);
        var catalogue = new TableCatalogue(lake.Database, lake.Store, lake.Time) { Access = access };
        var table = await lake.CreateImuAsync();
        await lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set("one", await lake.FakeFileAsync(LakeFixture.Imu, 10))), LakeFixture.None);
        table = await catalogue.LoadAsync(LakeFixture.Imu, LakeFixture.None);

        await catalogue.ProfileAsync(table, table.CurrentSnapshot!.SnapshotId, 100, LakeFixture.None);
        await access.FlushAsync(LakeFixture.None);
        (await access.ListDaysAsync(table.Uuid, LakeFixture.None)).ShouldBeEmpty();

        await foreach (var _ in catalogue.PlanAsync(LakeFixture.Imu, new ScanOptions(), LakeFixture.None))
        {
        }

        await access.FlushAsync(LakeFixture.None);
        var day = (await access.ListDaysAsync(table.Uuid, LakeFixture.None)).ShouldHaveSingleItem();
        (day.Day, day.Reads, day.Files).ShouldBe((new DateOnly(2026, 11, 22), 1, 1));
    }
}
