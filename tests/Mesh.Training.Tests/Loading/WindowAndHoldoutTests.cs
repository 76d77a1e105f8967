using Mesh.Columnar;
using Mesh.Training.Loading;

namespace Mesh.Training.Tests.Loading;

public sealed class WindowAndHoldoutTests : IDisposable
{
    private readonly LoaderFixture fixture = new();

    [Fact]
    public async Task A_window_is_consecutive_rows_of_one_recording_whatever_order_they_lie_in()
    {
        // Two recordings interleaved and backwards, as rows sorted by a time that several vehicles share.
        RecordBatch[] mixed = [LoaderFixture.Rows(1, 7, 6, 5, 4, 3, 2, 1, 0), LoaderFixture.Rows(2, 3, 1, 2, 0, 9, 8)];
        await fixture.AddAsync(LoaderFixture.Schema, [Interleave(mixed)]);

        var frames = await fixture.ReadAsync(new() { Columns = ["id"], Window = 3, Stride = 2, ShuffleBufferBytes = 0 });

        var batch = frames.Batches.Single();
        batch.Tensors["id"].Shape.ShouldBe([4, 3]);
        batch.Values<long>("id").Chunk(3).Select(window => string.Join(' ', window.Select(id => id % 1_000_000)) + $" of {window[0] / 1_000_000}")
            .ShouldBe(["0 1 2 of 1", "2 3 4 of 1", "4 5 6 of 1", "0 1 2 of 2"], ignoreOrder: true);
    }

    [Fact]
    public async Task The_same_windows_come_shuffled_or_not_and_however_small_the_buffer_is()
    {
        for (int file = 0; file < 4; file++) await fixture.AddAsync((file, 0, 100 + file), (file, 100 + file, 50));
        var options = new TensorReadOptions { Columns = ["id"], Window = 5, Stride = 3 };
        var first = Windows(await fixture.ReadAsync(options with { ShuffleBufferBytes = 0 }));
        first.Count.ShouldBeGreaterThan(150);
        Windows(await fixture.ReadAsync(options)).ShouldBe(first, ignoreOrder: true);
        Windows(await fixture.ReadAsync(options with { ShuffleBufferBytes = 1 })).ShouldBe(first, ignoreOrder: true);
    }

    [Fact]
    public async Task Rows_that_a_condition_takes_away_leave_a_gap_that_no_window_spans()
    {
        await fixture.AddAsync((1, 0, 20));
        var frames = await fixture.ReadAsync(new() { Columns = ["id"], Window = 4, Where = "sequence <> 9", ShuffleBufferBytes = 0 });
        Windows(frames).ShouldBe([.. Enumerable.Range(0, 6).Concat(Enumerable.Range(10, 7)).Select(start => LoaderFixture.IdOf(1, start))]);
    }

    [Fact]
    public async Task The_filter_of_a_jobs_input_and_the_readers_condition_both_hold_for_every_row()
    {
        await fixture.AddAsync((1, 0, 20));
        var spec = new Jobs.JobSpec
        {
            JobId = "0123456789abcdef", Attempt = 1, Trigger = new("t", "r", "fleet", "1", "because", DateTimeOffset.UnixEpoch), Model = new("m", null),
            Inputs =
            [
                new()
                {
                    Product = "p", Table = "raw.p", SnapshotId = 1, FromSnapshotId = 0, Rows = 20, Filter = "sequence >= 5",
                    Files = [new("train/00000.parquet", new Uri(fixture.PathOf(0)).AbsoluteUri, 1, 20)],
                },
            ],
            Code = new("t", "1"), Hyperparameters = new Dictionary<string, string>(), Resources = new("cpu", 60), Outputs = new(13, 1), Gates = new Dictionary<string, Jobs.JobGate>(),
        };

        using var output = new MemoryStream();
        await using var stream = await TensorStream.OpenAsync(
            TensorSource.Of(spec, null, null), new() { Columns = ["id"], Where = "sequence < 9", ShuffleBufferBytes = 0 }, TimeProvider.System, TestContext.Current.CancellationToken);
        await stream.WriteAsync(output, TestContext.Current.CancellationToken);
        TensorFrames.Parse(output.ToArray()).Ids.Select(id => id % 1_000_000).ShouldBe([5, 6, 7, 8]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Recordings_of_frozen_hold_outs_are_left_out_or_come_alone(int window)
    {
        await fixture.AddAsync((1, 0, 30), (2, 0, 30));
        await fixture.AddAsync((3, 0, 30));
        fixture.HeldOut.Add(LoaderFixture.Recording(2));
        var options = new TensorReadOptions { Columns = ["id"], Window = window };

        Recordings(await fixture.ReadAsync(options)).ShouldBe([1, 3]);
        Recordings(await fixture.ReadAsync(options with { Holdouts = HoldoutUse.Only })).ShouldBe([2]);
        Recordings(await fixture.ReadAsync(options with { Holdouts = HoldoutUse.Include })).ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task Hold_outs_of_a_table_without_recordings_are_an_error_and_not_ignored()
    {
        var schema = new Schema([new("id", DataType.Int64, Nullable: false)]);
        var row = new StructBuilder(schema.AsStruct());
        ((FixedWidthBuilder<long>)row.Children[0]).Append(1);
        row.EndStruct();
        await fixture.AddAsync(schema, [row.BuildBatch()]);
        fixture.HeldOut.Add(LoaderFixture.Recording(2));

        var refused = await fixture.RefusesAsync(new());
        refused.Code.ShouldBe("MESH9206");
        refused.Message.ShouldContain("--holdouts include");
        (await fixture.ReadAsync(new() { Holdouts = HoldoutUse.Include })).Ids.ShouldBe([1]);
    }

    public void Dispose() => fixture.Dispose();

    private static List<long> Windows(TensorFrames frames)
    {
        var starts = new List<long>();
        foreach (var batch in frames.Batches)
        {
            int width = batch.Tensors["id"].Shape[1];
            foreach (long[] window in batch.Values<long>("id").Chunk(width))
            {
                window.ShouldBe(Enumerable.Range(0, width).Select(i => window[0] + i));
                starts.Add(window[0]);
            }
        }

        return starts;
    }

    private static long[] Recordings(TensorFrames frames) => [.. frames.Ids.Select(id => id / 1_000_000).Distinct().Order()];

    private static RecordBatch Interleave(RecordBatch[] batches)
    {
        var rows = new List<Mesh.Lakehouse.Rows.RowRef>();
        for (int i = 0; i < batches.Max(batch => batch.Length); i++)
        {
            for (int b = 0; b < batches.Length; b++) if (i < batches[b].Length) rows.Add(new(b, i));
        }

        return Mesh.Lakehouse.Rows.RowGather.Take(batches, rows.ToArray());
    }
}
