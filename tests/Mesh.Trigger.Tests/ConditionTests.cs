using Mesh.Model;
using Mesh.Testing;
using static Mesh.Trigger.Tests.TriggerFixture;

namespace Mesh.Trigger.Tests;

/// <summary>What is counted beyond rows and recorded time, and how conditions go together.</summary>
public class ConditionTests : IDisposable
{
    private readonly TriggerFixture fixture;
    private readonly FakeMeasurer measurer = new();

    public ConditionTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected ConditionTests(TestDatabase place) => fixture = new TriggerFixture(place);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task A_vehicle_that_comes_again_is_one_vehicle_and_after_a_firing_all_count_anew()
    {
        var evaluator = fixture.Evaluator(measurer, null, Read("  - { name: r, on: [frames], when: { newVehicles: 3 }, job: { trainer: t } }"));
        await TellAsync(evaluator, 1, vehicles: ["V1", "V2"]);
        await TellAsync(evaluator, 2, vehicles: ["V2"]);
        (await fixture.RequestsAsync()).ShouldBeEmpty();
        (await evaluator.Ledger.ListDecisionsAsync(1, Stop))[0].Measured.ShouldBe([new ConditionProgress("frames", "newVehicles", "", 2, 3, false)]);
        await TellAsync(evaluator, 3, vehicles: ["V3"]);
        await TellAsync(evaluator, 4, vehicles: ["V1", "V2"]);
        await TellAsync(evaluator, 5, vehicles: ["V4"]);

        (await fixture.RequestsAsync()).Select(request => request.Inputs[0].ToSnapshotId).ShouldBe([1003, 1005]);
        (await fixture.RequestsAsync())[0].Reason.ShouldContain("3 of 3 vehicles");
    }

    [Fact]
    public async Task Every_quota_of_labels_has_to_be_filled()
    {
        var evaluator = fixture.Evaluator(measurer, null, Read("  - { name: r, on: [frames], when: { labels: { column: label, atLeast: { cut_in: 5, cut_out: 1 } } }, job: { trainer: t } }"));
        await TellAsync(evaluator, 1, cutIns: 50);
        (await fixture.RequestsAsync()).ShouldBeEmpty();

        var status = (await evaluator.ListAsync(Stop)).ShouldHaveSingleItem();
        (status.State, status.Percent).ShouldBe(("waiting", 0));
        status.Measured.ShouldBe([new ConditionProgress("frames", "labels", "label cut_in", 50, 5, true), new ConditionProgress("frames", "labels", "label cut_out", 0, 1, false)]);
    }

    [Fact]
    public async Task With_a_filter_only_matching_rows_count()
    {
        var evaluator = fixture.Evaluator(measurer, null, Read("  - { name: r, on: [frames], filter: speed > 3, when: { newRows: 10 }, job: { trainer: t } }"));
        await TellAsync(evaluator, 1, rows: 1000, fast: 4);
        await TellAsync(evaluator, 2, rows: 1000, fast: 5);
        (await evaluator.ListAsync(Stop)).ShouldHaveSingleItem().Percent.ShouldBe(90);
        await TellAsync(evaluator, 3, rows: 1000, fast: 1);

        var request = (await fixture.RequestsAsync()).ShouldHaveSingleItem();
        request.Reason.ShouldContain("10 of 10 new rows");
        (request.Inputs[0].NewRows, request.Inputs[0].Filter).ShouldBe((3000, "speed > 3"));
    }

    [Fact]
    public async Task All_of_needs_every_part_and_any_of_the_first()
    {
        var evaluator = fixture.Evaluator(measurer, null, Read("""
              - { name: all, on: [frames], when: { all: { newRows: 100, newVehicles: 2 } }, job: { trainer: t } }
              - { name: any, on: [frames], when: { newRows: 100, newVehicles: 2 }, job: { trainer: t } }
            """));
        await TellAsync(evaluator, 1, rows: 10, vehicles: ["V1", "V2"]);
        (await fixture.RequestsAsync()).Select(request => request.Rule).ShouldBe(["any"]);
        await TellAsync(evaluator, 2, rows: 90, vehicles: ["V1"]);

        (await fixture.RequestsAsync()).Select(request => request.Rule).ShouldBe(["any", "all"]);
    }

