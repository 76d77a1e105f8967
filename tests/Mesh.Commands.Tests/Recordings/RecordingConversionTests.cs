using Mesh.Columnar;
using Mesh.Columnar.ArrowIpc;
using Mesh.Columnar.Parquet;
using Mesh.Commands.Recordings;
using Mesh.Formats;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Commands.Tests.Recordings;

public sealed class RecordingConversionTests
{
    private static readonly ulong[] Times = [.. Enumerable.Range(0, 500).Select(i => (ulong)i * 10)];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("parquet")]
    [InlineData("arrow")]
    public async Task A_recording_becomes_a_table_per_channel(string form)
    {
        using var folder = new TemporaryFolder();
        string input = await RecordingFiles.WritePointsAsync(folder["in.mcap"], Times, "/a", "/b/c");
        var report = await ConvertAsync(input, folder["tables"], form);
        report.Outputs.Select(output => (Path.GetFileName(output.File), output.Messages)).ShouldBe([($"a.{form}", 500), ($"b_c.{form}", 500)], ignoreOrder: true);

        var batches = await ReadTableAsync(folder[$"tables/a.{form}"]);
        batches.Sum(batch => batch.Length).ShouldBe(500);
        batches[0].Schema.Fields.Select(field => field.Name).ShouldBe(["log_time", "log_time_ns", "publish_time_ns", "sequence", "x", "n", "label"]);
        batches[0]["log_time_ns"].Values<long>()[3].ShouldBe((long)RecordingFiles.Start + 30_000_000);
        batches[0]["log_time"].Values<long>()[3].ShouldBe(((long)RecordingFiles.Start + 30_000_000) / 1000);
        batches[0]["x"].Values<double>()[3].ShouldBe(1.5);
        batches[0]["label"].GetString(3).ShouldBe("p3");
    }

    [Fact]
    public async Task A_single_table_takes_a_single_channel_and_says_so_otherwise()
    {
        using var folder = new TemporaryFolder();
        string input = await RecordingFiles.WritePointsAsync(folder["in.mcap"], Times, "/a", "/b");
        var refused = await Should.ThrowAsync<MeshException>(async () => await ConvertAsync(input, folder["out.parquet"], null));
        refused.Code.ShouldBe("MESH10608");
        refused.Message.ShouldContain("--topic");
        File.Exists(folder["out.parquet"]).ShouldBeFalse();

        await ConvertAsync(input, folder["out.parquet"], null, new RecordingReaderOptions { Query = new RecordingQuery { Topics = ["/b"] } });
        (await ReadTableAsync(folder["out.parquet"])).Sum(batch => batch.Length).ShouldBe(500);
    }

    [Theory]
    [InlineData("mf4")]
    [InlineData("mcap")]
    [InlineData("arrow")]
    public async Task A_table_becomes_a_recording_or_another_table_and_comes_back_the_same(string form)
    {
        using var folder = new TemporaryFolder();
        string input = await RecordingFiles.WritePointsAsync(folder["in.mcap"], Times, "/a");
        await ConvertAsync(input, folder["a.parquet"], null);
        await ConvertAsync(folder["a.parquet"], folder[$"b.{form}"], null);
        await ConvertAsync(folder[$"b.{form}"], folder["c.parquet"], null);

        var before = (await ReadTableAsync(folder["a.parquet"]))[0];
        var after = (await ReadTableAsync(folder["c.parquet"]))[0];
        after.Length.ShouldBe(before.Length);
        after["x"].Values<double>().ToArray().ShouldBe(before["x"].Values<double>().ToArray());
        Enumerable.Range(0, 500).Select(row => after["label"].GetString(row)).ShouldBe(Enumerable.Range(0, 500).Select(row => before["label"].GetString(row)));
        after["log_time_ns"].Values<long>().ToArray().ShouldBe(before["log_time_ns"].Values<long>().ToArray());
    }

    [Fact]
    public async Task Messages_become_an_mdf_file_and_back_with_their_times_to_the_nanosecond()
    {
        using var folder = new TemporaryFolder();
        string input = await RecordingFiles.WritePointsAsync(folder["in.mcap"], [0, 1, 1000, 86_400_000], "/a", "/b");
        await ConvertAsync(input, folder["out.mf4"], null);
        await ConvertAsync(folder["out.mf4"], folder["back"], "parquet");
        var table = (await ReadTableAsync(folder["back/a.parquet"]))[0];
        table["log_time_ns"].Values<long>().ToArray().ShouldBe([.. new long[] { 0, 1, 1000, 86_400_000 }.Select(ms => (long)RecordingFiles.Start + ms * 1_000_000)]);
        table["x"].Values<double>().ToArray().ShouldBe([0, 0.5, 1, 1.5]);
        table["n"].Type.ShouldBe(DataType.Int32);
    }

    [Theory]
    [InlineData("out.mcap")]
    [InlineData("out.mf4")]
    [InlineData("out.parquet")]
    [InlineData("out.arrow")]
    public async Task A_compression_that_the_form_does_not_have_leaves_nothing_behind(string output)
    {
        using var folder = new TemporaryFolder();
        string input = await RecordingFiles.WritePointsAsync(folder["in.mcap"], Times, "/a");
        var request = new CopyRequest { Inputs = [input], Output = folder[output], Compression = "brotli9" };
        var refused = await Should.ThrowAsync<MeshException>(async () => await new RecordingConversion(request).RunAsync(null, Cancellation));
        refused.Code.ShouldBe("MESH10604");
        Directory.GetFiles(folder.Path).Select(Path.GetFileName).ShouldBe(["in.mcap"]);
    }

    [Fact]
    public async Task A_table_without_a_time_column_is_refused_with_the_names_it_has()
    {
        using var folder = new TemporaryFolder();
        await using (var file = File.Create(folder["a.parquet"]))
        {
            var builder = new StructBuilder(new StructType([new Field("speed", DataType.Float64)]));
            ((FixedWidthBuilder<double>)builder.Children[0]).Append(1);
            builder.EndStruct();
            await using var writer = new ParquetWriter(file, new Schema([new Field("speed", DataType.Float64)]));
            await writer.WriteAsync(builder.BuildBatch(), Cancellation);
            await writer.CompleteAsync(Cancellation);
        }

        var refused = await Should.ThrowAsync<MeshException>(async () => await ConvertAsync(folder["a.parquet"], folder["a.mf4"], null));
        refused.Code.ShouldBe("MESH10607");
        refused.Message.ShouldContain("speed");
    }

    private static Task<CopyReport> ConvertAsync(string input, string output, string? form, RecordingReaderOptions? options = null) =>
        new RecordingConversion(new CopyRequest { Inputs = [input], Output = output, Reader = options ?? new RecordingReaderOptions() }).RunAsync(form, Cancellation);

    private static async Task<List<RecordBatch>> ReadTableAsync(string path)
    {
        var source = new MemoryByteSource(await File.ReadAllBytesAsync(path, Cancellation));
        var batches = new List<RecordBatch>();
        if (path.EndsWith(".parquet", StringComparison.Ordinal))
        {
            await using var parquet = await ParquetReader.OpenAsync(source, Cancellation);
            await foreach (var batch in parquet.ReadAsync(null, Cancellation)) batches.Add(batch);
            return batches;
        }

        await using var arrow = await ArrowReader.OpenAsync(source, Cancellation);
        await foreach (var batch in arrow.ReadAsync(Cancellation)) batches.Add(batch);
        return batches;
    }
}
