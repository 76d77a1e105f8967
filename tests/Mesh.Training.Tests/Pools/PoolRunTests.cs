using Mesh.Kafka.Events;
using Mesh.Testing;
using Mesh.Training.Jobs;
using Mesh.Training.Pools;
using static Mesh.Training.Tests.RunnerFixture;

namespace Mesh.Training.Tests.Pools;

/// <summary>Pools, budgets, limits and pre-emption with trainers that really run.</summary>
public class PoolRunTests : IDisposable
{
    /// <summary>Counts to ten, a step at a time; SIGTERM writes the step to the checkpoint, and the next attempt goes on from there.</summary>
    private const string Counter =
        """
        step=$(cat "$MESH_CHECKPOINT_DIR/step" 2>/dev/null || echo 0)
        echo "begins at $step" >> "$MESH_CHECKPOINT_DIR/history"
        trap 'echo $step > "$MESH_CHECKPOINT_DIR/step"; exit 143' TERM
        while [ $step -lt 10 ]; do
          step=$((step + 1))
          echo "step $step of attempt $MESH_ATTEMPT" >> "$MESH_CHECKPOINT_DIR/history"
          if [ "$MESH_ATTEMPT" = 1 ] && [ $step = 4 ]; then while true; do sleep 0.05; done; fi
        done
        $GOOD
        $SUCCESS
        """;

    private readonly RunnerFixture fixture;

    public PoolRunTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected PoolRunTests(TestDatabase place) => fixture = new RunnerFixture(place);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task A_job_that_makes_room_goes_on_from_its_checkpoint_and_repeats_nothing()
    {
        var runner = fixture.Runner(Counter);
        await runner.AcceptAsync(Request(), null, Stop);
        var first = runner.RunNextAsync(Stop);
        string history = Path.Combine(fixture.FolderOf(Request()).Checkpoint, "history");
        await Eventually.TrueAsync(() => File.Exists(history) && File.ReadAllText(history).Contains("step 4"), Stop);

        (await runner.PreemptAsync(fixture.IdOf(Request()), "the machine is needed", Stop)).State.ShouldBe(JobState.Running);
        await first;

        var waiting = (await runner.Jobs.FindAsync(fixture.IdOf(Request()), Stop))!;
        (waiting.State, waiting.Failures, waiting.Preemptions).ShouldBe((JobState.Queued, 0, 1));
        waiting.Reason.ShouldBe("pre-empted: the machine is needed; goes on from its checkpoint");

        var job = await fixture.RunAsync(runner, Request());
        (job.State, job.Attempts, job.Failures).ShouldBe((JobState.Succeeded, 2, 0), job.Reason);
        File.ReadAllLines(history).ShouldBe(
        [
            "begins at 0", .. Enumerable.Range(1, 4).Select(step => $"step {step} of attempt 1"), "begins at 4", .. Enumerable.Range(5, 6).Select(step => $"step {step} of attempt 2"),
        ]);
    }

    [Fact]
    public async Task On_a_spot_pool_a_job_of_higher_priority_runs_first_and_the_other_goes_on_after_it()
    {
        fixture.Options = fixture.Options with { Pools = new PoolSet([new PoolOptions { Name = "cpu", Spot = true }]) };
        var runner = fixture.Runner($"if [ -e '{fixture["urgent"]}' ] && [ ! -e '{fixture["begun"]}' ]; then touch '{fixture["begun"]}'; $GOOD; $SUCCESS; exit 0; fi\n{Counter}");
        await runner.AcceptAsync(Request("low"), null, Stop);
        using var stop = new CancellationTokenSource();
        var running = runner.RunAsync(stop.Token);
        string history = Path.Combine(fixture.FolderOf(Request("low")).Checkpoint, "history");
        await Eventually.TrueAsync(() => File.Exists(history) && File.ReadAllText(history).Contains("step 4"), Stop);

        File.WriteAllText(fixture["urgent"], "");
        var urgent = Request("urgent");
        urgent.Priority = 10;
        await runner.AcceptAsync(urgent, null, Stop);
        await Eventually.TrueAsync(async () => (await runner.Jobs.ListAsync(5, Stop)).All(job => job.State == JobState.Succeeded), Stop);
        await stop.CancelAsync();
        await running;

        var low = (await runner.Jobs.FindAsync(fixture.IdOf(Request("low")), Stop))!;
        var high = (await runner.Jobs.FindAsync(fixture.IdOf(urgent), Stop))!;
        (low.Attempts, low.Failures, low.Preemptions, high.Attempts).ShouldBe((2, 0, 1, 1));
        high.FinishedAt!.Value.ShouldBeLessThan(low.FinishedAt!.Value);
        File.ReadAllLines(history).ShouldContain("begins at 4");
    }

