using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Lakehouse.Tests;

public class TableCatalogueScanTests : IDisposable
{
    private readonly LakeFixture lake;

    public TableCatalogueScanTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected TableCatalogueScanTests(TestDatabase place) => lake = new LakeFixture(null, place);

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task Rows_come_back_as_they_were_written_and_only_the_new_ones_after_a_snapshot()
    {
        var table = await lake.CreateImuAsync();
        var snapshots = new List<long>();
        for (int upload = 0; upload < 3; upload++)
        {
            var file = await lake.WriteAsync(table, ForeignReaderTests.ImuBatch(table.Schema, $"rec{upload}", upload * 100, 100));
            snapshots.Add((await lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set($"u{upload}", file)), None)).Snapshot!.SnapshotId);
        }

        (await SequencesAsync(new ScanOptions())).ShouldBe(Enumerable.Range(0, 300).Select(i => (long)i));
        (await SequencesAsync(new ScanOptions { AfterSnapshotId = snapshots[0] })).ShouldBe(Enumerable.Range(100, 200).Select(i => (long)i));
        (await SequencesAsync(new ScanOptions { AfterSnapshotId = snapshots[0], SnapshotId = snapshots[1] })).ShouldBe(Enumerable.Range(100, 100).Select(i => (long)i));
        (await SequencesAsync(new ScanOptions { AfterSnapshotId = snapshots[2] })).ShouldBeEmpty();

        await foreach (var batch in lake.Catalogue.ScanAsync(LakeFixture.Imu, new ScanOptions { SnapshotId = snapshots[0] }, None))
        {
            batch.Schema.ShouldBe(table.Schema);
            for (int row = 0; row < batch.Length; row++)
            {
                long sequence = batch["sequence"].Values<long>()[row];
                batch["recording_id"].GetString(row).ShouldBe("rec0");
                batch["ax"].IsNull(row).ShouldBe(sequence % 10 == 0);
                if (sequence % 10 != 0) batch["ax"].Values<double>()[row].ShouldBe(sequence / 4.0);
            }
        }
    }

    [Fact]
    public async Task Columns_are_projected_in_the_order_asked_for_and_an_unknown_one_is_named()
    {
        var table = await lake.CreateImuAsync();
        var file = await lake.WriteAsync(table, ForeignReaderTests.ImuBatch(table.Schema, "rec", 0, 10));
        await lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set("u", file)), None);
        await foreach (var batch in lake.Catalogue.ScanAsync(LakeFixture.Imu, new ScanOptions { Columns = ["ax", "sequence"] }, None))
        {
            batch.Schema.Fields.Select(field => field.Name).ShouldBe(["ax", "sequence"]);
            batch["sequence"].Values<long>()[9].ShouldBe(9);
        }

        var error = await Should.ThrowAsync<MeshException>(async () =>
        {
            await foreach (var _ in lake.Catalogue.ScanAsync(LakeFixture.Imu, new ScanOptions { Columns = ["az"] }, None)) { }
        });
        error.Code.ShouldBe("MESH8109");
        error.Message.ShouldContain("sequence");
    }

    [Fact]
    public async Task Older_files_are_read_under_the_current_schema_widened_and_with_nulls_for_what_they_lack()
    {
        var (table, _) = await ForeignReaderTests.EvolvedTableAsync(lake);
        var batches = new List<RecordBatch>();
        await foreach (var batch in lake.Catalogue.ScanAsync(table.Identifier, new ScanOptions(), None)) batches.Add(batch);

        batches.Count.ShouldBe(2);
        batches.ShouldAllBe(batch => batch.Schema.Equals(table.Schema));
        var old = batches[0];
        old["id"].Values<long>().ToArray().ShouldBe([1, 2]);
        old["pose"].Children[0].Values<double>().ToArray().ShouldBe([1.5, 2.5]);
        old["pose"].Children[1].NullCount.ShouldBe(2);
        old["points"].Offsets.ToArray().ShouldBe([0, 2, 3]);
        old["points"].Children[0].Children[0].Values<int>().ToArray().ShouldBe([10, 11, 12]);
        old["label"].IsNull(0).ShouldBeTrue();
        batches[1]["label"].GetString(0).ShouldBe("turn");
        batches[1]["pose"].Children[1].Values<double>().ToArray().ShouldBe([3.5, 4.5]);

        var onlyNew = new List<RecordBatch>();
        await foreach (var batch in lake.Catalogue.ScanAsync(table.Identifier, new ScanOptions { Columns = ["label"] }, None)) onlyNew.Add(batch);
        onlyNew.Select(batch => (batch.Length, batch["label"].NullCount)).ShouldBe([(2, 2), (2, 1)]);
    }

    [Fact]
    public async Task An_empty_table_has_no_batches()
    {
        await lake.CreateImuAsync();
        (await SequencesAsync(new ScanOptions())).ShouldBeEmpty();
    }

    private async Task<List<long>> SequencesAsync(ScanOptions options)
    {
        var sequences = new List<long>();
        await foreach (var batch in lake.Catalogue.ScanAsync(LakeFixture.Imu, options, None)) sequences.AddRange(batch["sequence"].Values<long>().ToArray());
        return sequences;
    }
}
