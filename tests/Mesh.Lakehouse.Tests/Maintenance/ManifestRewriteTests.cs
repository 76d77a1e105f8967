using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Maintenance;
using Mesh.Testing;

namespace Mesh.Lakehouse.Tests.Maintenance;

public sealed class ManifestRewriteTests : IDisposable
{
    private readonly LakeFixture lake = new(new TableCatalogueOptions { MaxSmallManifests = 1000 });

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task Many_small_manifests_become_few_and_no_file_changes()
    {
        await lake.CreateImuAsync(new PartitionField("recording_id", PartitionTransform.Bucket, 8));
        var table = await lake.AppendAsync(0, 20);
        var files = Described(await lake.FilesAsync());
        var rows = await lake.RowsAsync();

        var report = await RewriteAsync(new ManifestRewriteOptions());

        report.ManifestsBefore.ShouldBe(20);
        report.ManifestsAfter.ShouldBe(1);
        report.Entries.ShouldBe(20);
        Described(await lake.FilesAsync()).ShouldBe(files);
        (await lake.RowsAsync()).ShouldBe(rows);
        var snapshot = (await lake.Catalogue.LoadAsync(LakeFixture.Imu, None)).CurrentSnapshot!;
        snapshot.Summary["operation"].ShouldBe("replace");
        snapshot.Summary["manifests-replaced"].ShouldBe("20");
        snapshot.Summary["total-records"].ShouldBe("1000");
        (await NodeScript.RunAsync("iceberg-icebird.mjs", table.LocationUri)).GetProperty("rows").GetArrayLength().ShouldBe(1000);
        (await RewriteAsync(new ManifestRewriteOptions())).Rewritten.ShouldBe(0);
    }

    [Fact]
    public async Task Manifests_are_clustered_by_partition_in_passes_of_bounded_memory()
    {
        await lake.CreateImuAsync(new PartitionField("recording_id", PartitionTransform.Bucket, 16));
        await lake.AppendAsync(0, 40);
        var files = Described(await lake.FilesAsync());
        var current = (await lake.Catalogue.LoadAsync(LakeFixture.Imu, None)).CurrentSnapshot!;
        long bytes = (await lake.Catalogue.ReadManifestListAsync(current, None)).Sum(manifest => manifest.Length);

        var report = await RewriteAsync(new ManifestRewriteOptions { TargetManifestBytes = bytes / 8, OpenManifests = 2 });

        report.ManifestsAfter.ShouldBeInRange(5, 16);
        Described(await lake.FilesAsync()).ShouldBe(files);
        current = (await lake.Catalogue.LoadAsync(LakeFixture.Imu, None)).CurrentSnapshot!;
        var ranges = (await lake.Catalogue.ReadManifestListAsync(current, None))
            .Select(manifest => (From: BitConverter.ToInt32(manifest.Partitions[0].LowerBound!), To: BitConverter.ToInt32(manifest.Partitions[0].UpperBound!)))
            .Order().ToList();
        for (int i = 1; i < ranges.Count; i++) ranges[i].From.ShouldBeGreaterThan(ranges[i - 1].To);
    }

    [Fact]
    public async Task A_dry_run_changes_nothing_and_appends_meanwhile_are_kept()
    {
        await lake.CreateImuAsync();
        await lake.AppendAsync(0, 10);
        var objects = await lake.ObjectsAsync();
        (await new ManifestRewrite(lake.Catalogue, lake.Store, new ManifestRewriteOptions()).RunAsync(LakeFixture.Imu, dryRun: true, None)).Rewritten.ShouldBe(10);
        (await lake.ObjectsAsync()).ShouldBe(objects);

        var appending = Task.Run(() => lake.AppendAsync(100, 20, new TableCatalogue(lake.Database, lake.Store, lake.Time, new TableCatalogueOptions { MaxSmallManifests = 1000 })), None);
        while (!appending.IsCompleted) await RewriteAsync(new ManifestRewriteOptions());
        await appending;

        (await lake.RowsAsync()).Distinct().Count().ShouldBe(30 * MaintenanceLake.RowsPerUpload);
    }

    private async Task<ManifestRewriteReport> RewriteAsync(ManifestRewriteOptions options) =>
        await new ManifestRewrite(lake.Catalogue, lake.Store, options).RunAsync(LakeFixture.Imu, dryRun: false, None);

    private static List<string> Described(IEnumerable<PlannedFile> files) =>
        [.. files.Select(file => $"{file.File.Uri} {file.SequenceNumber} {file.File.RowCount} {file.File.FileBytes} {string.Join('/', file.File.Partition)}").Order(StringComparer.Ordinal)];
}