    [Fact]
    public async Task A_budget_lets_jobs_start_until_it_would_be_exceeded_and_is_charged_for_the_time_taken()
    {
        // A minute costs 1; what runs takes seconds, so that the first reserves 1 and pays a fraction of it.
        var pool = new PoolOptions { Name = "cpu", PriceMicrosPerHour = 60_000_000 };
        fixture.Options = fixture.Options with { Pools = new PoolSet([pool], new Dictionary<string, long> { ["fleet"] = 1_500_000 }) };
        var runner = fixture.Runner($"touch '{fixture["started"]}'; while [ ! -e '{fixture["go"]}' ]; do sleep 0.05; done; $GOOD; $SUCCESS");
        await runner.AcceptAsync(OfTeam("first"), null, Stop);
        await runner.AcceptAsync(OfTeam("second"), null, Stop);
        var first = runner.RunNextAsync(Stop);
        await Eventually.TrueAsync(() => File.Exists(fixture["started"]), Stop);

        (await runner.Board.ListBudgetsAsync(Stop)).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            view => view.Budget.ShouldBe(1.5m), view => view.Spent.ShouldBe(0), view => view.Reserved.ShouldBe(1m));
        fixture.Options = fixture.Options with { Pools = new PoolSet([pool with { Slots = 2 }], fixture.Options.Pools!.Budgets) };
        var other = fixture.Runner("exit 2");
        (await other.RunNextAsync(Stop)).ShouldBeFalse("there is a place, but no money");
        (await other.Board.ListAsync(Stop)).Single().Waiting.ShouldHaveSingleItem().Why.ShouldContain("1.00 of 1.50 are spent or reserved");

        File.WriteAllText(fixture["go"], "");
        await first;
        var after = (await runner.Board.ListBudgetsAsync(Stop)).Single();
        after.Reserved.ShouldBe(0);
        after.Spent.ShouldBeInRange(0.01m, 0.5m);
        (await fixture.RunAsync(runner, OfTeam("second"))).State.ShouldBe(JobState.Succeeded);
        (await runner.Board.ListBudgetsAsync(Stop)).Single().Attempts.ShouldBe(2);

