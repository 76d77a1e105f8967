using Mesh.Formats.Mcap;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Mcap;

public sealed class McapWriterTests
{
    [Theory]
    [InlineData(McapCompression.None, true)]
    [InlineData(McapCompression.Lz4, true)]
    [InlineData(McapCompression.Zstd, true)]
    [InlineData(McapCompression.None, false)]
    public async Task What_is_written_is_read_back(McapCompression compression, bool chunks)
    {
        byte[] file = await McapSamples.WriteAsync(new McapWriterOptions { ChunkBytes = 4096, Compression = compression, UseChunks = chunks });
        foreach (var read in new[] { await McapReading.ForwardAsync(file), await McapReading.IndexedAsync(file) })
        {
            read.Losses.ShouldBeEmpty();
            read.Channels.Select(channel => channel.Topic).ShouldBe(["/imu", "/raw", "/silent"], ignoreOrder: true);
            var imu = read.Channels.Single(channel => channel.Topic == "/imu");
            imu.Schema!.Name.ShouldBe("demo/Imu");
            imu.Metadata["qos"].ShouldBe("best effort");
            read.Channels.Single(channel => channel.Topic == "/raw").Schema.ShouldBeNull();
            var messages = read.Messages.OrderBy(message => message.Sequence).ToList();
            messages.Count.ShouldBe(McapSamples.Messages);
            for (int i = 0; i < messages.Count; i++)
            {
                messages[i].LogTimeNs.ShouldBe(McapSamples.LogTime(i));
                messages[i].PublishTimeNs.ShouldBe(McapSamples.LogTime(i) - 5);
                messages[i].Payload.ShouldBe(McapSamples.Payload(i));
                messages[i].Channel.Topic.ShouldBe(i % 3 == 0 ? "/raw" : "/imu");
            }
        }
    }

    [Theory]
    [InlineData(McapCompression.None, true)]
    [InlineData(McapCompression.Lz4, true)]
    [InlineData(McapCompression.Zstd, true)]
    [InlineData(McapCompression.None, false)]
    public async Task The_reader_of_the_formats_authors_reads_our_files(McapCompression compression, bool chunks)
    {
        byte[] file = await McapSamples.WriteAsync(new McapWriterOptions { ChunkBytes = 4096, Compression = compression, UseChunks = chunks });
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder["a.mcap"], file, TestContext.Current.CancellationToken);
        var result = await NodeScript.RunAsync("mcap-read.mjs", folder["a.mcap"], chunks ? "both" : "stream");

        uint crc = Crc32.Compute(Enumerable.Range(0, McapSamples.Messages).Where(i => i % 3 != 0).SelectMany(McapSamples.Payload).ToArray());
        var imu = result.GetProperty("stream").GetProperty("topics").GetProperty("/imu");
        imu.GetProperty("count").GetInt32().ShouldBe(400);
        imu.GetProperty("crc").GetUInt32().ShouldBe(crc);
        result.GetProperty("stream").GetProperty("topics").GetProperty("/raw").GetProperty("count").GetInt32().ShouldBe(200);
        result.GetProperty("attachments")[0].GetProperty("size").GetInt32().ShouldBe(99);
        result.GetProperty("metadata")[0].GetProperty("entries").GetProperty("vehicle").GetString().ShouldBe("V1");
        if (!chunks) return;

