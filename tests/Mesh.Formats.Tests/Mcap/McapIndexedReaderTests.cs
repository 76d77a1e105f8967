using Mesh.Formats.Mcap;
using Mesh.Model;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Mcap;

public sealed class McapIndexedReaderTests
{
    [Theory]
    [InlineData(McapSummaryParts.All, true)]
    [InlineData(McapSummaryParts.All & ~McapSummaryParts.Channels, false)]
    [InlineData(McapSummaryParts.All & ~McapSummaryParts.MessageIndexes, true)]
    [InlineData(McapSummaryParts.None, false)]
    public async Task A_query_finds_the_same_messages_with_and_without_an_index(McapSummaryParts parts, bool isIndexed)
    {
        byte[] file = await McapSamples.WriteAsync(new McapWriterOptions { ChunkBytes = 4096, Parts = parts });
        await using var reader = await OpenAsync(new MemoryByteSource(file));
        reader.IsIndexed.ShouldBe(isIndexed);

        var query = new RecordingQuery { StartTimeNs = McapSamples.LogTime(101), EndTimeNs = McapSamples.LogTime(300), Topics = ["/raw"] };
        var read = await McapReading.IndexedAsync(file, query);
        var wanted = Enumerable.Range(0, McapSamples.Messages)
            .Where(i => i % 3 == 0 && McapSamples.LogTime(i) >= query.StartTimeNs && McapSamples.LogTime(i) <= query.EndTimeNs)
            .OrderBy(McapSamples.LogTime).Select(i => (uint)i);
        read.Messages.Select(message => message.Sequence).ShouldBe(wanted);
        read.Losses.ShouldBeEmpty();
    }

    [Fact]
    public async Task Only_the_chunks_a_query_needs_are_read()
    {
        byte[] file = await McapSamples.WriteAsync();
        var source = new CountingSource(file);
        await using var reader = await OpenAsync(source, new RecordingQuery { StartTimeNs = McapSamples.LogTime(1), EndTimeNs = McapSamples.LogTime(0) });
        source.BytesRead = 0;
        (await McapReading.AllAsync(reader)).Messages.Count.ShouldBe(2);
        source.BytesRead.ShouldBeInRange(1, (long)reader.Summary.ChunkIndexes[0].ChunkLength);
    }

    [Fact]
    public async Task The_summary_tells_counts_attachments_and_metadata()
    {
        await using var reader = await OpenAsync(new MemoryByteSource(await McapSamples.WriteAsync()));
        var statistics = reader.Summary.Statistics.ShouldNotBeNull();
        statistics.MessageCount.ShouldBe((ulong)McapSamples.Messages);
        statistics.ChannelMessageCounts.Values.Aggregate((sum, count) => sum + count).ShouldBe((ulong)McapSamples.Messages);
        reader.Summary.AttachmentIndexes.ShouldHaveSingleItem().Name.ShouldBe("map.bin");
        reader.Summary.MetadataIndexes.ShouldHaveSingleItem().Name.ShouldBe("drive");
        reader.Summary.Schemas[1].Encoding.ShouldBe("ros2msg");
    }

    [Fact]
    public async Task An_index_that_points_elsewhere_is_a_loss_not_a_crash()
    {
        byte[] file = await McapSamples.WriteAsync(new McapWriterOptions { ChunkBytes = 4096, WriteCrc = false });

        // The first ChunkIndex record of the summary; its third field is the chunk's place.
        int index = file.AsSpan().LastIndexOf("zstd"u8);
        var summaryOnly = await OpenAsync(new MemoryByteSource(file));
        ulong last = summaryOnly.Summary.ChunkIndexes[^1].ChunkStartOffset;
        int at = file.AsSpan(0, index).LastIndexOf(BitConverter.GetBytes(last));
        BitConverter.GetBytes(last + 1).CopyTo(file, at);

        var read = await McapReading.IndexedAsync(file);
        read.Losses.ShouldHaveSingleItem().Code.ShouldBe(McapLosses.Summary);
        read.Messages.Count.ShouldBe(McapSamples.Messages);
    }

    private static ValueTask<McapIndexedReader> OpenAsync(IByteSource source, RecordingQuery? query = null) =>
        McapIndexedReader.OpenAsync(source, null, query ?? RecordingQuery.All, RecordingOrder.File, TestContext.Current.CancellationToken);

    private sealed class CountingSource(byte[] bytes) : IByteSource
    {
        private readonly MemoryByteSource inner = new(bytes);

        public long BytesRead { get; set; }

        public long Length => inner.Length;

        public string Name => inner.Name;

        public ValueTask<int> ReadAtAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            BytesRead += Math.Min(buffer.Length, Math.Max(0, Length - offset));
            return inner.ReadAtAsync(offset, buffer, cancellationToken);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
