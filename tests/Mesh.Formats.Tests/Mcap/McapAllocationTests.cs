using Mesh.Formats.Mcap;
using Mesh.Model;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Mcap;

[Collection(nameof(Alone))]
public sealed class McapAllocationTests
{
    [Theory]
    [InlineData(McapCompression.None)]
    [InlineData(McapCompression.Zstd)]
    public async Task Reading_and_writing_a_message_allocates_nothing(McapCompression compression)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var options = new McapWriterOptions { ChunkBytes = 64 << 10, Compression = compression };
        const int Messages = 400_000;
        byte[] payload = new byte[40];
        using var output = new MemoryStream(40 << 20);
        // Warmed up by as much as is measured: the pool's buffers and compiled code are paid for once.
        await WriteAsync(output, Messages);
        output.SetLength(0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        await WriteAsync(output, Messages);
        ((GC.GetAllocatedBytesForCurrentThread() - before) / (double)Messages).ShouldBeLessThan(2, "bytes per message written");

        byte[] file = output.ToArray();
        await ReadAsync();
        before = GC.GetAllocatedBytesForCurrentThread();
        (await ReadAsync()).ShouldBe(Messages);
        ((GC.GetAllocatedBytesForCurrentThread() - before) / (double)Messages).ShouldBeLessThan(2, "bytes per message read");

        async Task WriteAsync(Stream target, int count)
        {
            await using var writer = new McapWriter(target, options);
            ushort channel = writer.AddChannel(0, "/can", "");
            for (int i = 0; i < count; i++) await writer.WriteMessageAsync(channel, (uint)i, (ulong)i, (ulong)i, payload, cancellationToken);
            await writer.CompleteAsync(cancellationToken);
        }

        async Task<int> ReadAsync()
        {
            int count = 0;
            await using var reader = await McapRecordingReader.OpenAsync(new MemoryByteSource(file), null, cancellationToken);
            while (await reader.ReadBlockAsync(cancellationToken) is { } block) count += block.Messages.Length;
            return count;
        }
    }
}
