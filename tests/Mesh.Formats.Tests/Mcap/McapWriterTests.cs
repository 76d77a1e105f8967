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
