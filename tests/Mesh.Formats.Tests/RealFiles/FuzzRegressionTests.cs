using System.Text;
using Mesh.Columnar;
using Mesh.Columnar.ArrowIpc;
using Mesh.Formats.Ros2Bag;
using Mesh.Formats.Tests.Ros2Bag;
using Mesh.Fuzz;
using Mesh.Model;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.RealFiles;

/// <summary>What fuzzing found, in its smallest form.</summary>
public sealed class FuzzRegressionTests
{
    [Fact]
    public async Task A_trc_line_without_a_number_is_a_loss()
    {
        byte[] file = Encoding.ASCII.GetBytes(";$FILEVERSION=1.1\n;$STARTTIME=41231.6\n     1)      10.5  Rx     0101  2  01 02\n\0\n \u0001\n     2)      11.5  Rx     0101  2  03 04\n");
        foreach (byte[] text in new[] { file, [.. file, .. "  \0 "u8], [.. file, .. " "u8] })
        {
            var reading = await RecordingExercise.ReadAsync(new FuzzSample("a.trc", text), new RecordingReaderOptions(), TestContext.Current.CancellationToken);
            reading!.Messages.Count.ShouldBe(2);
            reading.Losses.ShouldNotBeEmpty();
        }
    }

    [Theory]
    [InlineData("{a: b\n---\n")]
    [InlineData("rosbag2_bagfile_information: {x: \u0001 - :\n  ? [")]
    [InlineData("{? a\n b: : :,{")]
    public async Task Metadata_that_is_no_yaml_is_a_loss_and_the_bag_is_read_without_it(string yaml)
    {
        byte[] file = await BagAsync();
        var sample = new FuzzSample("bag_0.db3", file) { IsFolder = true };
        sample = sample with { Beside = sample.Beside.Add("metadata.yaml", Encoding.UTF8.GetBytes(yaml)) };
        var reading = await RecordingExercise.ReadAsync(sample, new RecordingReaderOptions(), TestContext.Current.CancellationToken);
        reading!.Messages.Count.ShouldBe(3);
        reading.Losses.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Arrow_lengths_and_bombs_are_refused_before_anything_is_allocated_for_them()
    {
        var builder = ColumnBuilder.Create(DataType.Utf8);
        for (int i = 0; i < 300; i++) ((BinaryBuilder)builder).Append("a"u8);
        var batch = new RecordBatch(new Schema([new Field("text", DataType.Utf8)]), 300, [builder.Build()]);
        foreach (var compression in Enum.GetValues<ArrowCompression>())
        {
            using var stream = new MemoryStream();
            var writer = new ArrowWriter(stream, batch.Schema, new ArrowWriterOptions { Compression = compression });
            await writer.WriteAsync(batch, TestContext.Current.CancellationToken);
            await writer.CompleteAsync(TestContext.Current.CancellationToken);
            byte[] file = stream.ToArray();
            (await ReadArrowAsync(file, new ArrowReaderOptions())).ShouldBe(300);
            await Should.ThrowAsync<MeshException>(() => ReadArrowAsync(file, new ArrowReaderOptions { MaxBatchBytes = 1000 }));

            // 300 is the rows of the batch and of its column: claims of far more.
            for (int at = 0; at + 8 <= file.Length; at += 8)
            {
                if (BitConverter.ToInt64(file, at) is not (300 or 1204)) continue;
                foreach (long claim in new[] { 0x1FFF_FFFF, 0x3FFF_FFFF, int.MaxValue - 64L, long.MaxValue })
                {
                    byte[] hostile = [.. file];
                    BitConverter.TryWriteBytes(hostile.AsSpan(at), claim).ShouldBeTrue();
                    (await Should.ThrowAsync<MeshException>(() => ReadArrowAsync(hostile, new ArrowReaderOptions { MaxBatchBytes = 1 << 20 }))).Code.ShouldBe("MESH10700");
                }
            }
        }
    }

    [Fact]
    public async Task Tens_of_thousands_of_channels_are_told_apart_at_once()
    {
        var reader = new ManyChannels(60_000);
        var columns = new RecordingColumns(reader, new RecordingColumnsOptions { BatchRows = 10 });
        long rows = 0;
        await foreach (var batch in columns.ReadAsync(TestContext.Current.CancellationToken)) rows += batch.Fields.Length;
        rows.ShouldBe(60_000);
        columns.Messages.ShouldBe(60_000);
    }

    [Fact]
    public async Task Values_whose_invalidation_bits_are_lost_are_not_taken_for_valid()
    {
        // Cut within the first block of values: the invalidation blocks lie behind.
        byte[] whole = await File.ReadAllBytesAsync(Testing.TestData.PathOf("generated", "mdf4", "ld_dv_di.mf4"), TestContext.Current.CancellationToken);
        await using var reader = await RecordingFormats.OpenAsync(new MemoryByteSource(whole.AsMemory(0, 1583), "cut.mf4"), TestContext.Current.CancellationToken);
        long rows = 0;
        await foreach (var batch in new RecordingColumns(reader).ReadAsync(TestContext.Current.CancellationToken))
        {
            batch.Channel.Topic.ShouldBe("colB");
            batch.Fields.Columns[0].NullCount.ShouldBe(batch.Fields.Length);
            rows += batch.Fields.Length;
        }

        rows.ShouldBeGreaterThan(10);
        reader.Losses.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_database_that_is_cut_is_reported_although_there_is_a_log()
    {
        byte[] log = await File.ReadAllBytesAsync(Testing.TestData.PathOf("generated", "db3", "wal", "wal_0.db3-wal"), TestContext.Current.CancellationToken);
        byte[] database = await File.ReadAllBytesAsync(Testing.TestData.PathOf("generated", "db3", "wal", "wal_0.db3"), TestContext.Current.CancellationToken);
        var sample = new FuzzSample("wal_0.db3", database[..4502]);
        sample = sample with { Beside = sample.Beside.Add("wal_0.db3-wal", log) };
        var reading = await RecordingExercise.ReadAsync(sample, new RecordingReaderOptions(), TestContext.Current.CancellationToken);
        reading!.Messages.Count.ShouldBeInRange(1, 63);
        reading.Losses.ShouldContain(loss => loss.Code == "MESH10452" && loss.Offset == 4502);
    }

    [Fact]
    public void Damage_adds_up_without_overflow()
    {
        var losses = new LossList(1);
        for (int i = 0; i < 4; i++) losses.Add("A", i, long.MaxValue / 2, "", "");
        losses.Entries.Count.ShouldBe(2);
        losses.Entries[1].Bytes.ShouldBe(long.MaxValue);
    }

    private static async Task<int> ReadArrowAsync(byte[] file, ArrowReaderOptions options)
    {
        int rows = 0;
        await using var reader = await ArrowReader.OpenAsync(new MemoryByteSource(file), options, TestContext.Current.CancellationToken);
        await foreach (var batch in reader.ReadAsync(TestContext.Current.CancellationToken)) rows += batch.Length;
        return rows;
    }

    private static async Task<byte[]> BagAsync()
    {
        using var folder = new Testing.TemporaryFolder();
        await using (var writer = Ros2BagWriter.Create(folder["bag"]))
        {
            int channel = writer.AddChannel(new RecordingChannel(0, "/a", "cdr", new MessageSchema("std_msgs/msg/UInt8", "ros2msg", "uint8 data"u8.ToArray()), new Dictionary<string, string>()));
            for (int i = 0; i < 3; i++) await writer.WriteAsync(channel, new MessageRef(0, 0, (ulong)i + 1, (ulong)i + 1, 0, 0, 0), new byte[] { 0, 1, 0, 0, (byte)i }, TestContext.Current.CancellationToken);
            await writer.CompleteAsync(TestContext.Current.CancellationToken);
        }

        return await File.ReadAllBytesAsync(Directory.EnumerateFiles(folder["bag"], "*.db3").Single(), TestContext.Current.CancellationToken);
    }

    /// <summary>A message on each of many channels, three of which share a topic and a schema.</summary>
    private sealed class ManyChannels(int count) : RecordingReader
    {
        private readonly MessageBlock block = new();
        private bool isDone;

        public override RecordingFormat Format => RecordingFormat.Mcap;

        public override IReadOnlyList<RecordingChannel> Channels { get; } =
            [.. Enumerable.Range(0, count).Select(i => new RecordingChannel(i, $"/{i / 3}", "raw", null, new Dictionary<string, string>()))];

        public override IReadOnlyList<DataLoss> Losses => [];

        public override ValueTask<MessageBlock?> ReadBlockAsync(CancellationToken cancellationToken)
        {
            if (isDone) return new((MessageBlock?)null);
            isDone = true;
            block.Data = new byte[4];
            block.Messages = Enumerable.Range(0, count).Select(i => new MessageRef(i, 0, (ulong)i, 0, 0, 4, 0)).ToArray();
            return new(block);
        }
    }
}
