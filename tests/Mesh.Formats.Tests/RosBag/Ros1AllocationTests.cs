using Mesh.Formats.RosBag;
using Mesh.Formats.Tests.Mcap;
using Mesh.Model;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.RosBag;

[Collection(nameof(Alone))]
public sealed class Ros1AllocationTests
{
    [Theory]
    [InlineData(Ros1BagCompression.None)]
    [InlineData(Ros1BagCompression.Lz4)]
    public async Task Reading_and_writing_a_message_allocates_nothing(Ros1BagCompression compression)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        const int Messages = 400_000;
        byte[] payload = new byte[40];
        using var output = new MemoryStream(48 << 20);

        // Warmed up by as much as is measured: the pool's buffers and compiled code are paid for once.
        await WriteAsync();
        output.SetLength(0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        await WriteAsync();
        ((GC.GetAllocatedBytesForCurrentThread() - before) / (double)Messages).ShouldBeLessThan(2, "bytes per message written");

        byte[] file = output.ToArray();
        await ReadAsync();
        before = GC.GetAllocatedBytesForCurrentThread();
        (await ReadAsync()).ShouldBe(Messages);
        ((GC.GetAllocatedBytesForCurrentThread() - before) / (double)Messages).ShouldBeLessThan(2, "bytes per message read");

        async Task WriteAsync()
        {
            await using var writer = new Ros1BagWriter(output, new Ros1BagWriterOptions { Compression = compression, ChunkBytes = 64 << 10 });
            int channel = writer.AddChannel(Ros1Samples.Channels[1]);
            for (int i = 0; i < Messages; i++) await writer.WriteAsync(channel, new MessageRef { LogTimeNs = (ulong)i }, payload, cancellationToken);
            await writer.CompleteAsync(cancellationToken);
        }

        // On this thread alone, which is the one that is measured.
        async Task<int> ReadAsync()
        {
            int count = 0;
            await using var reader = await Ros1BagReader.OpenAsync(new MemoryByteSource(file), new RecordingReaderOptions { Parallelism = 1 }, cancellationToken);
            while (await reader.ReadBlockAsync(cancellationToken) is { } block) count += block.Messages.Length;
            return count;
        }
    }
}
