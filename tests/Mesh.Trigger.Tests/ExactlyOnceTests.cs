using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using static Mesh.Trigger.Tests.TriggerFixture;

namespace Mesh.Trigger.Tests;

/// <summary>
/// Invariant 6 under redelivery, disorder, restarts and failures at every step: a small machine delivers events the way the log does,
/// from a committed offset, and fails where it likes.
/// </summary>
public class ExactlyOnceTests
{
    private readonly TestDatabase place;

    public ExactlyOnceTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected ExactlyOnceTests(TestDatabase place) => this.place = place;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Every_range_fires_once_and_the_ranges_cover_the_table_without_gap_or_overlap(int seed)
    {
        using var fixture = new TriggerFixture(place);
        var random = new Random(seed);
        TriggerRule[] rules =
        [
            Rule("often", rows: 40),
            Rule("cooled", rows: 30, cooldown: TimeSpan.FromMinutes(3), products: ["frames", "imu"]),
            Rule("timed", duration: TimeSpan.FromSeconds(50), products: ["imu"]),
        ];
        SnapshotCommitted[] log =
        [
            .. Enumerable.Range(1, 60).SelectMany(sequence => new[]
            {
                Snapshot(sequence, random.Next(1, 30), random.Next(1, 20)),
                Snapshot(sequence, random.Next(1, 30), random.Next(1, 20), "imu"),
            }),
        ];

        var faults = new Faults(random, fixture);
        int crashes = 0;
        int committed = 0;
        var evaluator = faults.Evaluator(rules);
        for (int position = 0; committed < log.Length;)
        {
            try
            {
                // Now and then a few events come in another order, as from another partition.
                int at = random.Next(10) == 0 ? Math.Min(log.Length - 1, position + random.Next(4)) : position;
                await evaluator.ApplyAsync(log[at], TestContext.Current.CancellationToken);
                if (random.Next(5) == 0) await evaluator.FireDueAsync(TestContext.Current.CancellationToken);
                fixture.Time.Advance(TimeSpan.FromSeconds(random.Next(60)));
                if (random.Next(8) == 0) throw new CrashException();
                if (at != position) continue;
                position++;
                // The commit of the offset may lag behind.
                if (random.Next(3) > 0 || position == log.Length) committed = position;
            }
            catch (CrashException)
            {
                crashes++;
                if (random.Next(3) == 0) fixture.Restart();
                evaluator = faults.Evaluator(rules);
                position = committed;
            }
        }

        crashes.ShouldBeGreaterThan(20);
        faults.Disarm();
        fixture.Time.Advance(TimeSpan.FromHours(1));
        await evaluator.FireDueAsync(TestContext.Current.CancellationToken);
        fixture.Time.Advance(TimeSpan.FromHours(1));
        await evaluator.FireDueAsync(TestContext.Current.CancellationToken);

        var requests = await fixture.RequestsAsync();
        requests.Select(request => request.TriggerId).ShouldBeUnique();
        var firings = await evaluator.Ledger.ListFiringsAsync(10_000, TestContext.Current.CancellationToken);
        firings.Select(firing => firing.TriggerId).Order().ShouldBe(requests.Select(request => request.TriggerId).Order());

        foreach (var group in requests.GroupBy(request => (request.Rule, request.Inputs[0].Product)))
        {
            long end = 0;
            foreach (var range in group.Select(request => request.Inputs[0]))
            {
                range.FromSnapshotId.ShouldBe(end, group.Key.ToString());
                range.ToSnapshotId.ShouldBeGreaterThan(end);
                long rows = log.Where(item => item.Table == range.Table && item.SnapshotId > range.FromSnapshotId && item.SnapshotId <= range.ToSnapshotId).Sum(item => item.AddedRows);
                range.NewRows.ShouldBeLessThanOrEqualTo(rows);
                end = range.ToSnapshotId;
            }

            // Whatever is left over is less than the rule asks for.
            var rule = rules.Single(candidate => candidate.Name == group.Key.Rule);
            var left = log.Where(item => item.Table == $"raw.{group.Key.Product}" && item.SnapshotId > end).ToArray();
            if (rule.Inputs[0].When is NewRowsCondition limit) left.Sum(item => item.AddedRows).ShouldBeLessThan(limit.AtLeast);
            else TimeSpan.FromMicroseconds(left.Sum(item => item.AddedDurationUs)).ShouldBeLessThan(((NewDurationCondition)rule.Inputs[0].When).AtLeast);
        }

        requests.Select(request => request.Rule).Distinct().Count().ShouldBe(3);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(14)]
    public async Task Events_in_any_order_told_several_times_with_restarts_in_between_give_the_same_firings(int seed)
    {
        var random = new Random(seed);
        TriggerRule[] rules =
        [
            .. Read("""
                  - { name: rows, on: [frames, imu], when: { newRows: 100 }, job: { trainer: t } }
                  - { name: fleet, on: [frames], filter: "speed > 3", when: { all: { newRows: 50, newVehicles: 2 } }, job: { trainer: t } }
                  - { name: both, join: [frames, { product: imu, when: { newRows: 40 } }], when: { labels: { column: label, atLeast: { cut_in: 60 } } }, job: { trainer: t } }
                """),
        ];
        SnapshotCommitted[] log = [.. Enumerable.Range(1, 30).Select(sequence => Snapshot(sequence, random.Next(1, 60)))];
        var measurer = new FakeMeasurer();
        foreach (var snapshot in log) measurer.Rows(snapshot, random.Next(1, 40), [$"V{random.Next(3)}", $"V{random.Next(3)}"], cutIns: random.Next(0, 20));

        string[] expected;
        using (var fixture = new TriggerFixture(place))
        {
            var evaluator = fixture.Evaluator(measurer, null, rules);
            foreach (var snapshot in log) await evaluator.ApplyAsync(snapshot, TestContext.Current.CancellationToken);
            expected = [.. (await fixture.RequestsAsync()).Where(IsOfFrames).Select(request => request.TriggerId)];
        }

        expected.Length.ShouldBeGreaterThan(5);
        using var other = new TriggerFixture(place);
        var faults = new Faults(random, other) { Measurer = measurer };
        SnapshotCommitted[] told = [.. log.Concat(log.Where(_ => random.Next(2) == 0)).OrderBy(_ => random.Next())];
        var subject = faults.Evaluator(rules);
        foreach (var snapshot in told)
        {
            while (true)
            {
                try
                {
                    await subject.ApplyAsync(snapshot, TestContext.Current.CancellationToken);
                    if (random.Next(4) == 0) await subject.FireDueAsync(TestContext.Current.CancellationToken);
                    break;
                }
                catch (CrashException)
                {
                    other.Restart();
                    subject = faults.Evaluator(rules);
                }
            }
        }

        (await other.RequestsAsync()).Where(IsOfFrames).Select(request => request.TriggerId).ShouldBe(expected);

        // Products told one by one: of joins the order between tables decides, and imu is never told here.
        static bool IsOfFrames(JobRequested request) => request.Inputs.All(input => input.Product == "frames");
    }

