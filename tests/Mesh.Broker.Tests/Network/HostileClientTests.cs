using System.Buffers.Binary;
using Confluent.Kafka;
using Mesh.Broker.Apis;
using Mesh.Broker.Network;
using Mesh.Broker.Protocol;
using Mesh.Broker.Tests.Clients;
using Mesh.Broker.Tests.Support;

namespace Mesh.Broker.Tests.Network;

public class HostileClientTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(new byte[] { 0x7f, 0xff, 0xff, 0xff, 1, 2, 3 })]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 3, 1, 2, 3 })]
    [InlineData(new byte[] { (byte)'G', (byte)'E', (byte)'T', (byte)' ', (byte)'/', (byte)' ', (byte)'H', (byte)'T', (byte)'T', (byte)'P' })]
    [InlineData(new byte[] { 0, 0, 0, 10, 0x7f, 0x7f, 0, 0, 0, 0, 0, 0, 0xff, 0xff })]
    [InlineData(new byte[] { 0, 0, 0, 10, 0, 3, 0, 99, 0, 0, 0, 0, 0xff, 0xff })]
    public async Task Garbage_costs_its_sender_the_connection_and_nobody_else_anything(byte[] garbage)
    {
        await using var broker = await TestBroker.StartAsync();
        using var hostile = await WireClient.ConnectAsync(broker.Broker);

        await hostile.SendAsync(garbage);

        (await hostile.ReceiveAsync()).ShouldBeNull();
        using var other = await WireClient.ConnectAsync(broker.Broker);
        await other.SendAsync(Requests.Versions(0));
        (await other.ReceiveAsync()).ShouldNotBeNull();
    }

    [Fact]
    public async Task An_announced_request_of_64_MiB_takes_memory_only_as_its_bytes_arrive()
    {
        await using var broker = await TestBroker.StartAsync();
        var clients = new List<WireClient>();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < 200; i++)
        {
            clients.Add(await WireClient.ConnectAsync(broker.Broker));
            await clients[^1].SendAsync([0x04, 0, 0, 0, 1, 2, 3]);
        }

        // An answer to a later connection shows that the earlier ones have been looked at.
        using var other = await WireClient.ConnectAsync(broker.Broker);
        await other.SendAsync(Requests.Versions(0));
        await other.ReceiveAsync();

        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(100L << 20, "200 × 64 MiB were announced");
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task A_version_of_ApiVersions_from_the_future_is_answered_in_the_oldest_form()
    {
        await using var broker = await TestBroker.StartAsync();
        using var client = await WireClient.ConnectAsync(broker.Broker);

        await client.SendAsync(Requests.Versions(99));
        var reader = new ProtocolReader(await client.ReceiveAsync());

        reader.Int32().ShouldBe(41);
        reader.Int16().ShouldBe((short)35);
        var apis = reader.Array(static api => (Key: api.Int16(), Min: api.Int16(), Max: api.Int16()));
        reader.Remaining.ShouldBe(0);
        apis.ShouldContain(((short)0, (short)0, (short)10));
        apis.ShouldContain(((short)1, (short)0, (short)12));
        apis.ShouldContain(((short)18, (short)0, (short)3));

        // The connection is still good for a version that exists.
        await client.SendAsync(Requests.Versions(3));
        (await client.ReceiveAsync()).ShouldNotBeNull();
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_their_order_even_when_one_has_to_wait()
    {
        await using var broker = await TestBroker.StartAsync();
        await broker.Broker.State.Topics.CreateAsync("t", 1, new Dictionary<string, string>());
        using var client = await WireClient.ConnectAsync(broker.Broker);
        byte[] waiting = Requests.Fetch(maxWaitMs: 300);
        byte[] heartbeat = WireClient.Request(ApiKey.Heartbeat, 0, 2, writer =>
        {
            writer.String("g");
            writer.Int32(1);
            writer.String("m");
        });

        await client.SendAsync([.. waiting, .. heartbeat, .. Requests.Versions(0)]);

        List<int> order = [];
        for (int i = 0; i < 3; i++) order.Add(BinaryPrimitives.ReadInt32BigEndian(await client.ReceiveAsync()));
        order.ShouldBe([1, 2, 41]);
    }

    [Fact]
    public async Task What_a_client_sent_without_wanting_an_answer_is_in_the_log_though_it_left()
    {
        await using var broker = await TestBroker.StartAsync();
        await broker.Broker.State.Topics.CreateAsync("t", 1, new Dictionary<string, string>());
        using (var client = await WireClient.ConnectAsync(broker.Broker))
        {
            for (int i = 0; i < 20; i++) await client.SendAsync(Requests.Produce(3, 0, Batches.One($"value {i}")));
            client.Finish();
            (await client.ReceiveAsync()).ShouldBeNull();
        }

        broker.Broker.State.Topics.FindPartition("t", 0)!.HighWatermark.ShouldBe(20);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Produce_versions_of_the_old_record_format_are_refused_in_their_own_form(short version)
    {
        await using var broker = await TestBroker.StartAsync();
        await broker.Broker.State.Topics.CreateAsync("t", 1, new Dictionary<string, string>());
        using var client = await WireClient.ConnectAsync(broker.Broker);

        await client.SendAsync(Requests.Produce(version, 1, Batches.One("v")));
        var reader = new ProtocolReader(await client.ReceiveAsync());

        reader.Int32();
        reader.Int32().ShouldBe(1);
        reader.String().ShouldBe("t");
        reader.Int32().ShouldBe(1);
        reader.Int32().ShouldBe(0);
        reader.Int16().ShouldBe((short)ErrorCodeOf("UnsupportedForMessageFormat"));
        reader.Int64().ShouldBe(-1);
        if (version == 2) reader.Int64();
        if (version >= 1) reader.Int32();
        reader.Remaining.ShouldBe(0);
    }

    [Fact]
    public async Task Mutated_requests_of_real_clients_are_answered_or_refused_and_never_break_the_broker()
    {
        await using var proxy = new RecordingProxy();
        await using var broker = await TestBroker.StartAsync(options => options with { MaxPartitions = 60, InitialRebalanceDelay = TimeSpan.FromMilliseconds(1) });
        var requests = await RecordAsync(proxy, broker);
        requests.Select(request => BinaryPrimitives.ReadInt16BigEndian(request)).Distinct().Count().ShouldBeGreaterThanOrEqualTo(10);

        var random = new Random(20261122);
        int answered = 0, refused = 0;
        for (int round = 0; round < 4_000; round++)
        {
            byte[] request = Mutate(random, requests[random.Next(requests.Count)]);
            if (await TryAnswerAsync(broker.Broker.State, request)) answered++;
            else refused++;
        }

        answered.ShouldBeGreaterThan(100);
        refused.ShouldBeGreaterThan(100);
        using var producer = ConfluentClientTests.Producer(broker);
        await producer.ProduceAsync("alive", new Message<string, string> { Value = "v" }, Cancellation);
    }

    [Fact]
    public async Task Mutated_bytes_on_live_connections_never_break_the_broker()
    {
        await using var proxy = new RecordingProxy();
        await using var broker = await TestBroker.StartAsync(options => options with { MaxPartitions = 60, MaxConnections = 50 });
        var requests = await RecordAsync(proxy, broker);
        var random = new Random(7);
        for (int round = 0; round < 300; round++)
        {
            using var client = await WireClient.ConnectAsync(broker.Broker);
            byte[] request = Mutate(random, requests[random.Next(requests.Count)]);
            byte[] length = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, random.Next(10) == 0 ? random.Next() : request.Length);
            try
            {
                await client.SendAsync([.. length, .. request]);
                if (random.Next(2) == 0) client.Finish();
            }
            catch (IOException)
            {
                // Closed on us: that is one of the right answers.
            }
        }

        using var producer = ConfluentClientTests.Producer(broker);
        await producer.ProduceAsync("alive", new Message<string, string> { Value = "v" }, Cancellation);
    }

    private static async Task<List<byte[]>> RecordAsync(RecordingProxy proxy, TestBroker broker)
    {
        // Only the bootstrap connection passes the proxy: after it clients use the address that metadata tells them. The other requests are built by hand.
        proxy.Connect(broker.Broker.Port);
        string bootstrap = $"127.0.0.1:{proxy.Port}";
        using (var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrap }).Build())
        {
            admin.GetMetadata(TimeSpan.FromSeconds(10));
        }

        var requests = proxy.Requests.ToList();
        requests.AddRange(Requests.OfEveryKind().Select(request => request[4..]));
        return requests;
    }

    private static byte[] Mutate(Random random, byte[] valid)
    {
        byte[] request = [.. valid];
        for (int i = random.Next(5); i > 0; i--)
        {
            // Mostly behind the header, or nearly everything would be an unknown request.
            int at = random.Next(4) == 0 ? random.Next(request.Length) : random.Next(Math.Min(8, request.Length - 1), request.Length);
            request[at] = random.Next(3) switch { 0 => (byte)random.Next(256), 1 => (byte)(request[at] ^ (1 << random.Next(8))), _ => 0xff };
        }

        return random.Next(6) switch
        {
            0 => request[..random.Next(request.Length)],
            1 => [.. request, .. request[..random.Next(request.Length)]],
            _ => request,
        };
    }

    /// <summary>Runs a request past the network; only the codec's own exception and the end of waiting are allowed to come out.</summary>
    private static async Task<bool> TryAnswerAsync(BrokerState broker, byte[] request)
    {
        try
        {
            var reader = new ProtocolReader(request);
            short key = reader.Int16();
            short version = reader.Int16();
            reader.Int32();
            reader.ClassicNullableString();
            if (broker.Apis.Find(key) is not { } api || version < api.MinVersion || version > api.MaxVersion) return false;
            using var response = new ProtocolWriter { Flexible = version >= api.FlexibleFrom };
            reader.Flexible = response.Flexible;
            reader.Tags();
            var context = new RequestContext(version, "fuzz", new Mesh.Broker.Access.Principal("fuzz", "nowhere"), Anonymous, request, new CancellationToken(canceled: true));
            await api.HandleAsync(context, reader, response);
            return true;
        }
        catch (Exception e) when (e is ProtocolException or OperationCanceledException)
        {
            return false;
        }
    }

    private static Authentication Anonymous => Asking.Unauthenticated(new Mesh.Broker.Access.Principal("fuzz", "nowhere"));

    private static short ErrorCodeOf(string name) => (short)Enum.Parse<Mesh.Broker.Protocol.ErrorCode>(name);
}
