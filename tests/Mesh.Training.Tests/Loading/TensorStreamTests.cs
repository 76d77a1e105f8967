using System.Text.Json;
using Mesh.Columnar;
using Mesh.Training.Loading;

namespace Mesh.Training.Tests.Loading;

public sealed class TensorStreamTests : IDisposable
{
    private readonly LoaderFixture fixture = new();

    [Fact]
    public async Task Every_epoch_has_every_row_once_in_an_order_of_its_own()
    {
        await FillAsync();
        long[] all = [.. fixture.Ids()];

        var frames = await fixture.ReadAsync(new() { Columns = ["id"], Epochs = 3, BatchSize = 64, ShuffleBufferBytes = 4000 });

        var epochs = frames.Batches.GroupBy(batch => batch.Metadata["epoch"]).Select(epoch => epoch.SelectMany(batch => batch.Values<long>("id")).ToList()).ToList();
        epochs.Count.ShouldBe(3);
        foreach (var epoch in epochs)
        {
            epoch.Order().ShouldBe(all.Order());
            epoch.SequenceEqual(all).ShouldBeFalse();
        }

        epochs[0].SequenceEqual(epochs[1]).ShouldBeFalse();
        frames.End!["samples"].ShouldBe((3 * all.Length).ToString());
        // Neighbours in the files are not neighbours in the stream: with a buffer of a few hundred rows some would stay together by chance.
        epochs[0].Zip(epochs[0].Skip(1)).Count(pair => pair.Second - pair.First == 1).ShouldBeLessThan(all.Length / 20);
    }

    [Fact]
    public async Task Without_a_shuffle_buffer_rows_come_in_the_order_of_the_files()
    {
        await FillAsync();
        (await fixture.ReadAsync(new() { Columns = ["id"], ShuffleBufferBytes = 0, BatchSize = 100 })).Ids.ShouldBe(fixture.Ids());
    }

