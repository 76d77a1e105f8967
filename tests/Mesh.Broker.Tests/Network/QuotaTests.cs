using Mesh.Broker.Network;
using Mesh.Broker.Protocol;
using Mesh.Broker.Tests.Support;

namespace Mesh.Broker.Tests.Network;

public class QuotaTests
{
    [Fact]
    public void Who_uses_more_than_its_rate_waits_as_long_as_the_rest_takes_and_nobody_else()
    {
        var clock = new Clock();
        var quota = new RateQuota(100, clock);

        quota.Use("a", 100).ShouldBe(TimeSpan.Zero);
        quota.Use("a", 50).ShouldBe(TimeSpan.FromSeconds(0.5));
        quota.Use("b", 100).ShouldBe(TimeSpan.Zero);
        clock.Advance(TimeSpan.FromSeconds(1));
        quota.Use("a", 50).ShouldBe(TimeSpan.Zero);
        clock.Advance(TimeSpan.FromHours(1));
        quota.Use("a", 100).ShouldBe(TimeSpan.Zero);
        quota.Use("a", 1_000_000).ShouldBe(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void A_byte_now_and_then_is_too_slow_and_a_slow_link_is_not()
    {
        var clock = new Clock();
        var pace = new TransferPace(clock);
        pace.IsTooSlow().ShouldBeFalse();

        pace.Begin();
        for (int second = 0; second < 40; second++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            pace.Advance(1);
        }

        pace.IsTooSlow().ShouldBeTrue();
        pace.End();
        pace.IsTooSlow().ShouldBeFalse();

        pace.Begin();
        for (int second = 0; second < 1000; second++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            pace.Advance(TransferPace.MinBytesPerSecond);
            pace.IsTooSlow().ShouldBeFalse();
        }
    }

    [Fact]
    public async Task A_producer_over_its_quota_is_told_to_wait_and_is_not_heard_meanwhile_while_others_are()
    {
        await using var broker = await TestBroker.StartAsync(options => options with { ProduceBytesPerSecond = 1_000 });
        await broker.Broker.State.Topics.CreateAsync("t", 1, new Dictionary<string, string>());
        using var client = await WireClient.ConnectAsync(broker.Broker);
        byte[] produce = Requests.Produce(3, 1, Batches.One(new string('x', 2_500)));

        await client.SendAsync([.. produce, .. Requests.Versions(0)]);
        var reader = new ProtocolReader(await client.ReceiveAsync());
        long answered = System.Diagnostics.Stopwatch.GetTimestamp();

        // Correlation id, one topic with one partition (index, error, offset, time), then the time to wait.
        reader.Int32();
        reader.Int32();
        reader.String();
        reader.Int32();
        reader.Int32();
        reader.Int16().ShouldBe((short)0);
        reader.Int64();
        reader.Int64();
        int throttle = reader.Int32();
        throttle.ShouldBeInRange(1_200, 2_000);
        using (var other = await WireClient.ConnectAsync(broker.Broker))
        {
            await other.SendAsync(Requests.Versions(0));
            (await other.ReceiveAsync()).ShouldNotBeNull();
        }

        System.Diagnostics.Stopwatch.GetElapsedTime(answered).TotalMilliseconds.ShouldBeLessThan(throttle, "the other one did not wait");
        (await client.ReceiveAsync()).ShouldNotBeNull();
        System.Diagnostics.Stopwatch.GetElapsedTime(answered).TotalMilliseconds.ShouldBeGreaterThan(throttle * 0.8);
    }

    [Fact]
    public async Task One_address_may_have_so_many_connections_and_may_come_again_when_one_ends()
    {
        await using var broker = await TestBroker.StartAsync(options => options with { MaxConnectionsPerAddress = 2 });
        using var first = await WireClient.ConnectAsync(broker.Broker);
        using var second = await WireClient.ConnectAsync(broker.Broker);
        foreach (var client in (WireClient[])[first, second])
        {
            await client.SendAsync(Requests.Versions(0));
            (await client.ReceiveAsync()).ShouldNotBeNull();
        }

        using (var third = await WireClient.ConnectAsync(broker.Broker)) (await third.ReceiveAsync()).ShouldBeNull();
        first.Finish();
        (await first.ReceiveAsync()).ShouldBeNull();
        for (int attempt = 0; ; attempt++)
        {
            using var again = await WireClient.ConnectAsync(broker.Broker);
            await again.SendAsync(Requests.Versions(0));
            if (await again.ReceiveAsync() is not null) break;
            attempt.ShouldBeLessThan(200, "the place of the connection that ended is free again");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Too_many_connections_a_second_from_an_address_wait_for_their_turn()
    {
        await using var broker = await TestBroker.StartAsync(options => options with { MaxConnectionsPerSecond = 2 });
        long started = System.Diagnostics.Stopwatch.GetTimestamp();
        for (int i = 0; i < 5; i++)
        {
            using var client = await WireClient.ConnectAsync(broker.Broker);
            await client.SendAsync(Requests.Versions(0));
            (await client.ReceiveAsync()).ShouldNotBeNull();
        }

        System.Diagnostics.Stopwatch.GetElapsedTime(started).ShouldBeGreaterThan(TimeSpan.FromMilliseconds(1_200));
    }

    [Fact]
    public async Task A_short_request_for_a_very_long_answer_costs_the_connection_and_the_memory_is_given_back()
    {
        await using var broker = await TestBroker.StartAsync(options => options with { MaxBufferedBytes = 8 << 20 });
        await broker.Broker.State.Topics.CreateAsync("t", 1, new Dictionary<string, string>());
        using var client = await WireClient.ConnectAsync(broker.Broker);

        await client.SendAsync(WireClient.Request(ApiKey.DescribeConfigs, 0, 1, writer =>
        {
            writer.ArrayLength(100_000);
            for (int i = 0; i < 100_000; i++)
            {
                writer.Int8(2);
                writer.String("t");
                writer.NullArray();
            }
        }));

        (await client.ReceiveAsync()).ShouldBeNull();
        broker.Broker.Describe().BufferedBytes.ShouldBe(0);
    }

    private sealed class Clock : TimeProvider
    {
        private long ticks = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => ticks;

        public void Advance(TimeSpan by) => ticks += by.Ticks;
    }
}
