using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Lakehouse.Tests;

public sealed class TableCatalogueDeleteTests : IDisposable
{
    private readonly LakeFixture lake = new();

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Deleted_rows_are_gone_for_us_and_for_icebird_and_only_files_that_held_them_are_touched(bool rewrite)
    {
        var table = await lake.CreateImuAsync(new PartitionField("vehicle_id", PartitionTransform.Bucket, 16));
        var files = new List<DataFile>();
        for (int upload = 0; upload < 4; upload++) files.Add(await AppendAsync(table, upload, 100));

        // All of file 1, the end of file 2; and once more, so that old deletes meet new ones.
        var plan = await lake.Catalogue.PlanDeleteAsync(LakeFixture.Imu, Between(100, 249), new DeleteOptions { Rewrite = rewrite }, None);
        (plan.Rewrites, plan.Rows, plan.DroppedFiles, plan.ChangedFiles, plan.ChangedBytes).ShouldBe((rewrite, 150, 1, 1, files[2].FileBytes));
        (await SequencesAsync(new ScanOptions())).Count.ShouldBe(400, "a plan changes nothing");
        var announced = new List<long>();
        var outcome = await lake.Catalogue.DeleteRowsAsync(LakeFixture.Imu, Between(100, 249), new DeleteOptions { Rewrite = rewrite, Announce = Note }, None);
        announced.ShouldBe([outcome.Snapshot!.SnapshotId]);
        outcome.DeletedRows.ShouldBe(150);
        outcome.DroppedUris.ShouldBe(rewrite ? [files[1].Uri, files[2].Uri] : [files[1].Uri], ignoreOrder: true);
        outcome.RewrittenFiles.ShouldBe(rewrite ? 1 : 0);
        outcome.DeleteFiles.ShouldBe(rewrite ? 0 : 1);
        outcome.Snapshot!.Summary["operation"].ShouldBe(rewrite ? "overwrite" : "delete");
        outcome.Snapshot.Summary["total-data-files"].ShouldBe("3");
        outcome.Snapshot.Summary["total-position-deletes"].ShouldBe(rewrite ? "0" : "50");
        outcome = await lake.Catalogue.DeleteRowsAsync(LakeFixture.Imu, Between(240, 259), new DeleteOptions { Rewrite = rewrite }, None);
        outcome.DeletedRows.ShouldBe(10);

        var expected = Enumerable.Range(0, 100).Concat(Enumerable.Range(260, 140)).Select(i => (long)i).ToList();
        (await SequencesAsync(new ScanOptions())).Order().ShouldBe(expected);
        (await SequencesAsync(new ScanOptions { Filter = Between(250, 269) })).Order().ShouldBe(Enumerable.Range(260, 10).Select(i => (long)i));
        var seen = await NodeScript.RunAsync("iceberg-icebird.mjs", table.LocationUri);
        seen.GetProperty("rows").EnumerateArray().Select(row => row.GetProperty("sequence").GetInt64()).Order().ShouldBe(expected);

        // What is left of file 2 would go as a whole, also when its other rows are only marked.
        plan = await lake.Catalogue.PlanDeleteAsync(LakeFixture.Imu, Between(210, 299), new DeleteOptions(), None);
        (plan.Rows, plan.DroppedFiles, plan.ChangedFiles).ShouldBe((40, 1, 0));

        Task Note(MetadataTransaction transaction, Table after, Snapshot snapshot)
        {
            after.CurrentSnapshot.ShouldBe(snapshot);
            announced.Add(snapshot.SnapshotId);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Erased_values_are_in_no_live_file_any_more()
    {
        var table = await lake.CreateImuAsync();
        await AppendAsync(table, 0, 100);
        await lake.Catalogue.DeleteRowsAsync(LakeFixture.Imu, new ComparisonPredicate("recording_id", ComparisonOperator.Equal, "rec0"), new DeleteOptions(), None);
        (await lake.Catalogue.ListFilesAsync(LakeFixture.Imu, new ScanOptions(), None)).ShouldBeEmpty();
        (await SequencesAsync(new ScanOptions())).ShouldBeEmpty();
    }

    [Fact]
    public async Task Rows_that_erasure_writes_again_are_not_new_to_who_reads_only_new_rows()
    {
        var table = await lake.CreateImuAsync();
        await AppendAsync(table, 0, 100);
        long seen = (await lake.Catalogue.LoadAsync(LakeFixture.Imu, None)).CurrentSnapshot!.SnapshotId;
        await lake.Catalogue.DeleteRowsAsync(LakeFixture.Imu, Between(10, 19), new DeleteOptions(), None);
        await AppendAsync(table, 1, 100);
        (await SequencesAsync(new ScanOptions { AfterSnapshotId = seen })).Order().ShouldBe(Enumerable.Range(100, 100).Select(i => (long)i));
    }

    [Fact]
    public async Task Nothing_to_delete_makes_no_snapshot()
    {
        var table = await lake.CreateImuAsync();
        await AppendAsync(table, 0, 100);
        var outcome = await lake.Catalogue.DeleteRowsAsync(LakeFixture.Imu, Between(1000, 2000), new DeleteOptions(), None);
        outcome.Snapshot.ShouldBeNull();
        (await lake.Catalogue.LoadAsync(LakeFixture.Imu, None)).Snapshots.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Rows_without_a_value_match_no_comparison_and_stay()
    {
        var table = await lake.CreateImuAsync();
        await AppendAsync(table, 0, 100);
        await lake.Catalogue.DeleteRowsAsync(LakeFixture.Imu, new ComparisonPredicate("ax", ComparisonOperator.GreaterOrEqual, -1.0), new DeleteOptions(), None);
        (await SequencesAsync(new ScanOptions())).Order().ShouldBe(Enumerable.Range(0, 10).Select(i => i * 10L));
        await lake.Catalogue.DeleteRowsAsync(LakeFixture.Imu, new NullPredicate("ax"), new DeleteOptions(), None);
        (await SequencesAsync(new ScanOptions())).ShouldBeEmpty();
    }

    [Fact]
    public async Task Keys_delete_what_was_there_and_spare_what_comes_later()
    {
        var table = await lake.CreateImuAsync(new PartitionField("vehicle_id", PartitionTransform.Bucket, 16));
        await AppendAsync(table, 0, 100);
        await AppendAsync(table, 1, 100);
        var sequence = new FixedWidthBuilder<long>(DataType.Int64);
        foreach (long key in (long[])[5, 150, 999]) sequence.Append(key);
        var keys = new RecordBatch(new Schema([new Field("sequence", DataType.Int64)]), 3, [sequence.Build()]);
        var snapshot = await lake.Catalogue.DeleteByKeysAsync(LakeFixture.Imu, keys, new Dictionary<string, string>(), None);
        snapshot!.Summary["added-equality-deletes"].ShouldBe("3");

        // The same rows again: they are newer than the delete.
        await lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set("again", await WriteAsync(table, 0, 10))), None);
        var expected = Enumerable.Range(0, 200).Where(i => i is not (5 or 150)).Concat(Enumerable.Range(0, 10)).Select(i => (long)i).Order().ToList();
        (await SequencesAsync(new ScanOptions())).Order().ShouldBe(expected);
        var seen = await NodeScript.RunAsync("iceberg-icebird.mjs", table.LocationUri);
        seen.GetProperty("rows").EnumerateArray().Select(row => row.GetProperty("sequence").GetInt64()).Order().ShouldBe(expected);

        // Deleting by condition on top: the rewritten file must not bring the keys' rows back.
        await lake.Catalogue.DeleteRowsAsync(LakeFixture.Imu, Between(100, 149), new DeleteOptions(), None);
        (await SequencesAsync(new ScanOptions())).Order().ShouldBe(expected.Where(i => i is < 100 or > 149));
    }

    [Fact]
    public async Task Overwriting_replaces_a_partition_in_one_snapshot()
    {
        var table = await lake.CreateImuAsync(new PartitionField("recording_id", PartitionTransform.Identity));
        for (int upload = 0; upload < 2; upload++)
        {
            var file = await lake.WriteAsync(table, ForeignReaderTests.ImuBatch(table.Schema, $"rec{upload}", upload * 10, 10), $"rec{upload}");
            await lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set($"u{upload}", file)), None);
        }

