using Mesh.Model;
using Mesh.Testing;
using static Mesh.Trigger.Tests.TriggerFixture;

namespace Mesh.Trigger.Tests;

/// <summary>What holds a rule back that is due.</summary>
public class HoldTests : IDisposable
{
    private readonly TriggerFixture fixture;

    public HoldTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected HoldTests(TestDatabase place) => fixture = new TriggerFixture(place);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task While_a_job_runs_one_firing_waits_and_takes_along_what_comes_until_the_job_has_ended()
    {
        var jobs = new FakeJobs();
        var evaluator = fixture.Evaluator(jobs, Rule(rows: 10));
        await evaluator.ApplyAsync(Snapshot(1, 10), Stop);
        string first = (await fixture.RequestsAsync())[0].TriggerId;

        (await evaluator.ApplyAsync(Snapshot(2, 10), Stop)).ShouldBeTrue();
        var decision = (await evaluator.Ledger.ListDecisionsAsync(1, Stop))[0];
        decision.Outcome.ShouldBe("pending");
        decision.Reason.ShouldContain("has not been taken yet");
        decision.NextAt.ShouldBeNull();
        jobs.Begin(first);
        await evaluator.ApplyAsync(Snapshot(3, 10), Stop);
        (await evaluator.Ledger.ListDecisionsAsync(1, Stop))[0].Reason.ShouldContain("its job job-1 has not ended");
        (await fixture.RequestsAsync()).Count.ShouldBe(1);

        jobs.End(first);
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        await evaluator.FireDueAsync(Stop);

        (await fixture.RequestsAsync()).Select(request => (request.Inputs[0].FromSnapshotId, request.Inputs[0].ToSnapshotId, request.Inputs[0].NewRows))
            .ShouldBe([(0, 1001, 10), (1001, 1003, 20)]);
    }

    [Fact]
    public async Task Of_the_products_of_a_rule_one_has_a_job_at_a_time_also_after_a_restart()
    {
        var jobs = new FakeJobs();
        var rule = Rule(rows: 10, products: ["frames", "imu"]);
        var evaluator = fixture.Evaluator(jobs, rule);
        await evaluator.ApplyAsync(Snapshot(1, 10), Stop);
        await evaluator.ApplyAsync(Snapshot(1, 10, product: "imu"), Stop);

        fixture.Restart();
        evaluator = fixture.Evaluator(jobs, rule);
        await evaluator.FireDueAsync(Stop);
        (await fixture.RequestsAsync()).Count.ShouldBe(1);
        jobs.End((await fixture.RequestsAsync())[0].TriggerId, hasModel: false);
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        await evaluator.FireDueAsync(Stop);

        (await fixture.RequestsAsync()).Select(request => request.Inputs[0].Product).ShouldBe(["frames", "imu"]);
    }

