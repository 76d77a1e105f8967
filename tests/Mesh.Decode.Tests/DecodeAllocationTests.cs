using Mesh.Formats.Mcap;
using Mesh.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using static Mesh.Decode.Tests.DecodeBench;

namespace Mesh.Decode.Tests;

/// <summary>
/// What decoding allocates, counted in bytes, which no load on the machine changes. This is what keeps a recording of gigabytes under the
/// memory of the process: a message costs its row, and nothing beside it.
/// </summary>
[Collection(nameof(Alone))]
public sealed class DecodeAllocationTests : IDisposable
{
    private readonly DecodeBench bench = new();

    public void Dispose() => bench.Dispose();

    [Fact]
    public async Task A_message_allocates_little_more_than_its_row()
    {
        // Two fields of 8 bytes, five numbers of 8 bytes that every row has.
        const int RowBytes = 56;
        byte[] small = await WriteAsync(50_000, Point(1, 2));
        byte[] large = await WriteAsync(250_000, Point(1, 2));

        (await PerMessageAsync(small, large, 200_000)).ShouldBeLessThan(RowBytes * 1.5);
    }

    [Fact]
    public async Task A_large_message_is_copied_once()
    {
        const int BlobBytes = 100_000;
        byte[] payload = [0, 1, 0, 0, .. BitConverter.GetBytes(BlobBytes), .. new byte[BlobBytes]];
        byte[] small = await WriteAsync(200, payload, "uint8[] data\n");
        byte[] large = await WriteAsync(1200, payload, "uint8[] data\n");

        (await PerMessageAsync(small, large, 1000)).ShouldBeLessThan(BlobBytes * 1.5);
    }

    private async Task<byte[]> WriteAsync(int messages, byte[] payload, string schema = PointSchema) => await bench.WriteAsync(
        async (writer, token) =>
        {
            ushort channel = AddPointChannel(writer, "/point", schema);
            for (uint i = 0; i < messages; i++) await writer.WriteMessageAsync(channel, i, StartNs + i, StartNs + i, payload, token);
        },
        new McapWriterOptions { Compression = McapCompression.Lz4 });

    // The difference of two recordings: opening one, the first batch and the test itself cost the same for both.
    private async Task<double> PerMessageAsync(byte[] small, byte[] large, int messages)
    {
        await AllocatedAsync(large);
        return (await AllocatedAsync(large) - await AllocatedAsync(small)) / (double)messages;
    }

    private async Task<long> AllocatedAsync(byte[] recording)
    {
        var token = TestContext.Current.CancellationToken;
        await bench.Landing.PutAsync("r.mcap", recording, PutMode.Overwrite, token);
        var account = new DecodeAccount();
        var decoder = new RecordingDecoder(new DecodeOptions(), bench.Landing, (_, _) => Task.CompletedTask, TimeProvider.System, NullLogger.Instance);
        long before = GC.GetTotalAllocatedBytes(precise: true);

        // Batches are let go of as they come, as the stages after decode do.
        long rows = 0;
        await foreach (var batch in decoder.DecodeAsync(Upload(bench.Landing.UriOf("r.mcap")), account, token)) rows += batch.Batch.Length;
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        rows.ShouldBe(account.MessagesIn);
        return allocated;
    }
}

/// <summary>Allocations are counted over the whole process: such tests run alone.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
