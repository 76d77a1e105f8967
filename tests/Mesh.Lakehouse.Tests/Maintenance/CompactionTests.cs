using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Maintenance;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Lakehouse.Tests.Maintenance;

public sealed class CompactionTests : IDisposable
{
    private readonly LakeFixture lake = new();

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task Small_files_become_one_in_one_snapshot_and_no_row_changes()
    {
        await lake.CreateImuAsync();
        var table = await lake.AppendAsync(0, 8);
        var before = await lake.RowsAsync();

        var report = await CompactAsync(MaintenanceLake.Options);

        report.FilesBefore.ShouldBe(8);
        report.FilesAfter.ShouldBe(1);
        report.Commits.ShouldBe(1);
        report.Rows.ShouldBe(8 * MaintenanceLake.RowsPerUpload);
        report.RowsDropped.ShouldBe(0);
        var file = (await lake.FilesAsync()).ShouldHaveSingleItem();
        file.File.RowCount.ShouldBe(8 * MaintenanceLake.RowsPerUpload);
        (await lake.RowsAsync()).ShouldBe(before);
        (await lake.RowsAsync(new ScanOptions { SnapshotId = table.CurrentSnapshot!.SnapshotId })).ShouldBe(before);

        var snapshot = (await lake.Catalogue.LoadAsync(LakeFixture.Imu, None)).CurrentSnapshot!;
        snapshot.Summary["operation"].ShouldBe("replace");
        snapshot.Summary["deleted-data-files"].ShouldBe("8");
        snapshot.Summary["total-records"].ShouldBe("400");
        snapshot.Summary["total-data-files"].ShouldBe("1");

        // What is fine is left alone.
        (await CompactAsync(MaintenanceLake.Options)).Commits.ShouldBe(0);
    }

    [Fact]
    public async Task Foreign_readers_see_the_same_rows_after_compaction()
    {
        await lake.CreateImuAsync(new PartitionField("vehicle_id", PartitionTransform.Bucket, 4));
        var table = await lake.AppendAsync(0, 5);
        await CompactAsync(MaintenanceLake.Options);

        var rows = (await NodeScript.RunAsync("iceberg-icebird.mjs", table.LocationUri)).GetProperty("rows").EnumerateArray().ToList();

        rows.Count.ShouldBe(250);
        rows.Select(row => (row.GetProperty("recording_id").GetString(), row.GetProperty("sequence").GetInt64())).Distinct().Count().ShouldBe(250);
        rows.Single(row => row.GetProperty("sequence").GetInt64() == (1000 * 50) + 7).GetProperty("ax").GetDouble().ShouldBe(((1000 * 50) + 7) / 4.0);
    }

    [Fact]
    public async Task A_dry_run_shows_the_plan_and_changes_nothing()
    {
        await lake.CreateImuAsync();
        var table = await lake.AppendAsync(0, 4);
        var objects = await lake.ObjectsAsync();

        var report = await new Compaction(lake.Catalogue, lake.Store, MaintenanceLake.Options).RunAsync(LakeFixture.Imu, dryRun: true, None);

        report.DryRun.ShouldBeTrue();
        report.Groups.ShouldHaveSingleItem().Files.ShouldBe(4);
        report.FilesAfter.ShouldBe(1);
        report.Commits.ShouldBe(0);
        (await lake.ObjectsAsync()).ShouldBe(objects);
        (await lake.Catalogue.LoadAsync(LakeFixture.Imu, None)).MetadataUri.ShouldBe(table.MetadataUri);
    }