    [Fact]
    public async Task A_request_that_nobody_takes_for_a_day_does_not_hold_the_rule_for_ever()
    {
        var evaluator = fixture.Evaluator(new FakeJobs(), Rule(rows: 10));
        await evaluator.ApplyAsync(Snapshot(1, 10), Stop);
        await evaluator.ApplyAsync(Snapshot(2, 10), Stop);

        fixture.Time.Advance(TimeSpan.FromDays(1));
        await evaluator.FireDueAsync(Stop);

        (await fixture.RequestsAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_debounced_rule_fires_once_no_new_rows_have_come_for_a_while_but_waits_no_longer_than_it_may()
    {
        var evaluator = fixture.Evaluator(Rule(rows: 10) with { Debounce = new TriggerDebounce(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(25)) });
        await evaluator.ApplyAsync(Snapshot(1, 10), Stop);
        (await evaluator.FireDueAsync(Stop)).ShouldBe(fixture.Time.GetUtcNow() + TimeSpan.FromMinutes(10));
        fixture.Time.Advance(TimeSpan.FromMinutes(10));
        await evaluator.FireDueAsync(Stop);
        (await fixture.RequestsAsync()).Count.ShouldBe(1);

        for (int sequence = 2; sequence <= 7; sequence++)
        {
            await evaluator.ApplyAsync(Snapshot(sequence, 10), Stop);
            await evaluator.FireDueAsync(Stop);
            fixture.Time.Advance(TimeSpan.FromMinutes(5));
        }

        // Due at the second snapshot, so at most 25 minutes later: when the seventh comes.
        (await fixture.RequestsAsync()).Select(request => request.Inputs[0].ToSnapshotId).ShouldBe([1001, 1007]);
        (await evaluator.Ledger.ListDecisionsAsync("retrain", 100, Stop)).Select(decision => decision.Outcome)
            .ShouldBe(["fired", "debounce", "debounce", "debounce", "debounce", "debounce", "fired", "debounce"]);
    }

    [Fact]
    public async Task A_rule_with_a_window_fires_when_it_opens()
    {
        // It is noon in UTC on a Sunday, 13:00 in Berlin.
        var rule = Rule(rows: 10) with { Schedule = new TriggerSchedule([DayOfWeek.Monday], new TimeOnly(22, 0), new TimeOnly(6, 0), TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")) };
        var evaluator = fixture.Evaluator(rule);
        await evaluator.ApplyAsync(Snapshot(1, 10), Stop);

        var opens = new DateTimeOffset(2026, 11, 23, 21, 0, 0, TimeSpan.Zero);
        (await evaluator.FireDueAsync(Stop)).ShouldBe(opens);
        var decision = (await evaluator.Ledger.ListDecisionsAsync(1, Stop))[0];
        (decision.Outcome, decision.NextAt).ShouldBe(("schedule", opens));
        decision.Reason.ShouldContain("2026-11-23 21:00:00Z");
        fixture.Time.Advance(opens - fixture.Time.GetUtcNow());
        await evaluator.FireDueAsync(Stop);

        (await fixture.RequestsAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_rule_out_of_budget_says_when_it_will_fire_again()
    {
        var start = fixture.Time.GetUtcNow();
        var evaluator = fixture.Evaluator(Rule(rows: 10) with { Budget = new TriggerBudget(2, null, TimeSpan.FromDays(7)) });
        await evaluator.ApplyAsync(Snapshot(1, 10), Stop);
        fixture.Time.Advance(TimeSpan.FromDays(1));
        await evaluator.ApplyAsync(Snapshot(2, 10), Stop);
        fixture.Time.Advance(TimeSpan.FromDays(1));
        await evaluator.ApplyAsync(Snapshot(3, 10), Stop);

        var decision = (await evaluator.Ledger.ListDecisionsAsync(1, Stop))[0];
        (decision.Outcome, decision.NextAt).ShouldBe(("budget", start + TimeSpan.FromDays(7)));
        decision.Reason.ShouldContain("2 of 2 jobs");
        fixture.Time.Advance(TimeSpan.FromDays(5));
        await evaluator.FireDueAsync(Stop);
        (await fixture.RequestsAsync()).Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_budget_of_hours_counts_how_long_the_jobs_ran()
    {
        var start = fixture.Time.GetUtcNow();
        var jobs = new FakeJobs();
        var evaluator = fixture.Evaluator(jobs, Rule(rows: 10) with { Budget = new TriggerBudget(null, 3, TimeSpan.FromDays(1)) });
        for (int sequence = 1; sequence <= 3; sequence++)
        {
            await evaluator.ApplyAsync(Snapshot(sequence, 10), Stop);
            if (await fixture.RequestsAsync() is { Count: > 0 } requests) jobs.End(requests[^1].TriggerId, ran: TimeSpan.FromHours(2));
            fixture.Time.Advance(TimeSpan.FromHours(3));
        }

        (await fixture.RequestsAsync()).Count.ShouldBe(2);
        var decision = (await evaluator.Ledger.ListDecisionsAsync(1, Stop))[0];
        (decision.Outcome, decision.NextAt).ShouldBe(("budget", start + TimeSpan.FromDays(1)));
        decision.Reason.ShouldContain("4 of 3 hours");
    }

    [Fact]
    public async Task A_rule_fires_by_hand_with_a_reason_for_what_is_new_and_not_while_its_job_runs()
    {
        var jobs = new FakeJobs();
        var evaluator = fixture.Evaluator(jobs, Rule(rows: 1000, cooldown: TimeSpan.FromHours(1)));
        await evaluator.ApplyAsync(Snapshot(1, 10), Stop);

        var fired = await evaluator.FireByHandAsync("retrain", " labels were corrected ", Stop);

        (fired.ShouldHaveSingleItem().ToSnapshotId, fired[0].NewRows).ShouldBe((1001, 10));
        (await fixture.RequestsAsync()).ShouldHaveSingleItem().Reason.ShouldStartWith("by hand: labels were corrected (10 of 1,000 new rows");
        (await evaluator.Ledger.ListDecisionsAsync(1, Stop))[0].Outcome.ShouldBe("fired");
        (await FireAsync("retrain", "again")).ShouldBe("MESH6012");
        jobs.End(fired[0].TriggerId);
        (await FireAsync("retrain", "again")).ShouldBe("MESH6011");
        (await FireAsync("retrai", "again")).ShouldBe("MESH6010");
        (await FireAsync("retrain", " ")).ShouldBe("MESH6013");
        await evaluator.ApplyAsync(Snapshot(2, 10), Stop);
        (await evaluator.FireByHandAsync("retrain", "again", Stop)).ShouldHaveSingleItem().FromSnapshotId.ShouldBe(1001);

        async Task<string> FireAsync(string rule, string reason) =>
            (await Should.ThrowAsync<MeshException>(async () => await evaluator.FireByHandAsync(rule, reason, Stop))).Code;
    }

    [Fact]
    public async Task Decisions_are_dropped_after_a_while_and_firings_stay()
    {
        var evaluator = fixture.Evaluator(Rule(rows: 10));
        await evaluator.ApplyAsync(Snapshot(1, 10), Stop);
        await evaluator.FireDueAsync(Stop);
        fixture.Time.Advance(TimeSpan.FromDays(91));

        await evaluator.FireDueAsync(Stop);

        (await evaluator.Ledger.ListDecisionsAsync(10, Stop)).ShouldBeEmpty();
        (await evaluator.Ledger.ListFiringsAsync(10, Stop)).Count.ShouldBe(1);
    }
}
