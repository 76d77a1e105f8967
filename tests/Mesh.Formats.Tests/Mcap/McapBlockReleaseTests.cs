using Mesh.Formats.Mcap;
using Mesh.Model;

namespace Mesh.Formats.Tests.Mcap;

/// <summary>Counts what the whole process allocates, so nothing else may run beside it.</summary>
[Collection(nameof(Alone))]
public class McapBlockReleaseTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_block_of_tens_of_megabytes_can_be_given_back_before_the_next_one_is_read()
    {
        const int Bytes = 40_000_000;
        using var output = new MemoryStream();
        await using (var writer = new McapWriter(output, new McapWriterOptions { Compression = McapCompression.Zstd }))
        {
            ushort channel = writer.AddChannel(0, "/a", "");
            byte[] payload = new byte[Bytes];
            for (uint i = 0; i < 3; i++)
            {
                payload[^1] = (byte)i;
                await writer.WriteMessageAsync(channel, i, i, i, payload, Token);
            }

            await writer.CompleteAsync(Token);
        }

        long before = GC.GetTotalAllocatedBytes(precise: true);
        await using var reader = await McapRecordingReader.OpenAsync(new MemoryByteSource(output.ToArray()), new McapReaderOptions { Parallelism = 2 }, Token);
        int seen = 0;
        while (await reader.ReadBlockAsync(Token) is { } block)
        {
            Look(block, seen++);
            var data = block.Data;
            reader.ReleaseBlock();
            Should.Throw<ObjectDisposedException>(() => data.Span[0]);
        }

        seen.ShouldBe(3);
        (GC.GetTotalAllocatedBytes(precise: true) - before).ShouldBeLessThan(Bytes / 2);
    }

    private static void Look(MessageBlock block, int number)
    {
        var message = block.Messages.Span[0];
        block[message][^1].ShouldBe((byte)number);
    }
}
