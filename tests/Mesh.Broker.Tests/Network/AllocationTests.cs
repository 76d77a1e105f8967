using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Mesh.Broker.Protocol;
using Mesh.Broker.Tests.Support;

namespace Mesh.Broker.Tests.Network;

/// <summary>What the broker allocates for a request, however many records it carries. Counts the whole process, so nothing may run beside it.</summary>
[Collection(nameof(Alone))]
public sealed class AllocationTests
{
    private const int Requests = 200;
    private const int Rounds = 6;

    /// <summary>Strings, lists and the answer of one request; not its records.</summary>
    private const long BytesPerRequest = 2_500;

    [CollectionDefinition(nameof(Alone), DisableParallelization = true)]
    public sealed class Alone;

    [Theory]
    [InlineData(1)]
    [InlineData(1_000)]
    [InlineData(20_000)]
    public async Task Producing_allocates_per_request_and_not_per_record(int records)
    {
        await using var broker = await TestBroker.StartAsync();
        await broker.Broker.State.Topics.CreateAsync("t", 1, new Dictionary<string, string>());
        byte[] request = Network.Requests.Produce(7, -1, Batch(records));
        long perRequest = Measure(broker, request);
        broker.Broker.State.Topics.FindPartition("t", 0)!.HighWatermark.ShouldBe((long)Rounds * Requests * records);
        perRequest.ShouldBeLessThan(BytesPerRequest);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1_000)]
    public async Task Fetching_allocates_per_request_and_not_per_record(int records)
    {
        await using var broker = await TestBroker.StartAsync();
        await broker.Broker.State.Topics.CreateAsync("t", 1, new Dictionary<string, string>());
        byte[] batch = Batch(records);
        (await broker.Broker.State.Topics.FindPartition("t", 0)!.AppendAsync(batch, RecordBatchHeader.Read(batch))).Error.ShouldBe(ErrorCode.None);
        Measure(broker, Network.Requests.Fetch(maxWaitMs: 0)).ShouldBeLessThan(BytesPerRequest);
    }

    private static byte[] Batch(int records) => Batches.Of([.. Enumerable.Repeat(((string?)null, (string?)"a value"), records)]);

    /// <summary>Sends the request over and over, one at a time; of several rounds the least counts, since the process does other things too.</summary>
    private static long Measure(TestBroker broker, byte[] request)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, broker.Broker.Port);
        byte[] answer = new byte[4 << 20];
        long least = long.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < Requests; i++) Exchange(socket, request, answer);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / Requests);
        }

        return least;
    }

    private static void Exchange(Socket socket, byte[] request, byte[] answer)
    {
        for (int sent = 0; sent < request.Length;) sent += socket.Send(request.AsSpan(sent));
        int wanted = sizeof(int);
        for (int received = 0; received < wanted;)
        {
            int read = socket.Receive(answer.AsSpan(received, wanted - received));
            if (read == 0) throw new IOException("The broker closed the connection.");
            received += read;
            if (received == sizeof(int)) wanted += BinaryPrimitives.ReadInt32BigEndian(answer);
        }
    }
}
