using Mesh.Formats.Mcap;
using Mesh.Model;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Mcap;

public sealed class McapLogTimeTests
{
    [Theory]
    [InlineData(0, McapSummaryParts.All)]
    [InlineData(20, McapSummaryParts.All)]
    [InlineData(3_000, McapSummaryParts.All)]
    [InlineData(1_000_000, McapSummaryParts.All)]
    [InlineData(3_000, McapSummaryParts.None)]
    [InlineData(3_000, McapSummaryParts.All & ~McapSummaryParts.MessageIndexes)]
    public async Task Messages_come_by_time_and_equal_times_as_in_the_file_whatever_the_budget(int disorder, McapSummaryParts parts)
    {
        byte[] file = await WriteAsync(5_000, i => (ulong)(10_000 + i + new Random(i).Next(disorder + 1) - (disorder / 2)), new McapWriterOptions { ChunkBytes = 4096, Parts = parts });
        var expected = (await McapReading.ForwardAsync(file)).Messages.Select((message, place) => (message.LogTimeNs, place, message.Sequence)).Order().Select(message => message.Sequence).ToList();
        foreach (long budget in new[] { 1_000L, 20_000, 100_000, 64 << 20 })
        {
            var read = await McapReading.IndexedAsync(file, options: new McapReaderOptions { MaxBufferedBytes = budget, Parallelism = 2 });
            read.Losses.ShouldBeEmpty();
            read.Messages.Select(message => message.Sequence).ShouldBe(expected, $"budget {budget}");
            read.Messages.ShouldAllBe(message => message.Payload.SequenceEqual(McapSamples.Payload((int)message.Sequence)));
        }
    }

    [Fact]
    public async Task Any_number_of_messages_of_one_time_pass_in_file_order()
    {
        byte[] file = await WriteAsync(5_000, _ => 77, new McapWriterOptions { ChunkBytes = 4096 });
        var read = await McapReading.IndexedAsync(file, options: new McapReaderOptions { MaxBufferedBytes = 10_000 });
        read.Messages.Select(message => message.Sequence).ShouldBe(Enumerable.Range(0, 5_000).Select(i => (uint)i));
    }

    [Fact]
    public async Task The_whole_range_of_times_is_in_order()
    {
        ulong[] times = [ulong.MaxValue, 0, 5, ulong.MaxValue - 1, 0, 1UL << 63];
        byte[] file = await WriteAsync(600, i => times[i % times.Length], new McapWriterOptions { ChunkBytes = 500 });
        foreach (long budget in new[] { 1_000L, 64 << 20 })
        {
            var read = await McapReading.IndexedAsync(file, options: new McapReaderOptions { MaxBufferedBytes = budget });
            read.Messages.Select(message => message.LogTimeNs).ShouldBe(Enumerable.Range(0, 600).Select(i => times[i % times.Length]).Order());
        }
    }

    [Fact]
    public async Task A_query_by_time_and_topic_keeps_the_order()
    {
        byte[] file = await WriteAsync(3_000, i => (ulong)(1_000 + (i * 7 % 3_000)), new McapWriterOptions { ChunkBytes = 4096 });
        var query = new RecordingQuery { StartTimeNs = 1_500, EndTimeNs = 2_500, Topics = ["/1"] };
        var expected = (await McapReading.ForwardAsync(file)).Messages.Where(message => message.Channel.Topic == "/1" && query.Selects(message.LogTimeNs))
            .Select(message => message.LogTimeNs).Order().ToList();
        expected.Count.ShouldBeGreaterThan(100);
        var read = await McapReading.IndexedAsync(file, query);
        read.Messages.Select(message => message.LogTimeNs).ShouldBe(expected);
        read.Messages.ShouldAllBe(message => message.Channel.Topic == "/1");
        (await McapReading.IndexedAsync(file, query, order: RecordingOrder.File)).Messages.Select(message => message.LogTimeNs).Order().ShouldBe(expected);
    }