    [Fact]
    public async Task The_same_options_give_the_same_bytes_and_another_seed_another_order()
    {
        await FillAsync();
        var options = new TensorReadOptions { Columns = LoaderFixture.Columns, BatchSize = 50, ShuffleBufferBytes = 20_000 };
        var streams = new List<byte[]>();
        foreach (var changed in new[] { options, options with { Parallelism = 3 }, options with { Seed = 8 } })
        {
            using var output = new MemoryStream();
            await fixture.WriteAsync(changed, output);
            streams.Add(output.ToArray());
        }

        streams[1].ShouldBe(streams[0]);
        TensorFrames.Parse(streams[2]).Ids.SequenceEqual(TensorFrames.Parse(streams[0]).Ids).ShouldBeFalse();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task A_stream_resumed_at_any_cursor_gives_exactly_the_batches_that_would_have_come(int seed)
    {
        var random = new Random(seed);
        for (int file = 0; file < random.Next(1, 5); file++)
        {
            await fixture.AddAsync([.. Enumerable.Range(0, random.Next(1, 4)).Select(group => (file, group * 1000L, random.Next(1, 400)))]);
        }

        if (random.Next(2) == 0) fixture.HeldOut.Add(LoaderFixture.Recording(0));
        int window = random.Next(3) == 0 ? random.Next(2, 9) : 1;
        var options = new TensorReadOptions
        {
            Columns = ["id", "ranges", "pose.label"],
            BatchSize = random.Next(1, 120),
            ShuffleBufferBytes = random.Next(4) == 0 ? 0 : random.Next(1, 30_000),
            Epochs = random.Next(1, 4),
            ShardCount = random.Next(1, 4),
            Window = window,
            Stride = window == 1 ? 1 : random.Next(1, 5),
            Where = random.Next(2) == 0 ? "small IS NOT NULL" : null,
            Seed = seed,
        };
        var whole = await fixture.ReadAsync(options);

        for (int i = 0; i < whole.Batches.Count; i += random.Next(1, Math.Max(2, whole.Batches.Count / 8)))
        {
            var resumed = await fixture.ReadAsync(options with { Resume = whole.Batches[i].Cursor });
            resumed.Batches.Select(Text).ShouldBe(whole.Batches.Skip(i + 1).Select(Text), $"after batch {i}");
            resumed.End!["cursor"].ShouldBe(whole.End!["cursor"]);
        }

        if (whole.Batches.Count == 0) return;
        // The samples behind a cursor do not depend on how many go into a batch.
        var other = await fixture.ReadAsync(options with { Resume = whole.Batches[0].Cursor, BatchSize = options.BatchSize + 7 });
        other.Ids.ShouldBe(whole.Batches.Skip(1).SelectMany(batch => batch.Values<long>("id")));

        static string Text(TensorFrames.Batch batch) =>
            $"{batch.Cursor} {batch.Metadata["epoch"]} {string.Join(' ', batch.Tensors.Select(tensor => $"{tensor.Key}={Convert.ToHexString(tensor.Value.Bytes)}"))}";
    }

    [Theory]
    [InlineData(1, "samples")]
    [InlineData(9, "rowGroups")]
    public async Task Parts_share_the_rows_of_every_epoch_without_overlap(int filesOfTwoGroups, string sharding)
    {
        for (int file = 0; file < filesOfTwoGroups; file++) await fixture.AddAsync((file, 0, 100), (file, 500, 60 + file));
        var options = new TensorReadOptions { Columns = ["id"], Epochs = 2, ShardCount = 3, ShuffleBufferBytes = 2000 };

        var parts = new List<TensorFrames>();
        for (int i = 0; i < 3; i++) parts.Add(await fixture.ReadAsync(options with { ShardIndex = i }));

        parts.ShouldAllBe(part => part.Description["sharding"] == sharding);
        foreach (string epoch in new[] { "0", "1" })
        {
            var ids = parts.Select(part => part.Batches.Where(batch => batch.Metadata["epoch"] == epoch).SelectMany(batch => batch.Values<long>("id")).ToList()).ToList();
            ids.SelectMany(part => part).Order().ShouldBe(fixture.Ids());
            // At most a row group apart, so that none waits long for the others at the end.
            (ids.Max(part => part.Count) - ids.Min(part => part.Count)).ShouldBeLessThanOrEqualTo(100);
        }
    }

    [Fact]
    public async Task Columns_that_files_have_in_different_widths_or_not_at_all_are_brought_together()
    {
        await fixture.AddAsync((1, 0, 10));
        await fixture.AddAsync(
            new([new("recording_id", DataType.Utf8, Nullable: false), new("id", DataType.Int32, Nullable: false)]),
            [IdsOf(2, 5)]);

        var frames = await fixture.ReadAsync(new() { Columns = ["id", "time", "ranges"], ShuffleBufferBytes = 0 });

        frames.Ids.TakeLast(5).ShouldBe([2_000_000, 2_000_001, 2_000_002, 2_000_003, 2_000_004]);
        var batch = frames.Batches.Single();
        batch.Values<byte>("time:valid").ShouldBe([.. Enumerable.Repeat((byte)1, 10), .. Enumerable.Repeat((byte)0, 5)]);
        batch.Values<long>("ranges:offsets")[^6..].Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task What_cannot_be_given_is_said_with_the_remedy()
    {
        await fixture.AddAsync((1, 0, 40));
        (await fixture.RefusesAsync(new() { Columns = ["nothing"] })).ShouldSatisfyAllConditions(e => e.Code.ShouldBe("MESH9202"), e => e.Message.ShouldContain("pose"));
        (await fixture.RefusesAsync(new() { Columns = ["price"] })).ShouldSatisfyAllConditions(e => e.Code.ShouldBe("MESH9203"), e => e.Message.ShouldContain("decimal"));
        (await fixture.RefusesAsync(new() { Columns = ["pose.label"], Text = TextTensors.Refuse })).Code.ShouldBe("MESH9203");
        (await fixture.RefusesAsync(new() { Columns = ["id[3]"] })).Message.ShouldContain("no list");
        (await fixture.RefusesAsync(new() { Columns = ["ranges[2]"] })).ShouldSatisfyAllConditions(e => e.Code.ShouldBe("MESH9207"), e => e.Message.ShouldContain("ranges"));
        (await fixture.RefusesAsync(new() { Columns = ["id"], Resume = "garbage" })).Code.ShouldBe("MESH9205");
        (await fixture.RefusesAsync(new() { Columns = ["id"], BatchSize = 0 })).Message.ShouldContain("--batch-size");
        (await fixture.RefusesAsync(new() { Columns = ["id"], Where = "nothing = 1" })).Code.ShouldBe("MESH9206");

        string cursor = (await fixture.ReadAsync(new() { Columns = ["id"] })).Batches[0].Cursor;
        (await fixture.RefusesAsync(new() { Columns = ["id"], Resume = cursor, Seed = 9 })).ShouldSatisfyAllConditions(e => e.Code.ShouldBe("MESH9205"), e => e.Message.ShouldContain("seed"));
    }

    [Fact]
    public async Task An_absent_element_of_a_list_is_refused_and_not_made_up()
    {
        var schema = new Schema([new("id", DataType.Int64, Nullable: false), new("values", new ListType(new Field("element", DataType.Float64)))]);
        var row = new StructBuilder(schema.AsStruct());
        ((FixedWidthBuilder<long>)row.Children[0]).Append(1);
        ((ListBuilder)row.Children[1]).Element.AppendNull();
        ((ListBuilder)row.Children[1]).EndList();
        row.EndStruct();
        await fixture.AddAsync(schema, [row.BuildBatch()]);
        (await fixture.RefusesAsync(new() { Columns = ["values"] })).Message.ShouldContain("absent element");
    }

    [Fact]
    public async Task Columns_that_nobody_named_are_those_that_become_tensors_and_the_rest_is_told()
    {
        await fixture.AddAsync((1, 0, 10));
        await using var stream = await TensorStream.OpenAsync(fixture.Source, new(), TimeProvider.System, TestContext.Current.CancellationToken);
        stream.View.Columns.Select(column => column.Name).ShouldBe(["sequence", "id", "small", "half", "pose.x", "pose.y", "flag", "time", "covariance", "ranges", "image", "key"]);
        stream.View.LeftOut.Select(column => column.Name).ShouldBe(["recording_id", "pose.label", "price"]);
    }

    [Fact]
    public async Task The_first_frame_says_what_comes_and_which_texts_the_codes_mean()
    {
        await FillAsync();
        var frames = await fixture.ReadAsync(new() { Columns = ["pose.label", "covariance[3]"] });
        frames.Description["format"].ShouldBe("mesh.tensors/v1");
        JsonSerializer.Deserialize<string[]>(frames.Description["values:pose.label"]).ShouldBe(["brake", "turn", "übung"]);
        frames.Description["columns"].ShouldBe("""[{"name":"pose.label","dtype":"I32","layout":"scalar","length":1,"nullable":true},{"name":"covariance","dtype":"F64","layout":"row","length":3,"nullable":true}]""");
    }

    public void Dispose() => fixture.Dispose();

    private static RecordBatch IdsOf(int recording, int count)
    {
        var row = new StructBuilder(new StructType([new("recording_id", DataType.Utf8, Nullable: false), new("id", DataType.Int32, Nullable: false)]));
        for (int i = 0; i < count; i++)
        {
            ((BinaryBuilder)row.Children[0]).Append(LoaderFixture.Recording(recording));
            ((FixedWidthBuilder<int>)row.Children[1]).Append((int)LoaderFixture.IdOf(recording, i));
            row.EndStruct();
        }

        return row.BuildBatch();
    }

    private async Task FillAsync()
    {
        await fixture.AddAsync((1, 0, 300), (2, 0, 200));
        await fixture.AddAsync((3, 0, 250));
        await fixture.AddAsync((1, 300, 100), (4, 0, 1), (5, 0, 149));
    }
}