        static JobRequested OfTeam(string trigger)
        {
            var request = Request(trigger);
            request.Team = "Fleet";
            return request;
        }
    }

    [Fact]
    public async Task What_a_dead_process_had_reserved_is_settled_when_its_job_is_resumed()
    {
        var pool = new PoolOptions { Name = "cpu", PriceMicrosPerHour = 60_000_000 };
        fixture.Options = fixture.Options with { Pools = new PoolSet([pool]) };
        var runner = fixture.Runner("$GOOD; $SUCCESS");
        await runner.AcceptAsync(Request(), null, Stop);
        await fixture.Database.WriteAsync(
            async transaction =>
            {
                await JobStore.ClaimAsync(transaction, fixture.IdOf(Request()), "cpu", 1);
                // It began two days ago, and may have ended any time since.
                await UsageStore.ReserveAsync(transaction, fixture.IdOf(Request()), 1, "fleet", pool, new JobNeeds(), 60, DateTimeOffset.UtcNow.AddDays(-2));
            },
            Stop);

        await runner.ResumeAsync(Stop);

        var rows = await fixture.Database.ReadAsync(session => session.QueryAsync<long>("SELECT cost_micros FROM job_usage"), Stop);
        rows.ShouldBe([1_000_000], "never more than it reserved");
    }

    [Fact]
    public async Task A_trainer_that_takes_too_much_memory_is_ended_with_all_it_started_and_not_tried_again()
    {
        fixture.Options = fixture.Options with { Pools = new PoolSet([new PoolOptions { Name = "cpu", MemoryBytes = 64 << 20 }]) };
        // In a child, as data loaders are.
        var runner = fixture.Runner($"sh -c 'echo $$ > \"{fixture["child"]}\"; exec python3 -c \"import time; a = bytearray(200 << 20); time.sleep(60)\"' & wait; $GOOD; $SUCCESS");

        var job = await fixture.RunAsync(runner, Request());

        (job.State, job.Code, job.Attempts).ShouldBe((JobState.Failed, "MESH9019", 1), job.Reason);
        job.Reason.ShouldContain("of 67,108,864 bytes");
        IsAlive(int.Parse(File.ReadAllText(fixture["child"]))).ShouldBeFalse();
        File.ReadAllText(fixture.FolderOf(Request()).LogFile).ShouldContain("-- limits: memory 67,108,864 bytes, by watching the resident memory of its processes");
    }

    [Fact]
    public async Task A_trainer_and_what_it_starts_use_no_more_cores_than_they_may()
    {
        Assert.SkipWhen(Environment.ProcessorCount < 2, "This machine has one core: there is none to withhold.");
        fixture.Options = fixture.Options with { Pools = new PoolSet([new PoolOptions { Name = "cpu", Slots = 2, Cores = 2 }]) };
        var runner = fixture.Runner($"sh -c nproc > '{fixture["nproc"]}'; $GOOD; $SUCCESS");

        var job = await fixture.RunAsync(runner, Request());

        job.State.ShouldBe(JobState.Succeeded, job.Reason);
        File.ReadAllText(fixture["nproc"]).Trim().ShouldBe("1");
        File.ReadAllText(fixture.FolderOf(Request()).LogFile).ShouldMatch("-- limits: CPUs [0-9]+, by affinity");
    }

    [Fact]
    public async Task Jobs_that_run_together_have_accelerators_of_their_own()
    {
        var pool = new PoolOptions { Name = "cpu", Slots = 4, Accelerators = 4, Accelerator = "nvidia-h200" };
        fixture.Options = fixture.Options with { Pools = new PoolSet([pool]) };
        var runner = fixture.Runner($"echo $CUDA_VISIBLE_DEVICES >> '{fixture["devices"]}'; while [ $(wc -l < '{fixture["devices"]}') -lt 2 ]; do sleep 0.05; done; $GOOD; $SUCCESS");
        for (int i = 0; i < 2; i++)
        {
            var request = Request($"t{i}");
            request.Accelerators = 2;
            await runner.AcceptAsync(request, null, Stop);
        }

        await Task.WhenAll(runner.RunNextAsync(Stop), runner.RunNextAsync(Stop));

        (await runner.Jobs.ListAsync(5, Stop)).ShouldAllBe(job => job.State == JobState.Succeeded);
        File.ReadAllLines(fixture["devices"]).Order().ShouldBe(["0,1", "2,3"]);
        var spec = JobSpec.Read(fixture.FolderOf(Request("t0")).SpecFile);
        (spec.Resources.Accelerator, spec.Resources.Accelerators).ShouldBe(("nvidia-h200", 2));
    }

    [Theory]
    [InlineData("aic", "train", 0, "Cloud AI 100 is an inference accelerator")]
    [InlineData("nowhere", "train", 0, "There is no pool 'nowhere'")]
    [InlineData("cpu", "train", 7200, "more than the 60 of training.maxDuration")]
    public async Task A_request_that_no_pool_can_take_is_a_failed_job_with_the_explanation(string pool, string kind, long seconds, string expected)
    {
        fixture.Options = fixture.Options with
        {
            Pools = new PoolSet([new PoolOptions { Name = "cpu" }, new PoolOptions { Name = "aic", Accelerator = "qualcomm-cloud-ai-100", Accelerators = 4 }]),
        };
        var request = Request();
        (request.Pool, request.Kind, request.MaxSeconds) = (pool, kind, seconds);

        var job = await fixture.RunAsync(fixture.Runner("$GOOD; $SUCCESS"), request);

        (job.State, job.Code, job.Attempts).ShouldBe((JobState.Failed, "MESH9016", 0));
        job.Reason.ShouldContain(expected);
    }

    [Fact]
    public async Task A_job_is_compiled_for_Cloud_AI_100_on_its_own_pool()
    {
        fixture.Options = fixture.Options with { Pools = new PoolSet([new PoolOptions { Name = "aic", Accelerator = "qualcomm-cloud-ai-100", Accelerators = 4 }]) };
        var request = Request();
        (request.Pool, request.Kind) = ("", "compile");
        request.Accelerator = "qualcomm-*";
        var runner = fixture.Runner("$SUCCESS");
        await runner.AcceptAsync(request, null, Stop);

        (await runner.RunNextAsync(Stop)).ShouldBeTrue();

        var job = (await runner.Jobs.ListAsync(1, Stop)).Single();
        (job.State, job.Pool).ShouldBe((JobState.Succeeded, "aic"), job.Reason);
    }
}
