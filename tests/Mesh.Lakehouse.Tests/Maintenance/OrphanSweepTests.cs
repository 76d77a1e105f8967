using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Maintenance;
using Mesh.Model;
using Mesh.Storage;

namespace Mesh.Lakehouse.Tests.Maintenance;

public sealed class OrphanSweepTests : IDisposable
{
    private readonly LakeFixture lake = new(new TableCatalogueOptions { MaxSmallManifests = 4 });

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task Only_old_objects_that_nothing_refers_to_are_deleted()
    {
        await lake.CreateImuAsync();
        for (int i = 0; i < 12; i++)
        {
            await lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set($"{i}", await lake.FakeFileAsync(LakeFixture.Imu))), None);
        }

        var lost = await lake.FakeFileAsync(LakeFixture.Imu);
        await lake.Store.PutAsync("raw/imu/metadata/snap-lost.avro", new byte[5], PutMode.IfAbsent, None);
        AgeEverything();
        var young = await lake.FakeFileAsync(LakeFixture.Imu);

        // The clock of the objects is the file system's.
        var sweep = new OrphanSweep(lake.Catalogue, lake.Store, TimeProvider.System);
        var dryRun = await sweep.RunAsync(LakeFixture.Imu, delete: false, None);
        var orphans = dryRun.Orphans.Select(orphan => orphan.Key).ToList();
        orphans.ShouldContain(lake.Store.KeyOf(lost.Uri));
        orphans.ShouldContain("raw/imu/metadata/snap-lost.avro");
        orphans.ShouldNotContain(lake.Store.KeyOf(young.Uri));
        orphans.Where(key => key.Contains("/data/")).ShouldHaveSingleItem();
        (await lake.Store.GetSizeAsync(lake.Store.KeyOf(lost.Uri), None)).ShouldNotBeNull();

        (await sweep.RunAsync(LakeFixture.Imu, delete: true, None)).Orphans.Count.ShouldBe(orphans.Count);
        (await lake.Store.GetSizeAsync(lake.Store.KeyOf(lost.Uri), None)).ShouldBeNull();
        (await sweep.RunAsync(LakeFixture.Imu, delete: true, None)).Orphans.ShouldBeEmpty();

        // Everything that is referred to is still there, for every snapshot.
        var fresh = new TableCatalogue(lake.Database, lake.Store, lake.Time);
        var table = await fresh.LoadAsync(LakeFixture.Imu, None);
        foreach (var snapshot in table.Snapshots)
        {
            foreach (var file in await fresh.ListFilesAsync(LakeFixture.Imu, new ScanOptions { SnapshotId = snapshot.SnapshotId }, None))
            {
                (await lake.Store.GetSizeAsync(lake.Store.KeyOf(file.Uri), None)).ShouldBe(100);
            }
        }

        File.Exists(lake.Folder["lake", "raw", "imu", "metadata", "version-hint.text"]).ShouldBeTrue();
    }

    [Fact]
    public async Task A_damaged_manifest_stops_the_sweep_before_anything_is_deleted()
    {
        await lake.CreateImuAsync();
        var kept = await lake.FakeFileAsync(LakeFixture.Imu);
        var outcome = await lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set("a", kept)), None);
        var manifest = (await lake.Catalogue.ReadManifestListAsync(outcome.Snapshot!, None))[0];
        await lake.Store.PutAsync(lake.Store.KeyOf(manifest.Path), new byte[50], PutMode.Overwrite, None);
        AgeEverything();

        var sweep = new OrphanSweep(lake.Catalogue, lake.Store, TimeProvider.System);
        (await Should.ThrowAsync<MeshException>(async () => await sweep.RunAsync(LakeFixture.Imu, delete: true, None))).Code.ShouldBe("MESH8120");
        (await lake.Store.GetSizeAsync(lake.Store.KeyOf(kept.Uri), None)).ShouldBe(100);
    }

    private void AgeEverything()
    {
        foreach (string path in Directory.GetFiles(lake.Folder["lake"], "*", SearchOption.AllDirectories)) File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddDays(-2));
    }
}
