using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Kafka.Tests;
using Mesh.Lakehouse.Metadata;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using static Mesh.Trigger.Tests.TriggerFixture;

namespace Mesh.Trigger.Tests;

/// <summary>The stage on a Kafka cluster that somebody else wrote.</summary>
public class TriggerStageTests
{
    private readonly TestDatabase place;

    public TriggerStageTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected TriggerStageTests(TestDatabase place) => this.place = place;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_become_one_request_a_range_a_stranger_becomes_a_dead_letter_and_a_restart_repeats_neither()
    {
        using var fixture = new TriggerFixture(place);
        await using var kafka = new MockKafka((Topics.SnapshotCommitted, 1));
        await using (var producer = new EventProducer(kafka.Options, NullLogger.Instance))
        {
            foreach (var snapshot in (SnapshotCommitted[])[Snapshot(1, 60), Snapshot(1, 60), Snapshot(2, 60)])
            {
                await producer.PublishAsync(Topics.SnapshotCommitted, snapshot.Table, snapshot, Stop);
            }

            await producer.PublishSerialisedAsync(Topics.SnapshotCommitted, "raw.frames", SnapshotCommitted.Descriptor.FullName, new byte[] { 0xFF, 0xFF, 0xFF }, null, Stop);
            await producer.PublishAsync(Topics.SnapshotCommitted, "raw.frames", Snapshot(3, 100), Stop);
        }

        await RunUntilAsync(fixture, kafka, async () => (await fixture.RequestsAsync()).Count == 2);
        // A second life reads on from the committed offset, or again; neither shows.
        await RunUntilAsync(fixture, kafka, () => Task.FromResult(true));

        var ranges = (await fixture.RequestsAsync()).Select(request => (request.Inputs[0].FromSnapshotId, request.Inputs[0].ToSnapshotId));
        ranges.ShouldBe([(0L, 1002L), (1002L, 1003L)]);
        using var outbox = new Outbox(fixture.Database);
        var letter = (await outbox.PeekAsync(100, Stop)).Where(entry => entry.Topic == "mesh.trigger.dead-letters.v1").ToArray().ShouldHaveSingleItem();
        var parsed = DeadLetter.Parser.ParseFrom(letter.Protobuf);
        (parsed.Stage, parsed.Code, parsed.Source.Topic, parsed.Source.Offset).ShouldBe(("trigger", "MESH6001", Topics.SnapshotCommitted, 3));
    }

    [Fact]
    public async Task A_rule_fires_at_the_end_of_its_cooldown_by_the_stages_own_clock()
    {
        using var fixture = new TriggerFixture(place);
        await using var kafka = new MockKafka((Topics.SnapshotCommitted, 1));
        await using (var producer = new EventProducer(kafka.Options, NullLogger.Instance))
        {
            await producer.PublishAsync(Topics.SnapshotCommitted, "raw.frames", Snapshot(1, 60), Stop);
            await producer.PublishAsync(Topics.SnapshotCommitted, "raw.frames", Snapshot(2, 60), Stop);
        }

        await RunUntilAsync(
            fixture, kafka, async () => (await fixture.RequestsAsync()).Count == 2, Rule(rows: 50, cooldown: TimeSpan.FromMilliseconds(300)), TimeProvider.System);

        var fired = (await new TriggerLedger(fixture.Database).ListFiringsAsync(10, Stop)).Select(firing => firing.FiredAt).Order().ToArray();
        (fired[1] - fired[0]).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(300));
    }

    private static async Task RunUntilAsync(TriggerFixture fixture, MockKafka kafka, Func<Task<bool>> done, TriggerRule? rule = null, TimeProvider? time = null)
    {
        var stage = new TriggerStage(kafka.Options, fixture.Database, () => [rule ?? Rule(rows: 100)], TableOf, NullLogger.Instance, time ?? fixture.Time);
        using var stop = new CancellationTokenSource();
        var running = stage.RunAsync(stop.Token);
        while (!await done())
        {
            running.IsCompleted.ShouldBeFalse();
            await Task.Delay(20, Stop);
        }

        await stop.CancelAsync();
        await running;
    }
}
