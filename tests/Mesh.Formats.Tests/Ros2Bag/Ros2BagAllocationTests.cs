using Mesh.Formats.Ros2Bag;
using Mesh.Formats.Tests.Mcap;
using Mesh.Model;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Ros2Bag;

[Collection(nameof(Alone))]
public sealed class Ros2BagAllocationTests
{
    [Fact]
    public async Task Reading_a_message_allocates_nothing()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        const int Messages = 400_000;
        using var folder = new TemporaryFolder();
        await using (var writer = Ros2BagWriter.Create(folder["bag"]))
        {
            byte[] payload = new byte[40], large = new byte[20_000];
            int channel = writer.AddChannel(new RecordingChannel(0, "/can", "cdr", new MessageSchema("a/msg/B", "ros2msg", "int8 x"u8.ToArray()), new Dictionary<string, string>()));
            for (int i = 0; i < Messages; i++) await writer.WriteAsync(channel, new MessageRef(0, 0, (ulong)i, 0, 0, 0, 0), i % 500 == 0 ? large : payload, cancellationToken);
            await writer.CompleteAsync(cancellationToken);
        }

        byte[] file = await File.ReadAllBytesAsync(folder["bag", "bag_0.db3"], cancellationToken);
        await ReadAsync();
        long before = GC.GetAllocatedBytesForCurrentThread();
        (await ReadAsync()).ShouldBe(Messages);

        // The list of a block's messages grows once to what a block holds.
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(3L << 20, "bytes for reading all messages");

        async Task<int> ReadAsync()
        {
            int count = 0;
            await using var reader = await Ros2BagReader.OpenAsync(new MemoryByteSource(file), new RecordingReaderOptions(), cancellationToken);
            while (await reader.ReadBlockAsync(cancellationToken) is { } block) count += block.Messages.Length;
            return count;
        }
    }
}
