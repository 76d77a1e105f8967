using Mesh.Commands.Recordings;
using Mesh.Formats;
using Mesh.Testing;

namespace Mesh.Commands.Tests.Recordings;

public sealed class MessageSorterTests
{
    [Theory]
    [InlineData(1 << 30, 0)]
    [InlineData(3 << 20, 1)]
    [InlineData(1200 << 10, 2)]
    public async Task Messages_come_out_by_log_time_and_equal_times_in_the_order_they_were_added(long maxBytes, int minRuns)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        var random = new Random(3);
        var expected = new List<(ulong Time, int Order, byte[] Payload)>();
        await using var sorter = new MessageSorter(folder.Path, maxBytes);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] payload = new byte[i % 1000 == 0 ? random.Next(200 << 10) : random.Next(100)];
            random.NextBytes(payload);
            ulong time = (ulong)random.Next(3000);
            expected.Add((time, i, payload));
            await sorter.AddAsync(i % 7, new MessageRef(0, (uint)i, time, time + 1, 0, payload.Length, 0), payload, cancellation);
        }

        int spilled = Directory.GetFiles(folder.Path).Length;
        spilled.ShouldBeGreaterThanOrEqualTo(minRuns);
        int index = 0;
        var sorted = expected.OrderBy(message => message.Time).ThenBy(message => message.Order).ToList();
        await foreach (var (message, payload) in sorter.ReadAsync(cancellation))
        {
            var (time, order, bytes) = sorted[index++];
            (message.LogTimeNs, message.PublishTimeNs, message.Sequence, message.Channel).ShouldBe((time, time + 1, (uint)order, order % 7));
            payload.Span.SequenceEqual(bytes).ShouldBeTrue();
        }

        index.ShouldBe(expected.Count);
        await sorter.DisposeAsync();
        Directory.GetFiles(folder.Path).ShouldBeEmpty("temporary files go with the sorter");
    }
}
