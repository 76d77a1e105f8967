using Mesh.Broker;
using Mesh.Commands.Flow;
using Mesh.Commands.Observability;
using Mesh.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Commands.Tests.Flow;

public sealed class FlowMeterTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("mesh-flow-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_rate_is_what_came_between_two_looks_and_one_look_is_none(bool isOwn)
    {
        var time = new Clock();
        await using var broker = await KafkaBroker.StartAsync(new BrokerOptions { DataFolder = folder }, NullLogger.Instance, TimeProvider.System, Token);
        var options = new KafkaOptions { Bootstrap = broker.Bootstrap };
        await using var admin = new TopicAdmin(options, NullLogger.Instance);
        await admin.CreateAsync("t", 2, null, new Dictionary<string, string>(), Token);
        using var metrics = new MetricsCollector();
        var meter = new FlowMeter(admin, isOwn ? broker : null, metrics, time, NullLogger.Instance);
        meter.Current.ShouldBeNull();

        await SendAsync(options, 10);
        await meter.MeasureAsync(Token);
        meter.Current!.TopicRate("t").ShouldBeNull();

        await SendAsync(options, 20);
        time.Advance(TimeSpan.FromSeconds(4));
        await meter.MeasureAsync(Token);
        meter.Current.TopicRate("t").ShouldBe(5);
        meter.Current.Records("t").ShouldBe(isOwn ? 30 : null);
        meter.Current.TopicRate("none").ShouldBeNull();
        meter.Current.Window.ShouldBe(TimeSpan.FromSeconds(4));

        // What is older than ten seconds does not count any more.
        for (int i = 0; i < 6; i++)
        {
            time.Advance(TimeSpan.FromSeconds(4));
            await meter.MeasureAsync(Token);
        }

        meter.Current.TopicRate("t").ShouldBe(0);
        meter.Current.Window.ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(12));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static async Task SendAsync(KafkaOptions options, int count)
    {
        var producer = new RecordProducer(options, NullLogger.Instance);
        await using (producer) await Task.WhenAll(Enumerable.Range(0, count).Select(_ => producer.SendAsync("t", null, [1], [], Token)));
    }

    private sealed class Clock : TimeProvider
    {
        private DateTimeOffset now = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);

        public void Advance(TimeSpan by) => now += by;

        public override DateTimeOffset GetUtcNow() => now;
    }
}
