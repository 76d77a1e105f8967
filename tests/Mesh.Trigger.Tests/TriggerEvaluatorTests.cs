using Mesh.Kafka.Events;
using Mesh.Testing;
using static Mesh.Trigger.Tests.TriggerFixture;

namespace Mesh.Trigger.Tests;

public class TriggerEvaluatorTests : IDisposable
{
    private readonly TriggerFixture fixture;

    public TriggerEvaluatorTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected TriggerEvaluatorTests(TestDatabase place) => fixture = new TriggerFixture(place);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task A_rule_fires_when_the_rows_since_the_beginning_reach_its_limit_and_says_everything_the_job_needs()
    {
        var evaluator = fixture.Evaluator(Rule(rows: 100));

        await evaluator.ApplyAsync(Snapshot(1, 60), Stop);
        (await fixture.RequestsAsync()).ShouldBeEmpty();
        await evaluator.ApplyAsync(Snapshot(2, 40), Stop);

        var request = (await fixture.RequestsAsync()).ShouldHaveSingleItem();
        request.TriggerId.ShouldBe(TriggerId.Compute("retrain", "h", [Range("frames", "raw.frames", 0, 1002)]));
        request.Rule.ShouldBe("retrain");
        request.Topology.ShouldBe("fleet-ingest");
        request.TopologyVersion.ShouldBe("abc");
        request.Trainer.ShouldBe("builtin/manoeuvre");
        request.Pool.ShouldBe("cpu");
        request.Model.ShouldBe("manoeuvre");
        request.Hyperparameters["epochs"].ShouldBe("5");
        request.GatesJson.ShouldContain("0.8");
        request.RequestedAtUs.ShouldBe(fixture.Time.GetUtcNow().ToUnixTimeMilliseconds() * 1000);
        request.Reason.ShouldContain("100 of 100 new rows");
        request.Inputs.ShouldHaveSingleItem().ShouldBe(new ProductRange { Product = "frames", Table = "raw.frames", FromSnapshotId = 0, ToSnapshotId = 1002, NewRows = 100 });
    }

    [Fact]
    public async Task The_next_range_begins_where_the_last_one_ended()
    {
        var evaluator = fixture.Evaluator(Rule(rows: 100));
        for (int sequence = 1; sequence <= 5; sequence++) await evaluator.ApplyAsync(Snapshot(sequence, 50), Stop);

        var ranges = (await fixture.RequestsAsync()).Select(request => (request.Inputs[0].FromSnapshotId, request.Inputs[0].ToSnapshotId));

        ranges.ShouldBe([(0L, 1002L), (1002L, 1004L)]);
    }

    [Fact]
    public async Task Whichever_of_rows_and_duration_comes_first_decides()
    {
        var evaluator = fixture.Evaluator(Rule(rows: 1000, duration: TimeSpan.FromMinutes(1)));

        await evaluator.ApplyAsync(Snapshot(1, rows: 10, seconds: 59), Stop);
        await evaluator.ApplyAsync(Snapshot(2, rows: 10, seconds: 1), Stop);
        await evaluator.ApplyAsync(Snapshot(3, rows: 1000, seconds: 1), Stop);

        (await fixture.RequestsAsync()).Select(request => request.Inputs[0].ToSnapshotId).ShouldBe([1002, 1003]);
    }