    [Fact]
    public async Task Two_evaluators_at_once_fire_no_range_twice()
    {
        using var fixture = new TriggerFixture(place);
        var rule = Rule(rows: 20);
        TriggerEvaluator[] evaluators = [fixture.Evaluator(rule), fixture.Evaluator(rule), fixture.Evaluator(rule)];

        await Task.WhenAll(evaluators.Select(async evaluator =>
        {
            for (int sequence = 1; sequence <= 40; sequence++)
            {
                await evaluator.ApplyAsync(Snapshot(sequence, 10), TestContext.Current.CancellationToken);
                await evaluator.FireDueAsync(TestContext.Current.CancellationToken);
            }
        }));

        var ranges = (await fixture.RequestsAsync()).Select(request => (request.Inputs[0].FromSnapshotId, request.Inputs[0].ToSnapshotId)).ToArray();
        ranges.Length.ShouldBe(20);
        ranges.ShouldBe(Enumerable.Range(0, 20).Select(i => (i == 0 ? 0L : 1000L + 2 * i, 1002L + 2 * i)));
    }

    private sealed class CrashException : Exception;

    /// <summary>Fails inside the transaction, through what the evaluator asks for there: the product's table and the time.</summary>
    private sealed class Faults(Random random, TriggerFixture fixture)
    {
        private bool armed = true;

        public FakeMeasurer? Measurer { get; init; }

        public TriggerEvaluator Evaluator(TriggerRule[] rules) =>
            new(fixture.Database, () => rules, Resolve, NullLogger.Instance, new FaultyClock(this, fixture.Time), Measurer, null, null);

        public void Disarm() => armed = false;

        private TableIdentifier? Resolve(string product)
        {
            Maybe();
            return TableOf(product);
        }

        private void Maybe()
        {
            if (armed && random.Next(40) == 0) throw new CrashException();
        }

        private sealed class FaultyClock(Faults faults, ManualTimeProvider inner) : TimeProvider
        {
            public override DateTimeOffset GetUtcNow()
            {
                faults.Maybe();
                return inner.GetUtcNow();
            }
        }
    }
}