    [Fact]
    public async Task Messages_outside_chunks_are_merged_with_those_inside()
    {
        // Chunked and unchunked writers' files joined: what the index knows and what it does not.
        byte[] indexed = await WriteAsync(400, i => (ulong)(1_000 + (2 * i)), new McapWriterOptions { ChunkBytes = 2048 });
        byte[] bare = await WriteAsync(400, i => (ulong)(1_001 + (2 * i)), new McapWriterOptions { UseChunks = false, Parts = McapSummaryParts.None });
        var spliced = Splice(indexed, bare);
        var forward = await McapReading.ForwardAsync(spliced, new McapReaderOptions { CheckCrc = false });
        forward.Messages.Count.ShouldBe(800);
        foreach (var order in new[] { RecordingOrder.File, RecordingOrder.LogTime })
        {
            var query = new RecordingQuery { StartTimeNs = 1_100, EndTimeNs = 1_700 };
            var read = await McapReading.IndexedAsync(spliced, query, new McapReaderOptions { CheckCrc = false }, order);
            var times = read.Messages.Select(message => message.LogTimeNs).ToList();
            (order == RecordingOrder.File ? [.. times.Order()] : times).ShouldBe(Enumerable.Range(1_100, 601).Select(time => (ulong)time));
        }
    }

    [Fact]
    public async Task A_file_is_in_order_within_its_budget_of_memory()
    {
        Require.AtLeast(TestLevel.Default);

        // Every chunk spans the whole time: 40 MB of messages against a budget of 2 MB.
        byte[] file = await WriteAsync(300_000, i => (ulong)(i * 7919L % 300_000), new McapWriterOptions { ChunkBytes = 400 << 10 }, payloadBytes: 100);
        await using var reader = await McapIndexedReader.OpenAsync(new MemoryByteSource(file), new McapReaderOptions { MaxBufferedBytes = 6 << 20 }, RecordingQuery.All,
            RecordingOrder.LogTime, TestContext.Current.CancellationToken);
        ulong last = 0;
        long count = 0, largest = 0;
        while (await reader.ReadBlockAsync(TestContext.Current.CancellationToken) is { } block)
        {
            largest = Math.Max(largest, block.Data.Length);
            foreach (var message in block.Messages.Span)
            {
                message.LogTimeNs.ShouldBeGreaterThanOrEqualTo(last);
                last = message.LogTimeNs;
                count++;
            }
        }

        count.ShouldBe(300_000);
        largest.ShouldBeLessThan(8 << 20);
    }

    private static byte[] Splice(byte[] indexed, byte[] bare)
    {
        // The bare file's records between header and data end go before the indexed file's data end; nothing behind them is addressed by place
        // but the summary, whose start in the footer moves along.
        int headerEnd = 8 + 9 + (int)BitConverter.ToUInt64(bare, 9);
        int bareEnd = bare.Length - 8 - 29 - 13;
        byte[] records = bare[headerEnd..bareEnd];
        int footer = indexed.Length - 8 - 20;
        ulong summaryStart = BitConverter.ToUInt64(indexed, footer);
        int dataEnd = (int)summaryStart - 13;
        byte[] spliced = [.. indexed[..dataEnd], .. records, .. indexed[dataEnd..]];
        footer += records.Length;
        BitConverter.TryWriteBytes(spliced.AsSpan(footer), summaryStart + (ulong)records.Length);
        BitConverter.TryWriteBytes(spliced.AsSpan(footer + 16), 0);
        return spliced;
    }

    private static async Task<byte[]> WriteAsync(int messages, Func<int, ulong> time, McapWriterOptions options, int? payloadBytes = null)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var output = new MemoryStream();
        await using var writer = new McapWriter(output, options);
        ushort[] channels = [writer.AddChannel(0, "/0", ""), writer.AddChannel(0, "/1", "")];
        byte[] payload = new byte[payloadBytes ?? 0];
        for (int i = 0; i < messages; i++)
        {
            await writer.WriteMessageAsync(channels[i / 100 % 2], (uint)i, time(i), 0, payloadBytes is null ? McapSamples.Payload(i) : payload, cancellationToken);
        }

        await writer.CompleteAsync(cancellationToken);
        return output.ToArray();
    }
}