    [Fact]
    public async Task A_join_fires_once_for_all_products_when_each_has_enough_with_the_range_of_each()
    {
        var evaluator = fixture.Evaluator(measurer, null, Read("  - { name: r, join: [frames, { product: imu, when: { newRows: 50 } }], when: { newRows: 100 }, job: { trainer: t } }"));
        await evaluator.ApplyAsync(Snapshot(1, 100), Stop);
        await evaluator.ApplyAsync(Snapshot(1, 20, product: "imu"), Stop);
        (await evaluator.ListAsync(Stop)).ShouldHaveSingleItem().Percent.ShouldBe(40);
        await evaluator.ApplyAsync(Snapshot(2, 5), Stop);
        (await fixture.RequestsAsync()).ShouldBeEmpty();
        await evaluator.ApplyAsync(Snapshot(2, 30, product: "imu"), Stop);

        var request = (await fixture.RequestsAsync()).ShouldHaveSingleItem();
        request.Inputs.Select(input => (input.Product, input.FromSnapshotId, input.ToSnapshotId, input.NewRows)).ShouldBe([("frames", 0, 1002, 105), ("imu", 0, 1002, 50)]);
        var firings = await evaluator.Ledger.ListFiringsAsync(10, Stop);
        firings.Count.ShouldBe(2);
        firings.ShouldAllBe(firing => firing.TriggerId == request.TriggerId);

        await evaluator.ApplyAsync(Snapshot(3, 100), Stop);
        (await fixture.RequestsAsync()).Count.ShouldBe(1);
        await evaluator.ApplyAsync(Snapshot(3, 50, product: "imu"), Stop);
        (await fixture.RequestsAsync())[1].Inputs.Select(input => input.FromSnapshotId).ShouldBe([1002, 1002]);
        (await evaluator.Ledger.ListDecisionsAsync("r", 1, Stop))[0].Product.ShouldBe("frames + imu");
    }

    [Fact]
    public async Task Drift_is_held_against_the_rows_of_the_last_firing_that_led_to_a_registered_model()
    {
        var jobs = new FakeJobs();
        var evaluator = fixture.Evaluator(measurer, jobs, Read("  - { name: r, on: [frames], when: { all: { newRows: 4, drift: { column: speed, measure: ks, above: 0.4 } } }, job: { trainer: t } }"));

        // There is nothing to compare with, so the rows alone decide.
        await DriveAsync(evaluator, 1, 1, 2, 3, 4);
        jobs.End((await fixture.RequestsAsync()).ShouldHaveSingleItem().TriggerId, hasModel: true);
        await DriveAsync(evaluator, 2, 1, 2, 3, 4);
        (await evaluator.Ledger.ListDecisionsAsync(1, Stop))[0].Measured[1].ShouldBe(new ConditionProgress("frames", "drift", "KS of speed", 0, 0.4, false));
        await DriveAsync(evaluator, 3, 10, 20, 30, 40, 50, 60);
        (await fixture.RequestsAsync()).Count.ShouldBe(2);
        (await fixture.RequestsAsync())[1].Reason.ShouldContain("KS of speed 0.6, above 0.4");

        // That job's model was rejected: the next rows are held against the first firing's still, from which they do not differ.
        jobs.End((await fixture.RequestsAsync())[1].TriggerId, hasModel: false);
        await DriveAsync(evaluator, 4, 1, 2, 3, 4);

        (await fixture.RequestsAsync()).Count.ShouldBe(2);
        (await evaluator.Ledger.ListDecisionsAsync(1, Stop))[0].Measured[1].Value.ShouldBe(0);
    }

