using Mesh.Model;
using Mesh.Training.Pools;

namespace Mesh.Training.Tests.Pools;

public class SchedulerTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(20_000);
    private static readonly PoolOptions Cpu = new() { Name = "cpu", Slots = 2 };
    private static readonly PoolOptions Gpu = new() { Name = "gpu", Slots = 8, Accelerator = "nvidia-h200", Accelerators = 8, PriceMicrosPerHour = 4_000_000 };
    private static readonly PoolOptions Spot = Gpu with { Name = "gpu-spot", PriceMicrosPerHour = 1_500_000, Spot = true, Accelerators = 2 };

    private readonly List<WaitingJob> waiting = [];
    private readonly List<OccupyingJob> occupying = [];
    private readonly Dictionary<string, long> committed = [];
    private readonly Dictionary<string, double> recent = [];

    [Fact]
    public void Higher_priority_comes_first_then_the_older_job()
    {
        Wait("old", minutes: 3);
        Wait("older", minutes: 4);
        Wait("urgent", priority: 1);

        Starts(Cpu).ShouldBe(["urgent:cpu", "older:cpu"]);
    }

    [Fact]
    public void A_job_of_low_priority_that_has_waited_long_enough_comes_before_new_ones_of_high_priority()
    {
        Wait("patient", priority: -10, minutes: 10 * 61);
        Wait("urgent", priority: 50);
        Wait("urgent2", priority: 50);

        Starts(Cpu).ShouldBe(["patient:cpu", "urgent:cpu"]);
    }

    [Fact]
    public void Teams_take_turns_however_many_jobs_one_has()
    {
        for (int i = 0; i < 20; i++) Wait($"a{i:D2}", team: "a", minutes: 9);
        Wait("b1", team: "b");
        Wait("b2", team: "b");

        Starts(Cpu with { Slots = 4 }).ShouldBe(["a00:cpu", "b1:cpu", "a01:cpu", "b2:cpu"]);
    }

    [Fact]
    public void A_team_that_used_much_in_the_last_day_comes_after_one_that_did_not()
    {
        recent["a"] = 7200;
        Wait("a1", team: "a", minutes: 9);
        Wait("b1", team: "b");

        Starts(Cpu with { Slots = 1 }).ShouldBe(["b1:cpu"]);
    }

    [Fact]
    public void Every_job_of_a_long_queue_starts_at_last()
    {
        // A steady stream of urgent work, one place, and one job that nobody favours.
        Wait("unlucky", team: "small", priority: -100);
        var started = new List<string>();
        for (int round = 0; round < 300 && !started.Contains("unlucky"); round++)
        {
            Wait($"urgent{round}", team: "big", priority: 10, minutes: -10 * round);
            string next = Starts([Cpu with { Slots = 1 }], Now.AddMinutes(10 * round)).Single().Split(':')[0];
            started.Add(next);
            waiting.RemoveAll(job => job.JobId == next);
        }

        started.ShouldContain("unlucky");
        started.Count.ShouldBeInRange(100, 150);
    }

    [Fact]
    public void The_cheapest_pool_of_the_class_asked_for_is_taken_and_the_next_when_it_is_full()
    {
        for (int i = 0; i < 4; i++) Wait($"j{i}", pool: "", needs: new JobNeeds { Accelerator = "nvidia-*" });

        Starts(Gpu, Cpu, Spot).ShouldBe(["j0:gpu-spot", "j1:gpu-spot", "j2:gpu", "j3:gpu"]);
    }

    [Fact]
    public void What_must_not_be_taken_away_runs_on_demand_though_it_costs_more()
    {
        Wait("j", pool: "", needs: new JobNeeds { Accelerator = "nvidia-*", OnDemandOnly = true });

        Starts(Gpu, Spot).ShouldBe(["j:gpu"]);
    }

    [Fact]
    public void Cores_memory_and_accelerators_are_counted()
    {
        var pool = Cpu with { Slots = 10, Cores = 4, MemoryBytes = 100 };
        Wait("a", needs: new JobNeeds { Cores = 3, MemoryBytes = 10 });
        Wait("b", needs: new JobNeeds { Cores = 2, MemoryBytes = 10 });
        Wait("c", needs: new JobNeeds { Cores = 0.5, MemoryBytes = 95 });
        Wait("d", needs: new JobNeeds { Cores = 1, MemoryBytes = 90 });

        var schedule = Decide([pool], Now);

        schedule.Starts.Select(start => start.Job.JobId).ShouldBe(["a", "d"]);
        schedule.Waits.Select(wait => wait.Why).ShouldBe(["pool cpu is full: it needs 2 cores, 1 of 4 are free", "pool cpu is full: it needs 95 bytes of memory, 90 of 100 are free"]);
    }

    [Fact]
    public void Small_jobs_pass_a_large_one_for_a_while_and_then_leave_it_room()
    {
        Run("small0", Gpu.Name, accelerators: 1);
        Wait("large", pool: "gpu", needs: new JobNeeds { Accelerators = 8 }, minutes: 4);
        Wait("small1", pool: "gpu");
        Starts(Gpu).ShouldBe(["small1:gpu"]);

        var later = Decide([Gpu], Now.AddMinutes(2));
        later.Starts.ShouldBeEmpty();
        later.Waits.Select(wait => (wait.Job.JobId, wait.Why)).ShouldBe(
            [("large", "pool gpu is full: it needs 8 accelerators, 7 of 8 are free"), ("small1", "pool gpu is kept free for job large, which comes first")]);
    }

    [Fact]
    public void On_a_spot_pool_the_fewest_jobs_of_lowest_priority_make_room_the_youngest_first()
    {
        Run("low-old", Spot.Name, 1, priority: -5, minutes: 60);
        Run("low-young", Spot.Name, 1, priority: -5, minutes: 1);
        Wait("urgent", pool: Spot.Name, priority: 5);
        Wait("other", pool: Spot.Name);

        var schedule = Decide([Spot], Now);

        schedule.Starts.ShouldBeEmpty();
        schedule.Preemptions.Single().Job.JobId.ShouldBe("low-young");
        schedule.Waits[0].Why.ShouldBe("waits for low-young to make room on gpu-spot");
        schedule.Waits[1].Why.ShouldContain("is kept free for job urgent");
    }

    [Fact]
    public void Nobody_makes_room_for_the_same_priority_on_other_pools_a_fourth_time_or_in_vain()
    {
        Run("same", Spot.Name, 1, priority: 5);
        Run("often", Spot.Name, 1, priority: -5, preemptions: 3);
        Wait("urgent", pool: Spot.Name, priority: 5);
        Decide([Spot], Now).Preemptions.ShouldBeEmpty();

        occupying.Clear();
        for (int i = 0; i < 8; i++) Run($"low{i}", Gpu.Name, 1, priority: -5);
        waiting.Clear();
        Wait("urgent", pool: Gpu.Name, priority: 5);
        Decide([Gpu], Now).Preemptions.ShouldBeEmpty();

        occupying.Clear();
        Run("low", Spot.Name, 1, priority: -5);
        Run("high", Spot.Name, 1, priority: 50);
        waiting.Clear();
        Wait("urgent", pool: Spot.Name, priority: 5, needs: new JobNeeds { Accelerators = 2 });
        Decide([Spot], Now).Preemptions.ShouldBeEmpty();
    }

    [Fact]
    public void Room_that_is_being_made_is_not_made_twice()
    {
        Run("leaving", Spot.Name, 1, priority: -5, isStopping: true);
        Run("low", Spot.Name, 1, priority: -5);
        Wait("urgent", pool: Spot.Name, priority: 5);

        var schedule = Decide([Spot], Now);

        schedule.Preemptions.ShouldBeEmpty();
        schedule.Waits.Single().Why.ShouldBe("waits for room on gpu-spot that is being made");
    }

    [Fact]
    public void A_budget_stops_a_job_before_it_is_exceeded_and_counts_what_starts_with_it()
    {
        // An hour costs 4; 13 of 20 are gone, so that one more fits and a second does not.
        committed["perception"] = 13_000_000;
        Wait("first", team: "perception", pool: "gpu");
        Wait("second", team: "Perception", pool: "gpu");
        Wait("other", team: "fleet", pool: "gpu");

        var schedule = Decide([Gpu], Now, new Dictionary<string, long> { ["perception"] = 20_000_000 });

        schedule.Starts.Select(start => start.Job.JobId).ShouldBe(["other", "first"], ignoreOrder: true);
        schedule.Waits.Single().Why.ShouldBe(
            "the budget of team 'Perception' for this month does not allow it: 17.00 of 20.00 are spent or reserved, its limit of time costs 4.00 on gpu");
    }

    [Fact]
    public void A_job_that_is_tried_again_later_waits_and_keeps_nobody_from_running()
    {
        Wait("later", minutes: 60, notBefore: Now.AddSeconds(1));
        Wait("now");

        var schedule = Decide([Cpu with { Slots = 1 }], Now);

        schedule.Starts.Single().Job.JobId.ShouldBe("now");
        schedule.Waits.Single().Why.ShouldStartWith("is tried again at 2024-");
    }

    private void Wait(string id, string team = "t", int priority = 0, int minutes = 0, string pool = "cpu", JobNeeds? needs = null, DateTimeOffset? notBefore = null) => waiting.Add(new WaitingJob
    {
        JobId = id,
        Team = team,
        Priority = priority,
        Kind = JobKind.Train,
        Pool = pool,
        Needs = needs ?? new JobNeeds(),
        QueuedAtUs = UnixMicros.Of(Now.AddMinutes(-minutes)),
        NotBeforeUs = notBefore is { } time ? UnixMicros.Of(time) : 0,
    });

    private void Run(string id, string pool, int accelerators, int priority = 0, int minutes = 0, int preemptions = 0, bool isStopping = false) => occupying.Add(new OccupyingJob
    {
        JobId = id,
        Team = "t",
        Priority = priority,
        Pool = pool,
        Demand = new PoolDemand(0, 0, accelerators),
        StartedAtUs = UnixMicros.Of(Now.AddMinutes(-minutes)),
        Preemptions = preemptions,
        IsStopping = isStopping,
    });

    private string[] Starts(params PoolOptions[] pools) => Starts(pools, Now);

    private string[] Starts(PoolOptions[] pools, DateTimeOffset now) => [.. Decide(pools, now).Starts.Select(start => $"{start.Job.JobId}:{start.Pool.Name}")];

    private Schedule Decide(PoolOptions[] pools, DateTimeOffset now, Dictionary<string, long>? budgets = null) =>
        new Scheduler(new PoolSet(pools, budgets), 3600, new FixedTime(now)).Decide(waiting, occupying, committed, recent, int.MaxValue);

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
