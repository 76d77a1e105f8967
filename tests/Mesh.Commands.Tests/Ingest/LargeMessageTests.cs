using Mesh.Commands.Ingest;
using Mesh.Formats.Mcap;
using Mesh.Testing;

namespace Mesh.Commands.Tests.Ingest;

/// <summary>Runs alone: what is allocated is counted over the process.</summary>
[Collection(nameof(BoundedMemoryTests))]
public class LargeMessageTests(ITestOutputHelper output)
{
    private const int MessageBytes = 64 << 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true, McapCompression.None)]
    [InlineData(true, McapCompression.Zstd)]
    [InlineData(false, McapCompression.None)]
    public async Task A_message_of_64_MiB_is_allocated_once_on_its_way_into_the_lake(bool chunked, McapCompression compression)
    {
        Require.AtLeast(TestLevel.Default);
        using var bench = new IngestBench(options: IngestBench.NewOptions() with { MemoryBytes = 128L << 20, Parallelism = 1 });
        await bench.Processor.ProcessUploadAsync(await bench.UploadAsync(await IngestBench.RecordingAsync(3000)), IngestBench.At(0), Token);
        var upload = await bench.UploadAsync("large.mcap", stream => WriteAsync(stream, chunked, compression));

        long before = GC.GetTotalAllocatedBytes(precise: true);
        var outcome = await bench.Processor.ProcessUploadAsync(upload, IngestBench.At(1), Token);
        double perByte = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)MessageBytes;

        output.WriteLine($"allocated {perByte:0.00} bytes per byte of the message");
        outcome.Events[0].Account.RowsOut.ShouldBe(1);

        // Its column; what is read, decompressed and compressed lies outside of the heap and is given back at once.
        perByte.ShouldBeLessThan(1.25);
        await bench.CommitAsync(outcome.Events);
        var rows = await bench.ScanAsync("raw.demo_msgs_blob");
        rows.Sum(batch => batch.Length).ShouldBe(1);
        rows.Single(batch => batch.Length == 1)["data"].GetBytes(0).SequenceEqual(Noise()).ShouldBeTrue();
    }

    [Fact]
    public async Task A_message_above_the_limit_of_the_topology_is_a_dead_letter_and_the_rest_is_committed()
    {
        using var bench = new IngestBench(options: IngestBench.NewOptions() with { Decode = new Decode.DecodeOptions { MaxMessageBytes = 1 << 20 } });
        var upload = await bench.UploadAsync("large.mcap", async stream =>
        {
            await using var writer = new McapWriter(stream, new McapWriterOptions { Compression = McapCompression.Zstd });
            ushort channel = writer.AddChannel(writer.AddSchema("demo_msgs/msg/Blob", "ros2msg", "uint8[] data\n"u8.ToArray()), "/blob", "cdr");
            for (uint i = 0; i < 3; i++) await writer.WriteMessageAsync(channel, i, IngestBench.StartNs + i, 0, Blob(new byte[i == 1 ? 5 << 20 : 10]), Token);
            await writer.CompleteAsync(Token);
        });

        var outcome = await bench.Processor.ProcessUploadAsync(upload, IngestBench.At(0), Token);

        outcome.Result.ShouldBe(UploadResult.Written);
        var account = outcome.Events[0].Account;
        (account.MessagesIn, account.RowsOut, account.DeadLetters, account.Losses.Count).ShouldBe((3, 2, 1, 0));
        bench.Letters.ShouldHaveSingleItem().Code.ShouldBe("MESH2107");
    }

    [Fact]
    public async Task Of_large_blocks_one_is_held_at_a_time_and_small_ones_wait_for_nobody()
    {
        using var blocks = new LargeBlocks(1000);
        var first = await blocks.EnterAsync(1000, Token);
        var second = blocks.EnterAsync(5000, Token).AsTask();
        (await blocks.EnterAsync(999, Token)).Dispose();
        second.IsCompleted.ShouldBeFalse();

        first.Dispose();
        first.Dispose();
        var held = await second;
        var third = blocks.EnterAsync(5000, Token).AsTask();
        third.IsCompleted.ShouldBeFalse();
        held.Dispose();
        (await third).Dispose();
    }

    [Fact]
    public async Task Uploads_of_large_messages_side_by_side_all_come_to_their_end()
    {
        using var bench = new IngestBench(options: IngestBench.NewOptions() with { MemoryBytes = 64L << 20, Parallelism = 4 });
        var uploads = new List<Kafka.Events.UploadAccepted>();
        for (int i = 0; i < 4; i++)
        {
            byte mark = (byte)i;
            uploads.Add(await bench.UploadAsync($"large-{i}.mcap", async stream =>
            {
                await using var writer = new McapWriter(stream, new McapWriterOptions { Compression = mark % 2 == 0 ? McapCompression.None : McapCompression.Zstd });
                ushort channel = writer.AddChannel(writer.AddSchema("demo_msgs/msg/Blob", "ros2msg", "uint8[] data\n"u8.ToArray()), "/blob", "cdr");
                byte[] blob = new byte[20 << 20];
                Array.Fill(blob, mark);
                for (uint k = 0; k < 8; k++) await writer.WriteMessageAsync(channel, k, IngestBench.StartNs + k, 0, Blob(blob.AsSpan(0, k % 2 == 0 ? blob.Length : 100_000)), Token);
                await writer.CompleteAsync(Token);
            }));
        }

        var outcomes = await Task.WhenAll(uploads.Select((upload, i) => bench.Processor.ProcessUploadAsync(upload, IngestBench.At(i), Token)));

        outcomes.ShouldAllBe(outcome => outcome.Result == UploadResult.Written && outcome.Events[0].Account.RowsOut == 8);
    }

    private static byte[] Noise()
    {
        byte[] noise = new byte[MessageBytes];
        new Random(2).NextBytes(noise);
        return noise;
    }

    private static byte[] Blob(ReadOnlySpan<byte> data) => [0, 1, 0, 0, .. BitConverter.GetBytes(data.Length), .. data];

    private static async Task WriteAsync(Stream stream, bool chunked, McapCompression compression)
    {
        await using var writer = new McapWriter(stream, new McapWriterOptions { UseChunks = chunked, Compression = compression });
        ushort channel = writer.AddChannel(writer.AddSchema("demo_msgs/msg/Blob", "ros2msg", "uint8[] data\n"u8.ToArray()), "/blob", "cdr");
        await writer.WriteMessageAsync(channel, 0, IngestBench.StartNs, 0, Blob(Noise()), Token);
        await writer.CompleteAsync(Token);
    }
}
