using Mesh.Formats.Mcap;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Mcap;

/// <summary>What comes out of compressed chunks that are cut off or damaged.</summary>
public sealed class McapSalvageTests
{
    private static readonly McapWriterOptions OneChunk = new() { ChunkBytes = 4 << 20, Parts = McapSummaryParts.None };

    [Theory]
    [InlineData(McapCompression.None)]
    [InlineData(McapCompression.Lz4)]
    [InlineData(McapCompression.Zstd)]
    public async Task A_chunk_that_is_cut_off_gives_its_whole_messages(McapCompression compression)
    {
        byte[] file = await McapSamples.WriteAsync(OneChunk with { Compression = compression }, messages: 20_000, extras: false);
        int before = 0;
        for (int cut = 60; cut < file.Length - 60; cut += file.Length / 40)
        {
            var read = await McapReading.ForwardAsync(file[..cut]);
            read.Losses.ShouldHaveSingleItem().Code.ShouldBe(McapLosses.Truncated, $"cut at {cut}");
            read.Losses[0].Bytes.ShouldBeGreaterThanOrEqualTo(0);
            read.Messages.Count.ShouldBeGreaterThanOrEqualTo(before, $"cut at {cut} of {file.Length}");
            before = read.Messages.Count;
            read.Messages.Select(message => message.Sequence).ShouldBe(Enumerable.Range(0, before).Select(i => (uint)i));
            read.Messages.ShouldAllBe(message => message.Payload.SequenceEqual(McapSamples.Payload((int)message.Sequence)));
        }

        // Blocks of 128 KiB are what Zstandard can give.
        before.ShouldBeGreaterThan(compression == McapCompression.Zstd ? 10_000 : 18_000);
    }

    [Theory]
    [InlineData(McapCompression.Lz4)]
    [InlineData(McapCompression.Zstd)]
    public async Task A_chunk_damaged_within_its_data_gives_the_messages_before_the_damage_only_when_asked_for(McapCompression compression)
    {
        byte[] file = await McapSamples.WriteAsync(OneChunk with { Compression = compression }, messages: 20_000, extras: false);
        var random = new Random(6);
        int salvaged = 0;
        for (int round = 0; round < 40; round++)
        {
            byte[] damaged = [.. file];
            int at = random.Next(file.Length / 3, file.Length * 9 / 10);
            damaged.AsSpan(at, 200).Fill(0xFF);
            var read = await McapReading.ForwardAsync(damaged);
            read.Losses.ShouldNotBeEmpty();
            read.Losses[0].Code.ShouldBeOneOf(McapLosses.ChunkDecompression, McapLosses.ChunkCrc);
            read.Messages.ShouldBeEmpty();

            var asked = await McapReading.ForwardAsync(damaged, new McapReaderOptions { DeliverUnchecked = true });
            asked.Losses.ShouldNotBeEmpty();
            if (asked.Messages.Count > 0) salvaged++;
        }

        salvaged.ShouldBeGreaterThan(10);
    }

    [Theory]
    [InlineData(McapCompression.Lz4)]
    [InlineData(McapCompression.Zstd)]
    public async Task Damage_that_decompression_notices_late_makes_no_false_message(McapCompression compression)
    {
        // One bit in a length or distance makes wrong bytes for long before the data stops making sense.
        byte[] file = await McapSamples.WriteAsync(OneChunk with { Compression = compression }, messages: 4_000, extras: false);
        var random = new Random(7);
        int falseOnes = 0;
        for (int round = 0; round < 300; round++)
        {
            byte[] damaged = [.. file];
            for (int flips = 0; flips < 3; flips++) damaged[random.Next(200, file.Length - 200)] ^= (byte)(1 << random.Next(8));
            var read = await McapReading.ForwardAsync(damaged);
            read.Messages.ShouldAllBe(message => message.Payload.SequenceEqual(McapSamples.Payload((int)message.Sequence)), $"round {round}");
            var asked = await McapReading.ForwardAsync(damaged, new McapReaderOptions { DeliverUnchecked = true });
            falseOnes += asked.Messages.Count(message => message.Sequence >= 4_000 || !message.Payload.SequenceEqual(McapSamples.Payload((int)message.Sequence)));
        }

        falseOnes.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task The_loss_within_a_chunk_says_how_much_of_it_is_missing()
    {
        byte[] file = await McapSamples.WriteAsync(OneChunk with { Compression = McapCompression.Lz4 }, messages: 20_000, extras: false);
        var read = await McapReading.ForwardAsync(file[..(file.Length / 2)]);
        var loss = read.Losses.ShouldHaveSingleItem();
        var whole = await McapReading.ForwardAsync(file);
        long missing = whole.Messages.Skip(read.Messages.Count).Sum(message => 31L + message.Payload.Length);
        loss.Bytes.ShouldBe(missing);
        loss.Offset.ShouldBe(whole.Messages[0].FileOffset);
    }

    [Fact]
    public async Task A_chunk_whose_checksum_is_wrong_is_delivered_only_when_asked_for()
    {
        byte[] file = await File.ReadAllBytesAsync(TestData.PathOf("generated", "mcap/bad_chunk_crc.mcap"), TestContext.Current.CancellationToken);
        var strict = await McapReading.ForwardAsync(file);
        var lenient = await McapReading.ForwardAsync(file, new McapReaderOptions { DeliverUnchecked = true });
        strict.Messages.Count.ShouldBe(75);
        lenient.Messages.Count.ShouldBe(100);
        lenient.Losses.ShouldHaveSingleItem().Code.ShouldBe(McapLosses.ChunkCrc);
        lenient.Losses[0].Found.ShouldContain("delivered unchecked");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public async Task Damage_is_met_in_file_order_however_many_threads_unpack(int parallelism)
    {
        byte[] file = await McapSamples.WriteAsync(new McapWriterOptions { ChunkBytes = 2048, Compression = McapCompression.Lz4 }, messages: 2_000);
        var random = new Random(7);
        for (int i = 0; i < 30; i++) file[random.Next(100, file.Length * 3 / 4)] ^= 0x55;
        var alone = await McapReading.ForwardAsync(file);
        var together = await McapReading.ForwardAsync(file, new McapReaderOptions { Parallelism = parallelism, MaxBufferedBytes = 20_000 });
        together.Losses.ShouldBe(alone.Losses);
        together.Messages.Select(message => message.Sequence).ShouldBe(alone.Messages.Select(message => message.Sequence));
        alone.Losses.Count.ShouldBeGreaterThan(5);
        alone.Losses.Select(loss => loss.Offset).ShouldBeInOrder();
    }
}
