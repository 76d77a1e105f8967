using Mesh.Formats.Mcap;
using Mesh.Model;

namespace Mesh.Formats.Tests.Mcap;

/// <summary>Messages and chunks that are larger than may be held.</summary>
public class McapLargeTests
{
    private static readonly int[] Sizes = [10, 3000, 700, 0, 90_000, 5, 2000];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, McapCompression.None)]
    [InlineData(true, McapCompression.None)]
    [InlineData(true, McapCompression.Lz4)]
    [InlineData(true, McapCompression.Zstd)]
    public async Task A_message_above_the_limit_is_listed_without_its_bytes_and_the_others_are_as_recorded(bool chunked, McapCompression compression)
    {
        byte[] file = await WriteAsync(new McapWriterOptions { UseChunks = chunked, Compression = compression });
        var (messages, losses, _) = await ReadAsync(file, new McapReaderOptions { ListAboveBytes = 2000, MaxChunkBytes = 50_000 });

        losses.ShouldBeEmpty();
        messages.Select(message => message.Ref.Length).ShouldBe(Sizes);
        messages.Select(message => (int)message.Ref.Sequence).ShouldBe(Enumerable.Range(0, Sizes.Length));
        messages.Select(message => message.Ref.LogTimeNs).ShouldBe(Enumerable.Range(0, Sizes.Length).Select(i => (ulong)(1000 + i)));
        messages.Select(message => message.Topic).ShouldBe(Enumerable.Range(0, Sizes.Length).Select(i => i % 2 == 0 ? "/a" : "/b"));
        for (int i = 0; i < Sizes.Length; i++)
        {
            messages[i].Ref.IsHeld.ShouldBe(Sizes[i] <= 2000);
            if (Sizes[i] <= 2000) messages[i].Payload.ShouldBe(Payload(i));
        }
    }

    [Theory]
    [InlineData(McapCompression.None)]
    [InlineData(McapCompression.Lz4)]
    [InlineData(McapCompression.Zstd)]
    public async Task A_chunk_read_piece_by_piece_gives_what_it_gives_as_a_whole(McapCompression compression)
    {
        byte[] file = await McapSamples.WriteAsync(new McapWriterOptions { Compression = compression, ChunkBytes = 1 << 20 });
        var whole = await ReadAsync(file, new McapReaderOptions());
        var pieces = await ReadAsync(file, new McapReaderOptions { ListAboveBytes = 1000, MaxChunkBytes = 500, Parallelism = 3 });

        pieces.Losses.ShouldBeEmpty();
        pieces.Messages.Count.ShouldBe(McapSamples.Messages);
        pieces.Messages.Select(message => (message.Topic, message.Ref.Sequence, message.Ref.LogTimeNs, message.Ref.FileOffset, Convert.ToHexString(message.Payload))).ShouldBe(
            whole.Messages.Select(message => (message.Topic, message.Ref.Sequence, message.Ref.LogTimeNs, message.Ref.FileOffset, Convert.ToHexString(message.Payload))));
    }

    [Theory]
    [InlineData(McapCompression.None, McapLosses.ChunkCrc)]
    [InlineData(McapCompression.Zstd, null)]
    public async Task Of_a_damaged_chunk_no_piece_is_delivered(McapCompression compression, string? code)
    {
        byte[] file = await WriteAsync(new McapWriterOptions { Compression = compression });
        file[50_000] ^= 0x40;
        var (messages, losses, _) = await ReadAsync(file, new McapReaderOptions { ListAboveBytes = 200_000, MaxChunkBytes = 50_000 });

        messages.ShouldBeEmpty();
        var loss = losses[0];
        if (code is null) loss.Code.ShouldBeOneOf(McapLosses.ChunkCrc, McapLosses.ChunkDecompression);
        else loss.Code.ShouldBe(code);
    }

    [Fact]
    public async Task Without_the_option_what_is_too_large_is_reported_as_loss()
    {
        byte[] file = await WriteAsync(new McapWriterOptions { UseChunks = false });
        var (messages, losses, _) = await ReadAsync(file, new McapReaderOptions { MaxRecordBytes = 2500 });

        messages.Count.ShouldBe(Sizes.Length - 2);
        losses.Count(loss => loss.Code == McapLosses.RecordTooLarge).ShouldBe(2);
    }

    [Theory]
    [InlineData(false, 90_000)]
    [InlineData(true, 90_000)]
    public async Task Before_a_large_block_is_held_somebody_is_asked_and_told_when_it_has_been_given_back(bool chunked, long least)
    {
        byte[] file = await WriteAsync(new McapWriterOptions { UseChunks = chunked, Compression = McapCompression.None, ChunkBytes = 4000 });
        int held = 0, most = 0;
        List<long> asked = [];
        var options = new McapReaderOptions
        {
            ReadBytes = 4096,
            MaxBufferedBytes = 50_000,
            AdmitLargeBlock = (bytes, _) =>
            {
                asked.Add(bytes);
                most = Math.Max(most, ++held);
                return new ValueTask<IDisposable>(new Returned(() => held--));
            },
        };
        var (messages, losses, heldWithBlock) = await ReadAsync(file, options, () => held);

        losses.ShouldBeEmpty();
        messages.Count.ShouldBe(Sizes.Length);
        asked.ShouldHaveSingleItem().ShouldBeGreaterThan(least);
        (most, held).ShouldBe((1, 0));
        heldWithBlock.Count(count => count == 1).ShouldBe(1);
    }

    private static byte[] Payload(int i)
    {
        byte[] payload = new byte[Sizes[i]];
        new Random(i).NextBytes(payload);
        return payload;
    }

    private static async Task<byte[]> WriteAsync(McapWriterOptions options)
    {
        using var output = new MemoryStream();
        await using var writer = new McapWriter(output, options);
        ushort[] channels = [writer.AddChannel(0, "/a", ""), writer.AddChannel(0, "/b", "")];
        for (int i = 0; i < Sizes.Length; i++) await writer.WriteMessageAsync(channels[i % 2], (uint)i, (ulong)(1000 + i), 0, Payload(i), Token);
        await writer.CompleteAsync(Token);
        return output.ToArray();
    }

    private static async Task<(List<Seen> Messages, IReadOnlyList<DataLoss> Losses, List<int> Held)> ReadAsync(byte[] file, McapReaderOptions options, Func<int>? held = null)
    {
        await using var reader = await McapRecordingReader.OpenAsync(new MemoryByteSource(file), options, Token);
        List<Seen> messages = [];
        List<int> counts = [];
        while (await reader.ReadBlockAsync(Token) is { } block)
        {
            if (held is not null) counts.Add(held());
            foreach (var message in block.Messages.ToArray()) messages.Add(new Seen(reader.Channels[message.ChannelIndex].Topic, message, message.IsHeld ? block[message].ToArray() : []));
        }

        return (messages, [.. reader.Losses], counts);
    }

    private sealed record Seen(string Topic, MessageRef Ref, byte[] Payload);

    private sealed class Returned(Action action) : IDisposable
    {
        public void Dispose() => action();
    }
}
