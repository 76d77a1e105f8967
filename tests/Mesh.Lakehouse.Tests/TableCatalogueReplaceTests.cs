using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Model;

namespace Mesh.Lakehouse.Tests;

public sealed class TableCatalogueReplaceTests : IDisposable
{
    private readonly LakeFixture lake = new();

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task Replaced_files_leave_the_same_rows_a_true_summary_and_readable_history()
    {
        var (table, files) = await TableOfAsync(4);
        var merged = await lake.WriteAsync(table, ForeignReaderTests.ImuBatch(table.Schema, "rec", 0, 20));
        var snapshot = await lake.Catalogue.ReplaceFilesAsync(LakeFixture.Imu, new FileReplacement
        {
            ReadSnapshotId = table.CurrentSnapshot!.SnapshotId, RemovedUris = [files[0].Uri, files[1].Uri], Added = [merged],
            Summary = new Dictionary<string, string> { ["mesh.reason"] = "test" },
        }, None);

        snapshot.Summary["operation"].ShouldBe("replace");
        snapshot.Summary["mesh.reason"].ShouldBe("test");
        snapshot.Summary["deleted-data-files"].ShouldBe("2");
        snapshot.Summary["added-data-files"].ShouldBe("1");
        snapshot.Summary["deleted-records"].ShouldBe("20");
        snapshot.Summary["total-data-files"].ShouldBe("3");
        snapshot.Summary["total-records"].ShouldBe("40");
        snapshot.Summary["total-files-size"].ShouldBe((merged.FileBytes + files[2].FileBytes + files[3].FileBytes).ToString());
        (await SequencesAsync(new ScanOptions())).Order().ShouldBe(Enumerable.Range(0, 40).Select(i => (long)i));
        (await SequencesAsync(new ScanOptions { SnapshotId = table.CurrentSnapshot.SnapshotId })).Order().ShouldBe(Enumerable.Range(0, 40).Select(i => (long)i));
        (await SequencesAsync(new ScanOptions { AfterSnapshotId = table.CurrentSnapshot.SnapshotId })).ShouldBeEmpty("no rows are new");
    }

    [Fact]
    public async Task Rows_added_meanwhile_stay_and_a_file_that_is_gone_is_a_conflict_that_leaves_nothing_behind()
    {
        var (table, files) = await TableOfAsync(3);
        long read = table.CurrentSnapshot!.SnapshotId;
        await AppendAsync(table, 3);
        var merged = await lake.WriteAsync(table, ForeignReaderTests.ImuBatch(table.Schema, "rec", 0, 20));
        await lake.Catalogue.ReplaceFilesAsync(LakeFixture.Imu, new FileReplacement { ReadSnapshotId = read, RemovedUris = [files[0].Uri, files[1].Uri], Added = [merged] }, None);
        (await SequencesAsync(new ScanOptions())).Order().ShouldBe(Enumerable.Range(0, 40).Select(i => (long)i));

        var before = await ObjectsAsync();
        var again = await lake.WriteAsync(table, ForeignReaderTests.ImuBatch(table.Schema, "rec", 0, 20));
        var error = await Should.ThrowAsync<MeshException>(async () => await lake.Catalogue.ReplaceFilesAsync(
            LakeFixture.Imu, new FileReplacement { ReadSnapshotId = read, RemovedUris = [files[0].Uri, files[2].Uri], Added = [again] }, None));
        error.Code.ShouldBe("MESH8115");
        error.Message.ShouldContain(files[0].Uri);
        (await ObjectsAsync()).Except(before).ShouldBe([lake.Store.KeyOf(again.Uri)]);
    }

    [Fact]
    public async Task Deletes_newer_than_what_was_read_are_a_conflict_and_older_ones_are_none()
    {
        var (table, files) = await TableOfAsync(2);
        long read = table.CurrentSnapshot!.SnapshotId;
        await lake.Catalogue.DeleteRowsAsync(LakeFixture.Imu, new ComparisonPredicate("sequence", ComparisonOperator.Equal, 3L), new DeleteOptions { Rewrite = false }, None);
        var rewritten = await lake.WriteAsync(table, ForeignReaderTests.ImuBatch(table.Schema, "rec", 0, 10));
        (await Should.ThrowAsync<MeshException>(async () => await lake.Catalogue.ReplaceFilesAsync(
            LakeFixture.Imu, new FileReplacement { ReadSnapshotId = read, RemovedUris = [files[0].Uri], Added = [rewritten] }, None))).Code.ShouldBe("MESH8115");

        // The other file has no deletes, and a reader of the newest snapshot has seen them all.
        var other = await lake.WriteAsync(table, ForeignReaderTests.ImuBatch(table.Schema, "rec", 10, 10));
        await lake.Catalogue.ReplaceFilesAsync(LakeFixture.Imu, new FileReplacement { ReadSnapshotId = read, RemovedUris = [files[1].Uri], Added = [other] }, None);
        var current = (await lake.Catalogue.LoadAsync(LakeFixture.Imu, None)).CurrentSnapshot!;
        await foreach (var planned in lake.Catalogue.PlanAsync(LakeFixture.Imu, new ScanOptions(), None))
        {
            if (planned.File.Uri != files[0].Uri) continue;
            var batches = await lake.Catalogue.ReadFileAsync(LakeFixture.Imu, planned, null, None).ToListAsync(None);
            batches.Sum(batch => batch.Length).ShouldBe(9);
            var clean = await lake.WriteAsync(table, batches.ShouldHaveSingleItem());
            await lake.Catalogue.ReplaceFilesAsync(LakeFixture.Imu, new FileReplacement
            {
                ReadSnapshotId = current.SnapshotId, RemovedUris = [files[0].Uri, planned.Deletes.ShouldHaveSingleItem().Uri], Added = [clean],
            }, None);
        }

        (await SequencesAsync(new ScanOptions())).Order().ShouldBe(Enumerable.Range(0, 20).Where(i => i != 3).Select(i => (long)i));
        var last = (await lake.Catalogue.LoadAsync(LakeFixture.Imu, None)).CurrentSnapshot!;
        last.Summary["removed-position-deletes"].ShouldBe("1");
        last.Summary["total-position-deletes"].ShouldBe("0");
        last.Summary["total-delete-files"].ShouldBe("0");
    }

    private async Task<(Table Table, List<DataFile> Files)> TableOfAsync(int uploads)
    {
        var table = await lake.CreateImuAsync();
        var files = new List<DataFile>();
        for (int upload = 0; upload < uploads; upload++) files.Add(await AppendAsync(table, upload));
        return (await lake.Catalogue.LoadAsync(LakeFixture.Imu, None), files);
    }

    private async Task<DataFile> AppendAsync(Table table, int upload)
    {
        var file = await lake.WriteAsync(table, ForeignReaderTests.ImuBatch(table.Schema, "rec", upload * 10, 10));
        await lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set($"u{upload}", file)), None);
        return file;
    }

    private async Task<List<long>> SequencesAsync(ScanOptions options)
    {
        var sequences = new List<long>();
        await foreach (var batch in lake.Catalogue.ScanAsync(LakeFixture.Imu, options, None)) sequences.AddRange(batch["sequence"].Values<long>().ToArray());
        return sequences;
    }

    private async Task<List<string>> ObjectsAsync()
    {
        var keys = new List<string>();
        await foreach (var entry in lake.Store.ListAsync("raw/", None)) keys.Add(entry.Key);
        return keys;
    }
}
