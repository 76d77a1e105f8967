using Mesh.Formats.Mcap;
using Mesh.Model;
using Shouldly;
using Xunit;
using Mesh.Testing;

namespace Mesh.Formats.Tests.Mcap;

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
        long written = await Allocated.LeastAsync(() =>
        {
            output.SetLength(0);
            return WriteAsync(output, Messages);
        });
        (written / (double)Messages).ShouldBeLessThan(2, "bytes per message written");

        byte[] file = output.ToArray();
        long read = await Allocated.LeastAsync(async () => (await ReadAsync()).ShouldBe(Messages));
        (read / (double)Messages).ShouldBeLessThan(2, "bytes per message read");

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
