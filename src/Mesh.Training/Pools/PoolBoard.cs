using Mesh.Kafka.Events;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Training.Jobs;

namespace Mesh.Training.Pools;

/// <summary>How the pools stand, read from the database: by the server that runs the jobs, another one, or without any.</summary>
public sealed class PoolBoard
{
    private const decimal Micros = 1_000_000;
    private static readonly TimeSpan Recent = TimeSpan.FromDays(1);
    private readonly MetadataDatabase database;
    private readonly PoolSet pools;
    private readonly Scheduler scheduler;
    private readonly TimeProvider time;

    /// <param name="database">The jobs; tables are created.</param>
    /// <param name="pools">Pools and budgets.</param>
    /// <param name="maxDuration">Longest run of a job that does not say.</param>
    /// <param name="time">Clock.</param>
    public PoolBoard(MetadataDatabase database, PoolSet pools, TimeSpan maxDuration, TimeProvider time)
    {
        this.database = database;
        this.pools = pools;
        this.time = time;
        scheduler = new Scheduler(pools, (long)Math.Ceiling(maxDuration.TotalSeconds), time);
        _ = new JobStore(database);
        UsageStore.Prepare(database);
    }

    /// <summary>Each pool with its use and its queue.</summary>
    public ValueTask<IReadOnlyList<PoolView>> ListAsync(CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            var (schedule, occupying) = await DecideAsync(session, int.MaxValue).ConfigureAwait(false);
            var waiting = schedule.Waits.Concat(schedule.Starts.Select(start => (start.Job, Why: "starts next"))).ToList();
            return (IReadOnlyList<PoolView>)[.. pools.All.Select(pool => ViewOf(pool, [.. occupying.Where(job => job.Pool == pool.Name)], waiting))];
        },
        cancellationToken);

    /// <summary>What teams have spent this month, those with a budget and those that ran something.</summary>
    public ValueTask<IReadOnlyList<BudgetView>> ListBudgetsAsync(CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            string month = UsageStore.MonthOf(time.GetUtcNow());
            var used = await UsageStore.ListMonthAsync(session, month).ConfigureAwait(false);
            var idle = pools.Budgets.Keys.Where(team => !used.Any(usage => usage.Team.Equals(team, StringComparison.OrdinalIgnoreCase)));
            return (IReadOnlyList<BudgetView>)
            [
                .. used.Select(usage => new BudgetView(usage.Team, month, pools.BudgetOf(usage.Team) / Micros, usage.SpentMicros / Micros, usage.ReservedMicros / Micros, usage.Attempts))
                    .Concat(idle.Select(team => new BudgetView(team, month, pools.BudgetOf(team) / Micros, 0, 0, 0))).OrderBy(view => view.Team, StringComparer.Ordinal),
            ];
        },
        cancellationToken);

    /// <summary>What is to happen now.</summary>
    internal async Task<(Schedule Schedule, IReadOnlyList<OccupyingJob> Occupying)> DecideAsync(MetadataSession session, int limit)
    {
        var now = time.GetUtcNow();
        var rows = await JobStore.ListUnfinishedAsync(session).ConfigureAwait(false);
        var waiting = new List<WaitingJob>();
        var occupying = new List<OccupyingJob>();
        foreach (var row in rows)
        {
            var request = JobRequested.Parser.ParseFrom(row.Request);
            if (row.State == "queued") waiting.Add(WaitingOf(row, request));
            else if (pools.Find(row.Pool) is { } pool) occupying.Add(OccupyingOf(row, request, pool));
        }

        var usage = await UsageStore.ListMonthAsync(session, UsageStore.MonthOf(now)).ConfigureAwait(false);
        var committed = usage.GroupBy(team => team.Team, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(team => team.Key, team => team.Sum(part => part.SpentMicros + part.ReservedMicros), StringComparer.OrdinalIgnoreCase);
        var recent = await UsageStore.ListRecentAsync(session, UnixMicros.Of(now - Recent)).ConfigureAwait(false);
        return (scheduler.Decide(waiting, occupying, committed, recent, limit), occupying);
    }

    private static WaitingJob WaitingOf(JobStore.UnfinishedJob row, JobRequested request) => new()
    {
        JobId = row.JobId,
        Team = row.Team,
        Priority = row.Priority,
        Kind = JobKinds.TryParse(request.Kind, out var kind) ? kind : JobKind.Train,
        Pool = request.Pool,
        Needs = JobNeeds.Of(request),
        QueuedAtUs = row.QueuedAtUs,
        NotBeforeUs = row.NotBeforeUs,
    };

    private static OccupyingJob OccupyingOf(JobStore.UnfinishedJob row, JobRequested request, PoolOptions pool) => new()
    {
        JobId = row.JobId,
        Team = row.Team,
        Priority = row.Priority,
        Pool = pool.Name,
        Demand = pool.DemandOf(JobNeeds.Of(request)),
        StartedAtUs = row.StartedAtUs ?? 0,
        Preemptions = row.Preemptions,
        IsStopping = row.StopReason is not null,
    };

    private PoolView ViewOf(PoolOptions pool, IReadOnlyList<OccupyingJob> running, List<(WaitingJob Job, string Why)> waiting) => new()
    {
        Name = pool.Name,
        Runner = pool.Runner,
        Accelerator = pool.Accelerator,
        Spot = pool.Spot,
        PricePerHour = pool.PriceMicrosPerHour / Micros,
        Slots = pool.Slots,
        Cores = pool.Cores,
        MemoryBytes = pool.MemoryBytes,
        Accelerators = pool.Accelerators,
        UsedCores = pool.Cores > 0 ? running.Sum(job => job.Demand.Cores) : 0,
        UsedMemoryBytes = pool.MemoryBytes > 0 ? running.Sum(job => job.Demand.MemoryBytes) : 0,
        UsedAccelerators = running.Sum(job => job.Demand.Accelerators),
        Running = [.. running.Select(job => job.JobId)],
        Waiting =
        [
            .. waiting.Where(wait => wait.Job.Pool.Equals(pool.Name, StringComparison.OrdinalIgnoreCase) || pools.CandidatesOf(wait.Job.Pool, wait.Job.Kind, wait.Job.Needs).Contains(pool))
                .Select(wait => new WaitingView(wait.Job.JobId, wait.Job.Team, wait.Job.Priority, UnixMicros.ToTime(wait.Job.QueuedAtUs), wait.Why)),
        ],
    };
}