    [Fact]
    public async Task A_measure_is_taken_once_for_all_rules_and_not_again_after_a_restart()
    {
        var rules = Read("""
              - { name: a, on: [frames], when: { newVehicles: 30 }, job: { trainer: t } }
              - { name: b, on: [frames], when: { all: { newVehicles: 20, newRows: 5 } }, job: { trainer: t } }
              - { name: c, on: [frames], filter: speed > 3, when: { newVehicles: 20, newRows: 500 }, job: { trainer: t } }
            """);
        await TellAsync(fixture.Evaluator(measurer, null, rules), 1);
        fixture.Restart();
        await TellAsync(fixture.Evaluator(measurer, null, rules), 1);
        await TellAsync(fixture.Evaluator(measurer, null, rules), 2);

        measurer.Asked.ShouldBe(
        [
            ("raw.frames", 0, 1001, "values|vehicle_id|"), ("raw.frames", 0, 1001, "rows||speed > 3 values|vehicle_id|speed > 3"),
            ("raw.frames", 1001, 1002, "values|vehicle_id|"), ("raw.frames", 1001, 1002, "rows||speed > 3 values|vehicle_id|speed > 3"),
        ], ignoreOrder: true);
    }

    [Fact]
    public async Task A_rule_that_comes_later_measures_what_was_there_before_it()
    {
        await TellAsync(fixture.Evaluator(measurer, null, Rule(rows: 1_000_000)), 1, vehicles: ["V1"]);
        await TellAsync(fixture.Evaluator(measurer, null, Rule(rows: 1_000_000)), 2, vehicles: ["V2"]);

        var evaluator = fixture.Evaluator(measurer, null, Read("  - { name: late, on: [frames], when: { newVehicles: 2 }, job: { trainer: t } }"));
        await evaluator.FireDueAsync(Stop);

        (await fixture.RequestsAsync()).ShouldHaveSingleItem().Inputs[0].ToSnapshotId.ShouldBe(1002);
    }

    [Fact]
    public async Task A_rule_changed_after_it_fired_measures_from_where_it_fired_and_one_that_counts_from_earlier_the_rest()
    {
        await TellAsync(fixture.Evaluator(measurer, null, Rule("r", rows: 10)), 1, vehicles: ["V1"]);
        await TellAsync(fixture.Evaluator(measurer, null, Rule("r", rows: 10)), 2, rows: 1, vehicles: ["V2"]);
        (await fixture.RequestsAsync()).Count.ShouldBe(1);

        var changed = Read("  - { name: r, on: [frames], when: { newVehicles: 5 }, job: { trainer: t } }");
        await fixture.Evaluator(measurer, null, changed).FireDueAsync(Stop);
        var both = fixture.Evaluator(measurer, null, [.. changed, .. Read("  - { name: s, on: [frames], when: { newVehicles: 5 }, job: { trainer: t } }")]);
        await both.FireDueAsync(Stop);

        measurer.Asked.Select(asked => (asked.After, asked.To)).ShouldBe([(1001, 1002), (0, 1001)]);
        (await both.ListAsync(Stop)).Select(status => (status.Rule, status.Measured[0].Value)).ShouldBe([("r", 1), ("s", 2)]);
    }

    [Fact]
    public async Task Rows_that_cannot_be_read_any_more_are_said_to_be_missing_and_hold_nothing_up()
    {
        measurer.Fails = (after, _) => after == 0 ? new MeshException("MESH8105", "Snapshot 1000 has expired.") : null;
        var evaluator = fixture.Evaluator(measurer, null, Read("  - { name: r, on: [frames], when: { newVehicles: 2 }, job: { trainer: t } }"));
        await TellAsync(evaluator, 1, vehicles: ["V1"]);
        (await evaluator.Ledger.ListDecisionsAsync(1, Stop))[0].Reason.ShouldContain("0 of 2 vehicles (Snapshot 1000 has expired)");
        await TellAsync(evaluator, 2, vehicles: ["V2"]);
        await TellAsync(evaluator, 3, vehicles: ["V3"]);

        (await fixture.RequestsAsync()).ShouldHaveSingleItem().Inputs[0].ToSnapshotId.ShouldBe(1003);
    }

