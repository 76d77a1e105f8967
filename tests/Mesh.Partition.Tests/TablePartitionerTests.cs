using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using static Mesh.Partition.Tests.PartitionBench;

namespace Mesh.Partition.Tests;

public sealed class TablePartitionerTests : IDisposable
{
    private static readonly long Noon = Micros("2026-11-22T12:00:00Z");

    private readonly PartitionBench bench = new();

    public void Dispose() => bench.Dispose();

    [Fact]
    public async Task Rows_go_to_the_table_of_their_schema_and_come_back_as_they_were()
    {
        await using var partitioner = bench.NewPartitioner();
        await partitioner.WriteAsync(Batch("/a", Times(Noon, 100)), Token);
        var table = await partitioner.WriteAsync(Batch("/b", Times(Noon, 50)), Token);
        var files = await partitioner.CompleteAsync(Token);
        await bench.CommitAsync(files);

        table.ToString().ShouldBe("raw.demo_msgs_point");
        var written = files.ShouldHaveSingleItem().Files.ShouldHaveSingleItem();
        written.File.RowCount.ShouldBe(150);
        written.File.Uri.ShouldContain("raw/demo_msgs_point/data/log_time_day=2026-11-22/vehicle_id_bucket=");
        written.File.Uri.ShouldEndWith("/attempt1-0-0.parquet");
        (written.MinLogTimeUs, written.MaxLogTimeUs).ShouldBe((Noon, Noon + 99));
        var rows = await bench.ScanAsync("raw.demo_msgs_point");
        rows.Sum(batch => batch.Length).ShouldBe(150);
        rows.SelectMany(batch => batch["x"].Values<double>().ToArray()).Sum().ShouldBe(4950 + 1225);
        rows.SelectMany(batch => Enumerable.Range(0, batch.Length).Select(row => batch["channel"].GetString(row))).Count(name => name == "/b").ShouldBe(50);
    }

    [Fact]
    public async Task A_drive_over_midnight_is_split_by_day()
    {
        long midnight = Micros("2026-11-23T00:00:00Z");
        await using var partitioner = bench.NewPartitioner();
        await partitioner.WriteAsync(Batch("/a", Times(midnight - 30, 100)), Token);
        var files = (await partitioner.CompleteAsync(Token)).ShouldHaveSingleItem();
        await bench.CommitAsync([files]);

        files.Files.Select(file => (file.File.Partition[0], file.File.RowCount)).ShouldBe([(20779, 30L), (20780, 70L)], ignoreOrder: true);
        (await bench.ScanAsync("raw.demo_msgs_point")).Sum(batch => batch.Length).ShouldBe(100);
    }

    [Fact]
    public async Task Interleaved_channels_are_sorted_by_time_within_a_file()
    {
        await using var partitioner = bench.NewPartitioner();
        for (int i = 0; i < 5; i++)
        {
            await partitioner.WriteAsync(Batch("/a", Times(Noon + i * 1000, 100, step: 10), i * 100), Token);
            await partitioner.WriteAsync(Batch("/b", Times(Noon + i * 1000 + 5, 100, step: 10), i * 100), Token);
        }

        await bench.CommitAsync(await partitioner.CompleteAsync(Token));

        long[] times = [.. (await bench.ScanAsync("raw.demo_msgs_point")).SelectMany(batch => batch["log_time"].Values<long>().ToArray())];
        times.Length.ShouldBe(1000);
        times.ShouldBeInOrder();
    }