    [Fact]
    public async Task A_redelivered_event_changes_nothing_even_after_a_restart()
    {
        await fixture.Evaluator(Rule(rows: 100)).ApplyAsync(Snapshot(1, 60), Stop);
        fixture.Restart();
        var evaluator = fixture.Evaluator(Rule(rows: 100));
        await evaluator.ApplyAsync(Snapshot(1, 60), Stop);
        (await fixture.RequestsAsync()).ShouldBeEmpty();

        await evaluator.ApplyAsync(Snapshot(2, 60), Stop);
        await evaluator.ApplyAsync(Snapshot(2, 60), Stop);
        await evaluator.ApplyAsync(Snapshot(1, 60), Stop);

        (await fixture.RequestsAsync()).ShouldHaveSingleItem();
        (await evaluator.Ledger.ListDecisionsAsync(10, Stop)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_snapshot_waits_for_the_one_before_it_so_that_the_order_of_events_makes_no_difference()
    {
        var evaluator = fixture.Evaluator(Rule(rows: 100));
        await evaluator.ApplyAsync(Snapshot(1, 60), Stop);
        (await evaluator.ApplyAsync(Snapshot(3, 60), Stop)).ShouldBeTrue();
        (await fixture.RequestsAsync()).ShouldBeEmpty();

        await evaluator.ApplyAsync(Snapshot(2, 60), Stop);
        await evaluator.ApplyAsync(Snapshot(4, 60), Stop);

        (await fixture.RequestsAsync()).Select(request => request.Inputs[0].ToSnapshotId).ShouldBe([1002, 1004]);
    }

    [Fact]
    public async Task A_snapshot_whose_predecessor_is_never_told_counts_after_a_minute_and_one_that_comes_later_still_is_covered()
    {
        var evaluator = fixture.Evaluator(Rule(rows: 100));
        await evaluator.ApplyAsync(Snapshot(1, 60), Stop);
        await evaluator.ApplyAsync(Snapshot(3, 60), Stop);
        (await evaluator.FireDueAsync(Stop)).ShouldBe(fixture.Time.GetUtcNow() + TimeSpan.FromMinutes(1));

        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        await evaluator.FireDueAsync(Stop);
        (await fixture.RequestsAsync()).ShouldHaveSingleItem().Inputs[0].ToSnapshotId.ShouldBe(1003);
        await evaluator.ApplyAsync(Snapshot(2, 99), Stop);

        (await fixture.RequestsAsync()).Count.ShouldBe(1);
        (await evaluator.Ledger.ListDecisionsAsync(1, Stop))[0].Outcome.ShouldBe("covered");
    }

    [Fact]
    public async Task A_table_that_was_dropped_and_made_anew_under_the_same_name_begins_anew()
    {
        var evaluator = fixture.Evaluator(Rule(rows: 100));
        var (old, made) = (Guid.NewGuid().ToString(), Guid.NewGuid().ToString());
        await evaluator.ApplyAsync(Of(old, Snapshot(1, 100)), Stop);
        await evaluator.ApplyAsync(Of(old, Snapshot(2, 10)), Stop);

        await evaluator.ApplyAsync(Of(made, Snapshot(1, 60)), Stop);
        await evaluator.ApplyAsync(Of(old, Snapshot(2, 10)), Stop);
        await evaluator.ApplyAsync(Of(made, Snapshot(2, 60)), Stop);

        (await fixture.RequestsAsync()).Select(request => (request.Inputs[0].FromSnapshotId, request.Inputs[0].ToSnapshotId, request.Inputs[0].NewRows))
            .ShouldBe([(0, 1001, 100), (0, 1002, 120)]);

        static SnapshotCommitted Of(string uuid, SnapshotCommitted snapshot)
        {
            snapshot.TableUuid = uuid;
            return snapshot;
        }
    }

    [Fact]
    public async Task What_was_noted_before_events_told_the_tables_identity_goes_on_under_it()
    {
        var evaluator = fixture.Evaluator(Rule(rows: 100));
        await evaluator.ApplyAsync(Snapshot(1, 100), Stop);
        await evaluator.ApplyAsync(Snapshot(2, 50), Stop);

        var told = Snapshot(3, 50);
        told.TableUuid = Guid.NewGuid().ToString();
        await evaluator.ApplyAsync(told, Stop);

        (await fixture.RequestsAsync()).Select(request => (request.Inputs[0].FromSnapshotId, request.Inputs[0].ToSnapshotId)).ShouldBe([(0L, 1001L), (1001L, 1003L)]);
    }

    [Fact]
    public async Task A_cooldown_holds_a_due_rule_back_and_it_fires_when_that_ends_without_a_new_event()
    {
        var rule = Rule(rows: 10, cooldown: TimeSpan.FromMinutes(10));
        var evaluator = fixture.Evaluator(rule);
        (await evaluator.ApplyAsync(Snapshot(1, 10), Stop)).ShouldBeFalse();
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        (await evaluator.ApplyAsync(Snapshot(2, 10), Stop)).ShouldBeTrue();
        await evaluator.ApplyAsync(Snapshot(3, 10), Stop);
        (await fixture.RequestsAsync()).Count.ShouldBe(1);

        fixture.Restart();
        evaluator = fixture.Evaluator(rule);
        var due = await evaluator.FireDueAsync(Stop);
        due.ShouldBe(fixture.Time.GetUtcNow() + TimeSpan.FromMinutes(9));
        fixture.Time.Advance(TimeSpan.FromMinutes(9));
        (await evaluator.FireDueAsync(Stop)).ShouldBeNull();

        var ranges = (await fixture.RequestsAsync()).Select(request => (request.Inputs[0].FromSnapshotId, request.Inputs[0].ToSnapshotId, request.Inputs[0].NewRows));
        ranges.ShouldBe([(0L, 1001L, 10L), (1001L, 1003L, 20L)]);
        var decisions = await evaluator.Ledger.ListDecisionsAsync(10, Stop);
        decisions.Reverse().Select(decision => decision.Outcome).ShouldBe(["fired", "cooldown", "cooldown", "fired"]);
        decisions[1].Reason.ShouldContain("2026-11-22 12:10:00Z");
    }

    [Fact]
    public async Task The_cooldown_holds_for_the_rule_and_each_product_fires_on_its_own()
    {
        var evaluator = fixture.Evaluator(Rule(rows: 10, cooldown: TimeSpan.FromMinutes(10), products: ["frames", "imu"]));
        await evaluator.ApplyAsync(Snapshot(1, 10), Stop);
        await evaluator.ApplyAsync(Snapshot(1, 10, product: "imu"), Stop);
        (await fixture.RequestsAsync()).Select(request => request.Inputs[0].Product).ShouldBe(["frames"]);

        fixture.Time.Advance(TimeSpan.FromMinutes(10));
        await evaluator.FireDueAsync(Stop);

        (await fixture.RequestsAsync()).Select(request => request.Inputs[0].Product).ShouldBe(["frames", "imu"]);
    }

    [Fact]
    public async Task A_rule_that_is_new_to_a_table_counts_from_the_tables_beginning()
    {
        var first = fixture.Evaluator(Rule(rows: 1_000_000));
        for (int sequence = 1; sequence <= 3; sequence++) await first.ApplyAsync(Snapshot(sequence, 50), Stop);

        var evaluator = fixture.Evaluator(Rule(rows: 1_000_000), Rule("late", rows: 150));
        await evaluator.FireDueAsync(Stop);

        var request = (await fixture.RequestsAsync()).ShouldHaveSingleItem();
        (request.Rule, request.Inputs[0].FromSnapshotId, request.Inputs[0].ToSnapshotId, request.Inputs[0].NewRows).ShouldBe(("late", 0, 1003, 150));
    }

    [Fact]
    public async Task Rows_from_before_the_first_event_seen_count_for_a_rule_that_never_fired()
    {
        var evaluator = fixture.Evaluator(Rule(rows: 100));

        await evaluator.ApplyAsync(Snapshot(7, rows: 5, totalRows: 105), Stop);
        await evaluator.ApplyAsync(Snapshot(8, rows: 5, totalRows: 110), Stop);
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        await evaluator.FireDueAsync(Stop);

        (await fixture.RequestsAsync()).ShouldHaveSingleItem().Inputs[0].NewRows.ShouldBe(105);
    }

    [Fact]
    public async Task What_an_older_program_noted_and_fired_goes_on()
    {
        fixture.Database.Migrate("trigger", TriggerSchema.Scripts[..1]);
        await fixture.Database.WriteAsync(
            async transaction =>
            {
                await transaction.ExecuteAsync("INSERT INTO trigger_snapshots VALUES ('raw.frames', 1, 1001, 100, 0, 100), ('raw.frames', 2, 1002, 60, 0, 160)");
                await transaction.ExecuteAsync("INSERT INTO trigger_firings VALUES ('t1', 'retrain', 'frames', 'raw.frames', 0, 1001, 1, 100, 0, 'enough', 5)");
                await transaction.ExecuteAsync("INSERT INTO trigger_decisions (rule, product, snapshot_id, outcome, reason, trigger_id, decided_at_us) VALUES ('retrain', 'frames', 1001, 'fired', 'enough', 't1', 5)");
            },
            Stop);
        fixture.Restart();

        var evaluator = fixture.Evaluator(Rule(rows: 100));
        await evaluator.ApplyAsync(Snapshot(3, 40), Stop);

        var input = (await fixture.RequestsAsync()).ShouldHaveSingleItem().Inputs[0];
        (input.FromSnapshotId, input.ToSnapshotId, input.NewRows).ShouldBe((1001, 1003, 100));
        (await evaluator.Ledger.ListFiringsAsync(10, Stop)).Select(firing => firing.TriggerId).Last().ShouldBe("t1");
        (await evaluator.Ledger.ListDecisionsAsync("retrain", 10, Stop)).Select(decision => decision.Outcome).ShouldBe(["fired", "fired"]);
    }

    [Theory]
    [InlineData("replace")]
    [InlineData("delete")]
    public async Task Compaction_and_deletion_bring_no_new_rows(string operation)
    {
        var evaluator = fixture.Evaluator(Rule(rows: 100));
        await evaluator.ApplyAsync(Snapshot(1, 60), Stop);
        await evaluator.ApplyAsync(Snapshot(2, 60, operation: operation), Stop);

        (await fixture.RequestsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_product_that_no_table_holds_yet_does_not_disturb_the_others()
    {
        var evaluator = fixture.Evaluator(Rule("future", rows: 1, products: ["not.there"]), Rule(rows: 10));
        evaluator.ReportUnknownProducts();

        await evaluator.ApplyAsync(Snapshot(1, 10), Stop);
        await evaluator.FireDueAsync(Stop);

        (await fixture.RequestsAsync()).ShouldHaveSingleItem().Rule.ShouldBe("retrain");
    }

    [Fact]
    public void The_trigger_id_is_the_documented_hash()
    {
        byte[] expected = [.. Field("r"), .. Field("h"), .. Field("a"), .. Field("u1"), .. Field("0"), .. Field("7"), .. Field("p"), .. Field("u2"), .. Field("1"), .. Field("-5")];

        TriggerId.Compute("r", "h", [Range("p", "u2", 1, -5), Range("a", "u1", 0, 7)]).ShouldBe(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(expected)));

        static byte[] Field(string text) => [0, 0, 0, (byte)text.Length, .. System.Text.Encoding.UTF8.GetBytes(text)];
    }

    private static TriggerRange Range(string product, string uuid, long from, long to) =>
        new() { Product = product, Table = "raw.x", TableUuid = uuid, FromSnapshotId = from, ToSnapshotId = to };
}
