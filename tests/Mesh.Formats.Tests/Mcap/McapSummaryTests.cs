using Mesh.Formats.Mcap;
using Mesh.Model;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Mcap;

public sealed class McapSummaryTests
{
    [Fact]
    public async Task The_index_tells_what_is_in_a_recording_without_reading_it()
    {
        var source = new CountingSource(await McapSamples.WriteAsync(messages: 50_000));
        await using var reader = await RecordingFormats.OpenAsync(source, TestContext.Current.CancellationToken);
        var summary = (await reader.ReadSummaryAsync(TestContext.Current.CancellationToken)).ShouldNotBeNull();
        source.Reads.ShouldBeLessThan(10);
        source.BytesRead.ShouldBeLessThan(source.Length / 4);

        summary.Messages.ShouldBe(50_000);
        summary.StartTimeNs.ShouldBe(McapSamples.LogTime(1));
        summary.Channels.Select(channel => (channel.Channel.Topic, channel.Messages)).ShouldBe([("/imu", 33_333L), ("/raw", 16_667L), ("/silent", 0L)]);
        var attachment = summary.Attachments.ShouldHaveSingleItem();
        (attachment.Name, attachment.Bytes, attachment.LogTimeNs, attachment.CreateTimeNs).ShouldBe(("map.bin", 99L, 7UL, 8UL));
        summary.Metadata[0].Name.ShouldBe("mcap");
        summary.Metadata[0].Values["library"].ShouldBe("mesh");
        summary.Metadata[0].Values["compression"].ShouldStartWith("zstd (");
        summary.Metadata[1].Values["vehicle"].ShouldBe("V1");

        // Indexes of summary and blocks are the same.
        var read = await McapReading.AllAsync(reader);
        read.Channels.Select(channel => channel.Topic).ShouldBe(summary.Channels.Select(channel => channel.Channel.Topic));
        read.Messages.Count.ShouldBe(50_000);
    }

    [Fact]
    public async Task Without_an_index_nothing_is_known_before_and_the_extras_after_reading()
    {
        byte[] file = await McapSamples.WriteAsync(new McapWriterOptions { ChunkBytes = 4096, Parts = McapSummaryParts.None });
        await using var reader = await RecordingFormats.OpenAsync(new MemoryByteSource(file), TestContext.Current.CancellationToken);
        (await reader.ReadSummaryAsync(TestContext.Current.CancellationToken)).ShouldBeNull();
        (await McapReading.AllAsync(reader)).Losses.ShouldBeEmpty();
        var summary = (await reader.ReadSummaryAsync(TestContext.Current.CancellationToken)).ShouldNotBeNull();
        summary.Messages.ShouldBeNull();
        summary.Metadata[1].Values["vehicle"].ShouldBe("V1");
        var attachment = summary.Attachments.ShouldHaveSingleItem();
        await using var stream = await reader.OpenAttachmentAsync(attachment, TestContext.Current.CancellationToken);
        (await ContentAsync(stream)).ShouldBe(McapSamples.Payload(99));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_attachment_is_given_whole_or_not_at_all(bool throughIndex)
    {
        byte[] file = await McapSamples.WriteAsync();
        var options = new RecordingReaderOptions { Order = throughIndex ? RecordingOrder.LogTime : RecordingOrder.File };
        await using (var reader = await RecordingFormats.OpenAsync(new MemoryByteSource(file), options, TestContext.Current.CancellationToken))
        {
            var attachment = (await reader.ReadSummaryAsync(TestContext.Current.CancellationToken))!.Attachments[0];
            await using var stream = await reader.OpenAttachmentAsync(attachment, TestContext.Current.CancellationToken);
            stream.Length.ShouldBe(99);
            (await ContentAsync(stream)).ShouldBe(McapSamples.Payload(99));

            foreach (var wrong in new[] { attachment with { Position = attachment.Position + 1 }, attachment with { Name = "other" }, attachment with { Position = long.MaxValue } })
            {
                var exception = await Should.ThrowAsync<RecordingFormatException>(async () => await reader.OpenAttachmentAsync(wrong, TestContext.Current.CancellationToken));
                exception.Code.ShouldBe("MESH10011");
            }
        }

        int at = file.AsSpan().IndexOf("map.bin"u8) + 60;
        file[at] ^= 1;
        await using var damaged = await RecordingFormats.OpenAsync(new MemoryByteSource(file), options, TestContext.Current.CancellationToken);
        var summary = (await damaged.ReadSummaryAsync(TestContext.Current.CancellationToken))!;
        var error = await Should.ThrowAsync<RecordingFormatException>(async () => await damaged.OpenAttachmentAsync(summary.Attachments[0], TestContext.Current.CancellationToken));
        error.Code.ShouldBe("MESH10011");
        error.Message.ShouldContain("CRC-32");
    }

    private static async Task<byte[]> ContentAsync(Stream stream)
    {
        using var content = new MemoryStream();
        await stream.CopyToAsync(content, TestContext.Current.CancellationToken);
        return content.ToArray();
    }

    private sealed class CountingSource(byte[] bytes) : IByteSource
    {
        private readonly MemoryByteSource inner = new(bytes);

        public long BytesRead { get; private set; }

        public int Reads { get; private set; }

        public long Length => inner.Length;

        public string Name => inner.Name;

        public async ValueTask<int> ReadAtAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            int read = await inner.ReadAtAsync(offset, buffer, cancellationToken);
            Reads++;
            BytesRead += read;
            return read;
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