    [Fact]
    public async Task A_schema_with_more_columns_evolves_the_table_within_one_upload()
    {
        var wider = WithFields(new Field("x", DataType.Float64), new Field("note", DataType.Utf8));
        await using var partitioner = bench.NewPartitioner();
        await partitioner.WriteAsync(Batch("/old", Times(Noon, 10)), Token);
        await partitioner.WriteAsync(Batch("/new", Times(Noon, 10), 0, wider, FillWider), Token);
        await partitioner.WriteAsync(Batch("/old", Times(Noon + 10, 10), 10), Token);
        await bench.CommitAsync(await partitioner.CompleteAsync(Token));

        var rows = await bench.ScanAsync("raw.demo_msgs_point");
        rows.Sum(batch => batch.Length).ShouldBe(30);
        rows.Sum(batch => batch["note"].NullCount).ShouldBe(20);

        static void FillWider(IReadOnlyList<ColumnBuilder> children, int number)
        {
            ((FixedWidthBuilder<double>)children[8]).Append(number);
            ((BinaryBuilder)children[9]).Append($"note {number}");
        }
    }

    [Theory]
    [InlineData(SchemaChangePolicy.Evolve)]
    [InlineData(SchemaChangePolicy.Refuse)]
    public async Task Columns_that_do_not_fit_get_a_table_of_their_own(SchemaChangePolicy policy)
    {
        var text = WithFields(new Field("x", DataType.Utf8));
        await using var partitioner = bench.NewPartitioner(policy: policy);
        await partitioner.WriteAsync(Batch("/a", Times(Noon, 10)), Token);
        var other = await partitioner.WriteAsync(Batch("/b", Times(Noon, 7), 0, text, (children, number) => ((BinaryBuilder)children[8]).Append($"{number}")), Token);
        await bench.CommitAsync(await partitioner.CompleteAsync(Token));

        other.ToString().ShouldMatch("^raw\\.demo_msgs_point_[0-9a-f]{6}$");
        (await bench.ScanAsync("raw.demo_msgs_point")).Sum(batch => batch.Length).ShouldBe(10);
        (await bench.ScanAsync(other.ToString())).Sum(batch => batch.Length).ShouldBe(7);
    }

    [Fact]
    public async Task Bytes_of_an_unknown_encoding_do_not_share_a_table_with_decoded_fields_of_the_same_schema()
    {
        var undecoded = WithFields(new Field("data", DataType.Binary));
        await using var partitioner = bench.NewPartitioner();
        var decodedTable = await partitioner.WriteAsync(Batch("/a", Times(Noon, 10)), Token);
        var bytesTable = await partitioner.WriteAsync(Batch("/b", Times(Noon, 5), 0, undecoded, FillBytes), Token);
        var emptyTable = await partitioner.WriteAsync(Batch("/c", Times(Noon, 3), 0, WithFields(), (_, _) => { }), Token);
        await bench.CommitAsync(await partitioner.CompleteAsync(Token));

        bytesTable.Name.ShouldStartWith("demo_msgs_point_");
        emptyTable.ShouldBe(decodedTable);
        (await bench.ScanAsync(bytesTable.ToString())).Sum(batch => batch.Length).ShouldBe(5);
        var rows = await bench.ScanAsync("raw.demo_msgs_point");
        rows.Sum(batch => batch.Length).ShouldBe(13);
        rows[0].Schema.IndexOf("data").ShouldBe(-1);

        static void FillBytes(IReadOnlyList<ColumnBuilder> children, int number) => ((BinaryBuilder)children[8]).Append([(byte)number]);
    }

    [Fact]
    public async Task A_folder_looks_like_a_columns_value_only_where_it_is_that_value()
    {
        var options = new PartitionOptions { PartitionBy = [new PartitionField("channel", PartitionTransform.Identity)] };
        await using var partitioner = bench.NewPartitioner(options);
        await partitioner.WriteAsync(Batch("plain-1", Times(Noon, 1)), Token);
        await partitioner.WriteAsync(Batch("a:b/c", Times(Noon, 1)), Token);
        var files = (await partitioner.CompleteAsync(Token)).ShouldHaveSingleItem().Files;

        files.Single(file => (string)file.File.Partition[0]! == "plain-1").File.Uri.ShouldContain("/data/channel=plain-1/");
        files.Single(file => (string)file.File.Partition[0]! == "a:b/c").File.Uri.ShouldContain("/data/a_b_c/");
    }