    [Fact]
    public async Task While_the_storage_does_not_answer_a_snapshot_is_neither_counted_nor_lost()
    {
        measurer.Fails = (_, _) => new MeshException("MESH8003", "The storage does not answer.", isTransient: true);
        var evaluator = fixture.Evaluator(measurer, null, Read("  - { name: r, on: [frames], when: { newVehicles: 1 }, job: { trainer: t } }"));
        await Should.ThrowAsync<MeshException>(() => TellAsync(evaluator, 1, vehicles: ["V1"]));
        (await evaluator.Ledger.ListDecisionsAsync(1, Stop)).ShouldBeEmpty();

        measurer.Fails = (_, _) => null;
        await TellAsync(evaluator, 1, vehicles: ["V1"]);

        (await fixture.RequestsAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_no_rule_needs_any_more_of_the_measures_is_dropped_and_the_rest_counts_on()
    {
        var rules = Read("  - { name: r, on: [frames], when: { newVehicles: 2 }, job: { trainer: t } }");
        var evaluator = fixture.Evaluator(measurer, null, rules);
        await TellAsync(evaluator, 1, vehicles: ["V1"]);
        await TellAsync(evaluator, 2, vehicles: ["V2"]);
        await TellAsync(evaluator, 3, vehicles: ["V3"]);
        (await evaluator.PlanAsync(Read("  - { name: s, on: [frames], when: { labels: { column: label, atLeast: { cut_in: 9 } } }, job: { trainer: t } }"), TableOf, Stop)).Count.ShouldBe(1);
        (await CountAsync("trigger_measures")).ShouldBe(2);

        await evaluator.FireDueAsync(Stop);

        (await CountAsync("trigger_values")).ShouldBe(1);
        (await CountAsync("trigger_measures")).ShouldBe(1);
        await TellAsync(evaluator, 4, vehicles: ["V1"]);
        (await fixture.RequestsAsync()).Select(request => request.Inputs[0].ToSnapshotId).ShouldBe([1002, 1004]);

        Task<long> CountAsync(string table) => fixture.Database.ReadAsync(session => session.ScalarAsync<long>($"SELECT COUNT(*) FROM {table}"), Stop).AsTask();
    }

    [Fact]
    public async Task A_plan_says_what_a_file_would_fire_now_and_fires_nothing()
    {
        var evaluator = fixture.Evaluator(measurer, null, Rule(rows: 100));
        await TellAsync(evaluator, 1, rows: 60, vehicles: ["V1", "V2"]);

        var planned = await evaluator.PlanAsync(
            Read("""
                  - { name: retrain, on: [frames], when: { newRows: 50 }, job: { trainer: t } }
                  - { name: other, on: [frames], when: { newVehicles: 4 }, job: { trainer: t } }
                  - { name: third, on: [nowhere], when: { newVehicles: 4 }, job: { trainer: t } }
                """),
            TableOf, Stop);

        planned.Select(status => (status.Rule, status.State, status.Percent)).ShouldBe([("other", "waiting", 50), ("retrain", "ready", 100), ("third", "unknown", 0)]);
        (await fixture.RequestsAsync()).ShouldBeEmpty();
        (await evaluator.ListAsync(Stop)).ShouldHaveSingleItem().Percent.ShouldBe(60);
    }

    private async Task TellAsync(TriggerEvaluator evaluator, long sequence, long rows = 10, long fast = 0, string[]? vehicles = null, long cutIns = 0)
    {
        var snapshot = Snapshot(sequence, rows, totalRows: sequence * rows);
        if (!told.Contains(sequence)) measurer.Rows(snapshot, fast, vehicles ?? [], cutIns);
        told.Add(sequence);
        await evaluator.ApplyAsync(snapshot, Stop);
    }

    private async Task DriveAsync(TriggerEvaluator evaluator, long sequence, params double[] speeds)
    {
        var snapshot = Snapshot(sequence, speeds.Length, totalRows: 1);
        measurer.Distribution(snapshot, "speed", speeds);
        await evaluator.ApplyAsync(snapshot, Stop);
    }

    private readonly HashSet<long> told = [];
}