        var better = await lake.WriteAsync(table, ForeignReaderTests.ImuBatch(table.Schema, "rec0", 500, 5), "rec0");
        var outcome = await lake.Catalogue.OverwriteAsync(
            LakeFixture.Imu, new ComparisonPredicate("recording_id", ComparisonOperator.Equal, "rec0"), [better], new DeleteOptions(), None);
        outcome.RewrittenFiles.ShouldBe(0);
        outcome.Snapshot!.Summary["operation"].ShouldBe("overwrite");
        outcome.Table.Snapshots.Count.ShouldBe(3);
        (await SequencesAsync(new ScanOptions())).Order().ShouldBe(Enumerable.Range(10, 10).Concat(Enumerable.Range(500, 5)).Select(i => (long)i));
    }

    [Fact]
    public async Task Deletes_and_appends_at_once_lose_neither()
    {
        var table = await lake.CreateImuAsync();
        await AppendAsync(table, 0, 100);
        var other = new TableCatalogue(lake.Database, lake.Store, lake.Time);
        var appends = Task.Run(async () =>
        {
            for (int upload = 1; upload <= 10; upload++)
            {
                await other.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set($"u{upload}", await WriteAsync(table, upload * 100, 100))), None);
            }
        }, None);
        await lake.Catalogue.DeleteRowsAsync(LakeFixture.Imu, Between(50, 99), new DeleteOptions(), None);
        await appends;
        (await SequencesAsync(new ScanOptions())).Order().ShouldBe(Enumerable.Range(0, 50).Concat(Enumerable.Range(100, 1000)).Select(i => (long)i));
    }

    private static AndPredicate Between(long first, long last) => new(
    [
        new ComparisonPredicate("sequence", ComparisonOperator.GreaterOrEqual, first), new ComparisonPredicate("sequence", ComparisonOperator.LessOrEqual, last),
    ]);

    private async Task<DataFile> AppendAsync(Table table, int upload, int rows)
    {
        var file = await WriteAsync(table, upload * rows, rows);
        await lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set($"u{upload}", file)), None);
        return file;
    }

    private Task<DataFile> WriteAsync(Table table, int first, int rows)
    {
        var batch = ForeignReaderTests.ImuBatch(table.Schema, "rec0", first, rows);
        return lake.WriteAsync(table, batch, [.. table.PartitionBy.Select(field => PartitionTransforms.Apply(field, batch[field.SourceColumn], 0))]);
    }

    private async Task<List<long>> SequencesAsync(ScanOptions options)
    {
        var sequences = new List<long>();
        await foreach (var batch in lake.Catalogue.ScanAsync(LakeFixture.Imu, options, None)) sequences.AddRange(batch["sequence"].Values<long>().ToArray());
        return sequences;
    }
}