        var indexed = result.GetProperty("indexed");
        indexed.GetProperty("ordered").GetBoolean().ShouldBeTrue();
        indexed.GetProperty("topics").GetProperty("/imu").GetProperty("count").GetInt32().ShouldBe(400);
        indexed.GetProperty("attachments")[0].GetString().ShouldBe("map.bin");
        indexed.GetProperty("metadata")[0].GetString().ShouldBe("drive");
        indexed.GetProperty("chunks").GetInt32().ShouldBeGreaterThan(5);
        indexed.GetProperty("channels").GetInt32().ShouldBe(3);
        indexed.GetProperty("messageCount").GetInt32().ShouldBe(McapSamples.Messages);
        indexed.GetProperty("startTime").GetString().ShouldBe("1700000000000000000");
        indexed.GetProperty("header").GetString().ShouldBe("mesh");
    }

    [Fact]
    public async Task A_message_larger_than_a_chunk_gets_a_chunk_of_its_own()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        byte[] large = new byte[3 << 20];
        new Random(3).NextBytes(large);
        using var output = new MemoryStream();
        await using var writer = new McapWriter(output);
        ushort channel = writer.AddChannel(0, "/camera", "");
        for (uint i = 0; i < 3; i++) await writer.WriteMessageAsync(channel, i, i, i, large, cancellationToken);
        await writer.CompleteAsync(cancellationToken);

        var read = await McapReading.ForwardAsync(output.ToArray());
        read.Losses.ShouldBeEmpty();
        read.Messages.Select(message => message.FileOffset).Distinct().Count().ShouldBe(3);
        read.Messages.ShouldAllBe(message => message.Payload.SequenceEqual(large));

        // Random bytes do not shrink; storing them as they are saves the reader the work.
        await using var indexed = await McapIndexedReader.OpenAsync(
            new Mesh.Model.MemoryByteSource(output.ToArray()), null, RecordingQuery.All, RecordingOrder.File, cancellationToken);
        indexed.Summary.ChunkIndexes.ShouldAllBe(chunk => chunk.Compression == "");
    }

    [Fact]
    public async Task A_recording_without_messages_is_whole()
    {
        byte[] file = await McapSamples.WriteAsync(messages: 0, extras: false);
        var read = await McapReading.ForwardAsync(file);
        read.Losses.ShouldBeEmpty();
        read.Messages.ShouldBeEmpty();
        read.Channels.Count.ShouldBe(3);
    }

    [Theory]
    [InlineData(McapCompression.None)]
    [InlineData(McapCompression.Zstd)]
    public async Task Threads_do_not_change_what_is_written(McapCompression compression)
    {
        var options = new McapWriterOptions { ChunkBytes = 4096, Compression = compression };
        byte[] alone = await McapSamples.WriteAsync(options, messages: 5_000, extras: false);
        byte[] together = await McapSamples.WriteAsync(options with { Parallelism = 4 }, messages: 5_000, extras: false);
        together.ShouldBe(alone);

        var read = await McapReading.ForwardAsync(await McapSamples.WriteAsync(options with { Parallelism = 4 }, messages: 5_000));
        read.Losses.ShouldBeEmpty();
        read.Messages.Select(message => message.Sequence).ShouldBe(Enumerable.Range(0, 5_000).Select(i => (uint)i));
    }

    [Fact]
    public async Task The_common_writer_keeps_everything_and_the_formats_authors_read_it()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        byte[] original = await McapSamples.WriteAsync();
        using var output = new MemoryStream();
        await using (var reader = await RecordingFormats.OpenAsync(new Mesh.Model.MemoryByteSource(original), cancellationToken))
        await using (var writer = new McapRecordingWriter(output, new McapWriterOptions { ChunkBytes = 4096, Parallelism = 2 }))
        {
            var summary = (await reader.ReadSummaryAsync(cancellationToken))!;
            int[] channels = [.. summary.Channels.Select(channel => writer.AddChannel(channel.Channel))];
            foreach (var metadata in summary.Metadata.Skip(1)) (await writer.WriteMetadataAsync(metadata, cancellationToken)).ShouldBeTrue();
            foreach (var attachment in summary.Attachments)
            {
                using var content = new MemoryStream();
                await using var stream = await reader.OpenAttachmentAsync(attachment, cancellationToken);
                await stream.CopyToAsync(content, cancellationToken);
                (await writer.WriteAttachmentAsync(attachment, content.ToArray(), cancellationToken)).ShouldBeTrue();
            }

            while (await reader.ReadBlockAsync(cancellationToken) is { } block)
            {
                for (int i = 0; i < block.Messages.Length; i++)
                {
                    var message = block.Messages.Span[i];
                    await writer.WriteAsync(channels[message.ChannelIndex], message, block.Data.Slice(message.Offset, message.Length), cancellationToken);
                }
            }

            await writer.CompleteAsync(cancellationToken);
        }

        var copy = await McapReading.ForwardAsync(output.ToArray());
        var whole = await McapReading.ForwardAsync(original);
        copy.Losses.ShouldBeEmpty();
        copy.Messages.Select(message => (message.Channel.Topic, message.Sequence, message.LogTimeNs, message.PublishTimeNs))
            .ShouldBe(whole.Messages.Select(message => (message.Channel.Topic, message.Sequence, message.LogTimeNs, message.PublishTimeNs)));
        copy.Messages.Zip(whole.Messages).ShouldAllBe(pair => pair.First.Payload.SequenceEqual(pair.Second.Payload));

        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder["copy.mcap"], output.ToArray(), cancellationToken);
        var result = await NodeScript.RunAsync("mcap-read.mjs", folder["copy.mcap"], "both");
        result.GetProperty("indexed").GetProperty("messageCount").GetInt32().ShouldBe(McapSamples.Messages);
        result.GetProperty("indexed").GetProperty("schemas").GetInt32().ShouldBe(1);
        result.GetProperty("attachments")[0].GetProperty("name").GetString().ShouldBe("map.bin");
        result.GetProperty("metadata")[0].GetProperty("entries").GetProperty("vehicle").GetString().ShouldBe("V1");
    }

    [Fact]
    public async Task Misuse_is_refused()
    {
        using var output = new MemoryStream();
        await using var writer = new McapWriter(output);
        Should.Throw<ArgumentOutOfRangeException>(() => writer.AddChannel(7, "/x", ""));
        await Should.ThrowAsync<ArgumentOutOfRangeException>(async () => await writer.WriteMessageAsync(1, 0, 0, 0, default, default));
        await writer.CompleteAsync(TestContext.Current.CancellationToken);
        await Should.ThrowAsync<ObjectDisposedException>(async () => await writer.WriteMetadataAsync("x", new Dictionary<string, string>(), default));
    }
}