    [Fact]
    public async Task Partitions_are_kept_apart()
    {
        await lake.CreateImuAsync(new PartitionField("recording_id", PartitionTransform.Bucket, 3));
        await lake.AppendAsync(0, 12);
        var before = await lake.RowsAsync();
        var partitions = (await lake.FilesAsync()).GroupBy(file => (int)file.File.Partition[0]!).ToDictionary(group => group.Key, group => group.Sum(file => file.File.RowCount));

        await CompactAsync(MaintenanceLake.Options);

        var files = await lake.FilesAsync();
        files.ToDictionary(file => (int)file.File.Partition[0]!, file => file.File.RowCount).ShouldBe(partitions, ignoreOrder: true);
        (await lake.RowsAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Sorting_orders_all_rows_of_a_partition_even_when_they_do_not_fit_in_memory()
    {
        await lake.CreateImuAsync();
        await lake.AppendAsync(0, 20);
        var before = await lake.RowsAsync();
        using var spill = new TemporaryFolder();

        var report = await CompactAsync(MaintenanceLake.Options with { Strategy = CompactionStrategy.Sort, SortMemoryBytes = 4_000, SpillFolder = spill.Path });

        report.Strategy.ShouldBe(CompactionStrategy.Sort);
        (await lake.RowsAsync()).ShouldBe(before);
        var times = new List<long>();
        await foreach (var batch in lake.Catalogue.ScanAsync(LakeFixture.Imu, new ScanOptions(), None)) times.AddRange(batch["log_time"].Values<long>());
        times.ShouldBeInOrder();
        times.Count.ShouldBe(20 * MaintenanceLake.RowsPerUpload);
        Directory.GetFileSystemEntries(spill.Path).ShouldBeEmpty();
    }

    [Fact]
    public async Task Groups_are_committed_one_by_one_and_the_limit_of_a_run_leaves_the_rest()
    {
        await lake.CreateImuAsync();
        await lake.AppendAsync(0, 12);
        var before = await lake.RowsAsync();
        long fileBytes = (await lake.FilesAsync()).Max(file => file.File.FileBytes);

        var report = await CompactAsync(MaintenanceLake.Options with { GroupBytes = fileBytes * 4, CommitBytes = 1, MaxBytes = fileBytes * 9 });

        report.Commits.ShouldBe(2);
        report.FilesAfter.ShouldBe(6);
        report.BytesLeft.ShouldBeGreaterThan(0);
        (await lake.RowsAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Nothing_is_lost_or_doubled_beside_writers()
    {
        await lake.CreateImuAsync();
        await lake.AppendAsync(0, 10);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(None);

        // Writers of their own, as other processes are: only the compare-and-swap keeps them apart.
        var writers = Enumerable.Range(1, 3).Select(writer => Task.Run(
            () => lake.AppendAsync(writer * 100, 12, new TableCatalogue(lake.Database, lake.Store, lake.Time)), None)).ToArray();
        var compacting = Task.Run(
            async () =>
            {
                int commits = 0;
                while (!done.IsCancellationRequested) commits += (await CompactAsync(MaintenanceLake.Options)).Commits;
                return commits;
            },
            None);
        await Task.WhenAll(writers);
        await done.CancelAsync();
        (await compacting).ShouldBeGreaterThan(0);
        await CompactAsync(MaintenanceLake.Options);

        var rows = await lake.RowsAsync();
        rows.Count.ShouldBe((10 + 36) * MaintenanceLake.RowsPerUpload);
        rows.Distinct().Count().ShouldBe(rows.Count);
        (await lake.FilesAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Rows_that_were_deleted_stay_deleted_and_their_delete_files_go()
    {
        await lake.CreateImuAsync();
        await lake.AppendAsync(0, 4);
        await lake.DeleteRowsAsync((await lake.FilesAsync())[0].File, 0, 3, 4);
        (await lake.FilesAsync())[0].Deletes.ShouldHaveSingleItem();
        var before = await lake.RowsAsync();
        before.Count.ShouldBe((4 * MaintenanceLake.RowsPerUpload) - 3);

        var report = await CompactAsync(MaintenanceLake.Options);

        report.RowsDropped.ShouldBe(3);
        report.DeleteFilesRemoved.ShouldBe(1);
        (await lake.RowsAsync()).ShouldBe(before);
        (await lake.FilesAsync()).ShouldAllBe(file => file.Deletes.Count == 0);
        (await new TableStatisticsReader(lake.Catalogue, 1 << 20).ReadAsync(LakeFixture.Imu, None)).DeleteFiles.ShouldBe(0);
    }

    [Fact]
    public async Task Who_reads_on_from_before_a_compaction_misses_nothing_and_sees_nothing_twice()
    {
        await lake.CreateImuAsync();
        var first = await lake.AppendAsync(0, 3);
        await lake.AppendAsync(3, 2);
        await CompactAsync(MaintenanceLake.Options);
        await lake.AppendAsync(5, 2);
        await CompactAsync(MaintenanceLake.Options);
        await lake.AppendAsync(7, 1);

        var rows = await lake.RowsAsync(new ScanOptions { AfterSnapshotId = first.CurrentSnapshot!.SnapshotId });

        rows.Count.ShouldBe(5 * MaintenanceLake.RowsPerUpload);
        rows.Select(row => row.Split(' ')[0]).Distinct().Order().ShouldBe(["rec3", "rec4", "rec5", "rec6", "rec7"]);
        rows.Distinct().Count().ShouldBe(rows.Count);
    }

    [Fact]
    public async Task An_unknown_sort_column_is_refused_before_anything_is_read()
    {
        await lake.CreateImuAsync();
        var error = await Should.ThrowAsync<MeshException>(async () => await CompactAsync(MaintenanceLake.Options with { Strategy = CompactionStrategy.Sort, SortBy = ["speed"] }));
        error.Code.ShouldBe("MESH8109");
        error.Message.ShouldContain("log_time");
    }

    private async Task<CompactionReport> CompactAsync(CompactionOptions options) =>
        await new Compaction(lake.Catalogue, lake.Store, options).RunAsync(LakeFixture.Imu, dryRun: false, None);
}