    [Fact]
    public async Task Memory_is_bounded_and_files_are_rolled_at_their_target()
    {
        var blob = WithFields(new Field("x", DataType.Binary));
        var random = new Random(5);
        var options = new PartitionOptions { RowGroupBytes = 256 << 10, MaxBufferedBytes = 512 << 10, TargetFileBytes = 1 << 20 };
        await using var partitioner = bench.NewPartitioner(options);
        long most = 0;
        for (int i = 0; i < 60; i++)
        {
            var batch = Batch($"/camera{i % 3}", Times(Noon + i * 10, 10), i / 3 * 10, blob, (children, _) => Fill(children), $"demo_msgs/msg/Blob{i % 3}");
            await partitioner.WriteAsync(batch, Token);
            most = Math.Max(most, partitioner.BufferedBytes);
        }

        var files = await partitioner.CompleteAsync(Token);
        await bench.CommitAsync(files);

        most.ShouldBeLessThanOrEqualTo(512 << 10);
        files.Count.ShouldBe(3);
        files.Sum(table => table.RowCount).ShouldBe(600);
        foreach (var table in files)
        {
            table.Files.Count.ShouldBeInRange(2, 5);
            table.Files.Max(file => file.File.FileBytes).ShouldBeLessThan(2 << 20);
        }

        (await bench.ScanAsync("raw.demo_msgs_blob1")).Sum(batch => batch.Length).ShouldBe(200);

        void Fill(IReadOnlyList<ColumnBuilder> children)
        {
            var bytes = new byte[10_000];
            random.NextBytes(bytes);
            ((BinaryBuilder)children[8]).Append(bytes);
        }
    }

    [Fact]
    public async Task An_attempt_that_ends_early_leaves_nothing_in_the_table_and_the_next_one_is_not_disturbed()
    {
        await using (var abandoned = bench.NewPartitioner(new PartitionOptions { RowGroupBytes = 1 }))
        {
            await abandoned.WriteAsync(Batch("/a", Times(Noon, 100)), Token);
        }

        (await bench.DataKeysAsync()).ShouldBeEmpty();
        await using var partitioner = bench.NewPartitioner();
        await partitioner.WriteAsync(Batch("/a", Times(Noon, 100)), Token);
        await bench.CommitAsync(await partitioner.CompleteAsync(Token));
        (await bench.ScanAsync("raw.demo_msgs_point")).Sum(batch => batch.Length).ShouldBe(100);
    }

    [Fact]
    public async Task Objects_open_at_a_time_are_bounded()
    {
        var options = new PartitionOptions { RowGroupBytes = 1, MaxOpenFiles = 3 };
        await using var partitioner = bench.NewPartitioner(options);
        for (int day = 0; day < 10; day++) await partitioner.WriteAsync(Batch("/a", Times(Noon + day * 86_400_000_000L, 10), day * 10), Token);

        (await bench.DataKeysAsync()).Count.ShouldBe(7);
        var files = await partitioner.CompleteAsync(Token);
        files.ShouldHaveSingleItem().Files.Count.ShouldBe(10);
        files[0].RowCount.ShouldBe(100);
    }

    [Fact]
    public async Task A_file_carries_the_tables_field_ids()
    {
        await using var partitioner = bench.NewPartitioner();
        await partitioner.WriteAsync(Batch("/a", Times(Noon, 3)), Token);
        var file = (await partitioner.CompleteAsync(Token))[0].Files[0].File;

        var table = await bench.Catalogue.LoadAsync(TableIdentifier.Parse("raw.demo_msgs_point"), Token);
        await using var reader = await ParquetReader.OpenAsync(await bench.Lake.OpenAsync(bench.Lake.KeyOf(file.Uri), Token), Token);
        reader.Schema.Fields.Select(field => (field.Name, field.Id)).ShouldBe(table.Schema.Fields.Select(field => (field.Name, field.Id)));
        reader.Schema.Fields.ShouldAllBe(field => field.Id > 0);
    }

    private static long[] Times(long first, int count, int step = 1) => [.. Enumerable.Range(0, count).Select(i => first + (long)i * step)];
}
