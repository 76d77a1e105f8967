using System.Globalization;
using Mesh.Model;

namespace Mesh.Training.Pools;

/// <summary>
/// Decides which jobs run, from what waits, what runs and what was spent; does no I/O.
/// </summary>
/// <remarks>
/// Jobs are looked at by priority, which grows by one for every ten minutes of waiting, so that none waits for ever; among equals the team
/// comes first that has least, counting what runs and what ran in the last day; then the older job. A job that does not fit is passed by smaller
/// ones for five minutes; after that its pools are kept free for it. On a spot pool jobs of lower priority make room, each at most three times.
/// </remarks>
internal sealed class Scheduler(PoolSet pools, long defaultMaxSeconds, TimeProvider time)
{
    private const int MaxPreemptions = 3;
    private const double SecondsPerDay = 86_400;
    private static readonly TimeSpan AgeStep = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Decides.</summary>
    /// <param name="waiting">Jobs that wait.</param>
    /// <param name="occupying">Jobs that run.</param>
    /// <param name="committedMicros">What teams have spent or reserved this month.</param>
    /// <param name="recentUnitSeconds">What teams used in the last day, in seconds of an accelerator.</param>
    /// <param name="limit">Most jobs to start.</param>
    public Schedule Decide(
        IReadOnlyList<WaitingJob> waiting,
        IReadOnlyList<OccupyingJob> occupying,
        IReadOnlyDictionary<string, long> committedMicros,
        IReadOnlyDictionary<string, double> recentUnitSeconds,
        int limit)
    {
        long nowUs = UnixMicros.Of(time.GetUtcNow());
        var schedule = new Schedule();
        var rooms = pools.All.ToDictionary(pool => pool.Name, pool => new Room(pool, [.. occupying.Where(job => job.Pool == pool.Name)]));
        var committed = new Dictionary<string, long>(committedMicros, StringComparer.OrdinalIgnoreCase);
        var shares = occupying.GroupBy(job => job.Team).ToDictionary(team => team.Key, team => team.Sum(job => (double)job.Demand.Units));
        foreach (var (team, seconds) in recentUnitSeconds) shares[team] = shares.GetValueOrDefault(team) + seconds / SecondsPerDay;

        var teams = waiting.GroupBy(job => job.Team)
            .Select(team => new Queue<WaitingJob>(team.OrderByDescending(job => RankOf(job, nowUs)).ThenBy(job => job.QueuedAtUs).ThenBy(job => job.JobId, StringComparer.Ordinal))).ToList();
        while (teams.Count > 0)
        {
            var next = teams.OrderByDescending(team => RankOf(team.Peek(), nowUs)).ThenBy(team => shares.GetValueOrDefault(team.Peek().Team))
                .ThenBy(team => team.Peek().QueuedAtUs).ThenBy(team => team.Peek().JobId, StringComparer.Ordinal).First();
            var job = next.Dequeue();
            if (next.Count == 0) teams.Remove(next);
            if (Place(job, rooms, committed, schedule, nowUs, limit) is not { } pool) continue;
            shares[job.Team] = shares.GetValueOrDefault(job.Team) + pool.DemandOf(job.Needs).Units;
        }

        return schedule;
    }

    private static long RankOf(WaitingJob job, long nowUs) => job.Priority + Math.Max(0, nowUs - job.QueuedAtUs) / (AgeStep.Ticks / TimeSpan.TicksPerMicrosecond);

    private PoolOptions? Place(WaitingJob job, Dictionary<string, Room> rooms, Dictionary<string, long> committed, Schedule schedule, long nowUs, int limit)
    {
        if (job.NotBeforeUs > nowUs)
        {
            schedule.Waits.Add((job, $"is tried again at {UnixMicros.ToTime(job.NotBeforeUs).ToString("u", CultureInfo.InvariantCulture)}"));
            return null;
        }

        var candidates = pools.CandidatesOf(job.Pool, job.Kind, job.Needs);
        if (candidates.Count == 0)
        {
            schedule.Waits.Add((job, pools.WhyRefused(job.Pool, job.Kind, job.Needs, job.Priority, job.Team) ?? "no pool fits"));
            return null;
        }

        string? overBudget = null;
        string? full = null;
        foreach (var pool in candidates)
        {
            long cost = PoolSet.CostMicros(pool, job.Needs, job.Needs.MaxSeconds > 0 ? job.Needs.MaxSeconds : defaultMaxSeconds);
            if (pools.BudgetOf(job.Team) is { } budget && committed.GetValueOrDefault(job.Team) + cost > budget)
            {
                overBudget ??= $"the budget of team '{job.Team}' for this month does not allow it: {PoolSet.Money(committed.GetValueOrDefault(job.Team))} of {PoolSet.Money(budget)} are spent or reserved, "
                    + $"its limit of time costs {PoolSet.Money(cost)} on {pool.Name}";
                continue;
            }

            var room = rooms[pool.Name];
            if (room.WhyFull(job) is { } why)
            {
                full ??= why;
                continue;
            }

            if (schedule.Starts.Count >= limit) return null;
            room.Take(pool.DemandOf(job.Needs));
            committed[job.Team] = committed.GetValueOrDefault(job.Team) + cost;
            schedule.Starts.Add((job, pool));
            return pool;
        }

        if (full is null)
        {
            schedule.Waits.Add((job, overBudget!));
            return null;
        }

        schedule.Waits.Add((job, MakeRoom(job, candidates, rooms, schedule) ?? full));
        if (nowUs - job.QueuedAtUs < Patience.Ticks / TimeSpan.TicksPerMicrosecond) return null;
        foreach (var pool in candidates) rooms[pool.Name].KeepFor(job.JobId);
        return null;
    }

    /// <summary>Has jobs of lower priority on a spot pool make room, the lowest and youngest first; null when that does not help.</summary>
    private static string? MakeRoom(WaitingJob job, IReadOnlyList<PoolOptions> candidates, Dictionary<string, Room> rooms, Schedule schedule)
    {
        foreach (var pool in candidates)
        {
            var room = rooms[pool.Name];
            if (!pool.Spot || room.IsKept || room.Victims(job, MaxPreemptions) is not { } victims) continue;
            room.KeepFor(job.JobId);
            foreach (var victim in victims)
            {
                room.Leave(victim);
                schedule.Preemptions.Add((victim, $"made room on {pool.Name} for job {job.JobId} of priority {job.Priority}"));
            }

            return victims.Count == 0 ? $"waits for room on {pool.Name} that is being made" : $"waits for {string.Join(", ", victims.Select(victim => victim.JobId))} to make room on {pool.Name}";
        }

        return null;
    }
}
