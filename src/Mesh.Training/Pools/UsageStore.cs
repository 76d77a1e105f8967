using System.Globalization;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Training.Jobs;

namespace Mesh.Training.Pools;

/// <summary>
/// The account of what jobs used. An attempt reserves the price of its longest time when it starts and pays for the time it took when it has
/// ended, never more than it reserved; an attempt counts in the month (UTC) in which it began.
/// </summary>
internal static class UsageStore
{
    private static readonly string[] Scripts =
    [
        """
        CREATE TABLE job_usage (
            job_id TEXT NOT NULL, attempt INTEGER NOT NULL, team TEXT NOT NULL, pool TEXT NOT NULL, month TEXT NOT NULL, units INTEGER NOT NULL,
            rate_micros INTEGER NOT NULL, reserved_micros INTEGER NOT NULL, cost_micros INTEGER, started_at_us INTEGER NOT NULL, ended_at_us INTEGER,
            PRIMARY KEY (job_id, attempt));
        CREATE INDEX job_usage_by_month ON job_usage (month, team);
        CREATE INDEX job_usage_by_end ON job_usage (ended_at_us);
        """,
    ];

    private const string Settlement =
        """
        UPDATE job_usage SET ended_at_us = @nowUs, cost_micros = CASE
            WHEN rate_micros * ((@nowUs - started_at_us + 999999) / 1000000) / 3600 < reserved_micros THEN rate_micros * ((@nowUs - started_at_us + 999999) / 1000000) / 3600
            ELSE reserved_micros END
        WHERE ended_at_us IS NULL
        """;

    public static void Prepare(MetadataDatabase database) => database.Migrate("job_usage", Scripts);

    public static string MonthOf(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM", CultureInfo.InvariantCulture);

    /// <summary>An attempt begins.</summary>
    public static Task ReserveAsync(MetadataTransaction transaction, string jobId, int attempt, string team, PoolOptions pool, JobNeeds needs, long maxSeconds, DateTimeOffset now) =>
        transaction.ExecuteAsync(
            """
            INSERT INTO job_usage (job_id, attempt, team, pool, month, units, rate_micros, reserved_micros, started_at_us)
            VALUES (@jobId, @attempt, @team, @Name, @month, @Units, @rate, @reserved, @nowUs) ON CONFLICT DO NOTHING
            """,
            new
            {
                jobId,
                attempt,
                team,
                pool.Name,
                month = MonthOf(now),
                pool.DemandOf(needs).Units,
                rate = pool.RateMicrosOf(pool.DemandOf(needs)),
                reserved = PoolSet.CostMicros(pool, needs, maxSeconds),
                nowUs = UnixMicros.Of(now),
            });

    /// <summary>An attempt has ended.</summary>
    public static Task SettleAsync(MetadataTransaction transaction, string jobId, int attempt, long nowUs) =>
        transaction.ExecuteAsync(Settlement + " AND job_id = @jobId AND attempt = @attempt", new { jobId, attempt, nowUs });

    /// <summary>Attempts of jobs that do not run have ended, whenever it was: the process died before it could say so.</summary>
    public static Task SettleAllAsync(MetadataTransaction transaction, long nowUs) =>
        transaction.ExecuteAsync(Settlement + " AND job_id NOT IN (SELECT job_id FROM jobs WHERE state = 'running')", new { nowUs });

    /// <summary>Attempts at a job, the first one first.</summary>
    public static async Task<IReadOnlyList<JobAttemptView>> ListAttemptsAsync(MetadataSession session, string jobId) =>
    [
        .. (await session.QueryAsync<AttemptRow>(
            """
            SELECT attempt Attempt, pool Pool, units Units, started_at_us StartedAtUs, ended_at_us EndedAtUs, cost_micros CostMicros, reserved_micros ReservedMicros
            FROM job_usage WHERE job_id = @jobId ORDER BY attempt LIMIT 1000
            """, new { jobId }).ConfigureAwait(false))
            .Select(row => new JobAttemptView(
                row.Attempt, row.Pool, row.Units, UnixMicros.ToTime(row.StartedAtUs), row.EndedAtUs is { } ended ? UnixMicros.ToTime(ended) : null,
                row.CostMicros / 1_000_000m, row.ReservedMicros / 1_000_000m)),
    ];

    /// <summary>What teams have spent in a month, and what their running jobs reserve.</summary>
    public static async Task<IReadOnlyList<TeamUsage>> ListMonthAsync(MetadataSession session, string month) => await session.QueryAsync<TeamUsage>(
        """
        SELECT team Team, CAST(COALESCE(SUM(cost_micros), 0) AS BIGINT) SpentMicros, CAST(SUM(CASE WHEN ended_at_us IS NULL THEN reserved_micros ELSE 0 END) AS BIGINT) ReservedMicros,
            COUNT(*) Attempts
        FROM job_usage WHERE month = @month GROUP BY team ORDER BY team
        """, new { month }).ConfigureAwait(false);

    /// <summary>Seconds of an accelerator that teams used in attempts that ended after a moment.</summary>
    public static async Task<IReadOnlyDictionary<string, double>> ListRecentAsync(MetadataSession session, long sinceUs) => (await session.QueryAsync<RecentUsage>(
        "SELECT team Team, CAST(SUM(units * ((ended_at_us - started_at_us) / 1000000)) AS BIGINT) UnitSeconds FROM job_usage WHERE ended_at_us > @sinceUs GROUP BY team", new { sinceUs })
        .ConfigureAwait(false)).ToDictionary(usage => usage.Team, usage => (double)usage.UnitSeconds);

    internal sealed class TeamUsage
    {
        public string Team { get; init; } = "";
        public long SpentMicros { get; init; }
        public long ReservedMicros { get; init; }
        public long Attempts { get; init; }
    }

    private sealed class AttemptRow
    {
        public int Attempt { get; init; }
        public string Pool { get; init; } = "";
        public long Units { get; init; }
        public long StartedAtUs { get; init; }
        public long? EndedAtUs { get; init; }
        public long? CostMicros { get; init; }
        public long ReservedMicros { get; init; }
    }

    private sealed class RecentUsage
    {
        public string Team { get; init; } = "";
        public long UnitSeconds { get; init; }
    }
}
