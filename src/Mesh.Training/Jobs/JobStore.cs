using Mesh.Kafka.Events;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Training.Jobs;

/// <summary>The jobs of mesh.db.</summary>
public sealed partial class JobStore
{
    private const string Columns =
        """
        job_id JobId, trigger_id TriggerId, rule Rule, trainer Trainer, team Team, priority Priority, preemptions Preemptions, pool Pool, model Model, model_version ModelVersion, state State,
        kind Kind, attempts Attempts, failures Failures, code Code, reason Reason, requested_at_us RequestedAtUs, started_at_us StartedAtUs,
        finished_at_us FinishedAtUs
        """;

    private static readonly string[] Scripts =
    [
        """
        CREATE TABLE jobs (
            job_id TEXT NOT NULL PRIMARY KEY, trigger_id TEXT NOT NULL, rule TEXT NOT NULL, trainer TEXT NOT NULL, pool TEXT NOT NULL,
            model TEXT NOT NULL, model_version INTEGER, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
            failures INTEGER NOT NULL DEFAULT 0, code TEXT, reason TEXT NOT NULL, request BLOB NOT NULL, trace_parent TEXT,
            requested_at_us INTEGER NOT NULL, not_before_us INTEGER NOT NULL DEFAULT 0, started_at_us INTEGER, finished_at_us INTEGER);
        CREATE INDEX jobs_by_state ON jobs (state, not_before_us);
        """,
        "CREATE INDEX jobs_by_trigger ON jobs (trigger_id)",
        "ALTER TABLE jobs ADD COLUMN kind TEXT NOT NULL DEFAULT 'train'",
        """
        ALTER TABLE jobs ADD COLUMN team TEXT NOT NULL DEFAULT '';
        ALTER TABLE jobs ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE jobs ADD COLUMN queued_at_us INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE jobs ADD COLUMN preemptions INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE jobs ADD COLUMN stop_reason TEXT;
        UPDATE jobs SET queued_at_us = requested_at_us;
        """,
        "CREATE INDEX jobs_by_request ON jobs (requested_at_us, job_id, state)",
    ];

    private const string Claimed =
        "job_id JobId, attempts Attempt, failures Failures, preemptions Preemptions, pool Pool, request Request, trace_parent TraceParent";

    private readonly MetadataDatabase database;

    /// <param name="database">Where; the store creates its tables.</param>
    public JobStore(MetadataDatabase database)
    {
        this.database = database;
        database.Migrate("jobs", Scripts);
        Pools.UsageStore.Prepare(database);
    }

    /// <summary>Jobs, newest first.</summary>
    public ValueTask<IReadOnlyList<JobEntry>> ListAsync(int limit, CancellationToken cancellationToken) => database.ReadAsync(
        async session => (IReadOnlyList<JobEntry>)[.. (await session.QueryAsync<JobRow>(
            $"SELECT {Columns} FROM jobs ORDER BY requested_at_us DESC, job_id LIMIT @limit", new { limit }).ConfigureAwait(false)).Select(row => row.ToEntry())],
        cancellationToken);

    /// <summary>Snapshots that unfinished jobs will read or count from.</summary>
    public ValueTask<IReadOnlySet<long>> ListSnapshotsInUseAsync(CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            var ids = new HashSet<long>();
            foreach (byte[] request in await session.QueryAsync<byte[]>("SELECT request FROM jobs WHERE state IN ('queued', 'running')").ConfigureAwait(false))
            {
                foreach (var input in JobRequested.Parser.ParseFrom(request).Inputs) ids.UnionWith([input.FromSnapshotId, input.ToSnapshotId]);
            }

            return (IReadOnlySet<long>)ids;
        },
        cancellationToken);

    /// <summary>A job by its id or a unique beginning of it; null when there is none.</summary>
    public ValueTask<JobEntry?> FindAsync(string jobId, CancellationToken cancellationToken) => database.ReadAsync(
        async session => (await session.QueryAsync<JobRow>(
            $"SELECT {Columns} FROM jobs WHERE substr(job_id, 1, length(@jobId)) = @jobId AND @jobId <> '' LIMIT 2", new { jobId }).ConfigureAwait(false)) is [var row]
            ? row.ToEntry()
            : null,
        cancellationToken);

    /// <summary>What asked for a job; null when it is unknown.</summary>
    internal static async Task<JobRequested?> FindRequestAsync(MetadataSession session, string jobId) =>
        await session.FirstOrDefaultAsync<byte[]>("SELECT request FROM jobs WHERE job_id = @jobId", new { jobId }).ConfigureAwait(false) is { } request
            ? JobRequested.Parser.ParseFrom(request)
            : null;

    /// <summary>Adds a job.</summary>
    /// <returns>False when there is one of that id.</returns>
    internal static async Task<bool> AddAsync(
        MetadataTransaction transaction, string jobId, JobRequested request, JobKind kind, byte[] bytes, string? traceParent, (string Code, string Reason)? invalid, long nowUs) =>
        await transaction.ExecuteAsync(
            """
            INSERT INTO jobs (job_id, trigger_id, rule, kind, trainer, team, priority, pool, model, state, code, reason, request, trace_parent, requested_at_us, queued_at_us, finished_at_us)
            VALUES (@jobId, @TriggerId, @Rule, @kind, @Trainer, @Team, @Priority, @Pool, @Model, @state, @code, @reason, @bytes, @traceParent, @RequestedAtUs, @nowUs, @finished)
            ON CONFLICT DO NOTHING
            """,
            new
            {
                jobId,
                request.TriggerId,
                request.Rule,
                kind = kind.ToWord(),
                request.Trainer,
                request.Team,
                request.Priority,
                nowUs,
                request.Pool,
                request.Model,
                state = invalid is null ? "queued" : "failed",
                code = invalid?.Code,
                reason = invalid?.Reason ?? request.Reason,
                bytes,
                traceParent,
                request.RequestedAtUs,
                finished = invalid is null ? (long?)null : nowUs,
            }).ConfigureAwait(false) == 1;

    /// <summary>Puts a job back that ran when the process died.</summary>
    internal static Task RequeueRunningAsync(MetadataTransaction transaction, string jobId, long nowUs) => transaction.ExecuteAsync(
        """
        UPDATE jobs SET state = 'queued', not_before_us = 0, queued_at_us = @nowUs, stop_reason = NULL, reason = 'resumed after the process ended'
        WHERE job_id = @jobId AND state = 'running'
        """, new { jobId, nowUs });

    /// <summary>Jobs that run, as they were claimed.</summary>
    internal static async Task<IReadOnlyList<ClaimedJob>> ListRunningAsync(MetadataSession session) =>
        await session.QueryAsync<ClaimedJob>($"SELECT {Claimed} FROM jobs WHERE state = 'running'").ConfigureAwait(false);

    /// <summary>Jobs that were cancelled and whose last attempt is not known to have ended.</summary>
    internal static async Task<IReadOnlyList<ClaimedJob>> ListStoppingAsync(MetadataSession session) => await session.QueryAsync<ClaimedJob>(
        $"SELECT {Claimed} FROM jobs WHERE state = 'cancelled' AND job_id IN (SELECT job_id FROM job_usage WHERE ended_at_us IS NULL)").ConfigureAwait(false);

    /// <summary>Jobs that wait or run, and those whose last attempt has not ended although they were cancelled.</summary>
    internal static async Task<IReadOnlyList<UnfinishedJob>> ListUnfinishedAsync(MetadataSession session) => await session.QueryAsync<UnfinishedJob>(
        """
        SELECT job_id JobId, team Team, priority Priority, pool Pool, state State, queued_at_us QueuedAtUs, not_before_us NotBeforeUs, started_at_us StartedAtUs,
            preemptions Preemptions, CASE WHEN state = 'cancelled' THEN reason ELSE stop_reason END StopReason, request Request
        FROM jobs WHERE state IN ('queued', 'running') OR (state = 'cancelled' AND job_id IN (SELECT job_id FROM job_usage WHERE ended_at_us IS NULL))
        """).ConfigureAwait(false);

    /// <summary>Takes a job for an attempt in a pool; null when it does not wait any more.</summary>
    internal static Task<ClaimedJob?> ClaimAsync(MetadataTransaction transaction, string jobId, string pool, long nowUs) => transaction.FirstOrDefaultAsync<ClaimedJob>(
        $"""
        UPDATE jobs SET state = 'running', attempts = attempts + 1, pool = @pool, started_at_us = @nowUs, stop_reason = NULL, reason = 'attempt ' || (attempts + 1) || ' on ' || @pool
        WHERE job_id = @jobId AND state = 'queued'
        RETURNING {Claimed}
        """, new { jobId, pool, nowUs });

    /// <summary>Asks a running job to make room; it runs again later.</summary>
    /// <returns>Whether it runs.</returns>
    internal static async Task<bool> PreemptAsync(MetadataTransaction transaction, string jobId, string reason) => await transaction.ExecuteAsync(
        "UPDATE jobs SET stop_reason = COALESCE(stop_reason, @reason) WHERE job_id = @jobId AND state = 'running'", new { jobId, reason }).ConfigureAwait(false) == 1;

    /// <summary>When the next job may be tried again that may not yet; null when there is none.</summary>
    internal static Task<long?> NextStartUsAsync(MetadataSession session, long nowUs) =>
        session.ScalarAsync<long?>("SELECT MIN(not_before_us) FROM jobs WHERE state = 'queued' AND not_before_us > @nowUs", new { nowUs });

    /// <summary>Puts a job back for another attempt.</summary>
    internal static Task RequeueAsync(MetadataTransaction transaction, string jobId, int failures, string? code, string reason, long notBeforeUs, long nowUs, int preemptions = 0) =>
        transaction.ExecuteAsync(
            """
            UPDATE jobs SET state = 'queued', failures = @failures, code = @code, reason = @reason, not_before_us = @notBeforeUs, queued_at_us = @nowUs,
                preemptions = preemptions + @preemptions, stop_reason = NULL
            WHERE job_id = @jobId AND state = 'running'
            """,
            new { jobId, failures, code, reason, notBeforeUs, nowUs, preemptions });

    /// <summary>Gives a job up.</summary>
    internal static Task FailAsync(MetadataTransaction transaction, string jobId, int failures, string code, string reason, long nowUs) =>
        transaction.ExecuteAsync(
            "UPDATE jobs SET state = 'failed', failures = @failures, code = @code, reason = @reason, finished_at_us = @nowUs WHERE job_id = @jobId AND state = 'running'",
            new { jobId, failures, code, reason, nowUs });

    /// <summary>Ends a job with its model, or without one where its kind makes none.</summary>
    /// <exception cref="JobCancelledException">The job was cancelled meanwhile: nothing of the transaction may happen.</exception>
    internal static async Task SucceedAsync(MetadataTransaction transaction, string jobId, int? modelVersion, string reason, long nowUs)
    {
        int ended = await transaction.ExecuteAsync(
            """
            UPDATE jobs SET state = 'succeeded', model_version = @modelVersion, code = NULL, reason = @reason, finished_at_us = @nowUs
            WHERE job_id = @jobId AND state = 'running'
            """, new { jobId, modelVersion, reason, nowUs }).ConfigureAwait(false);
        if (ended == 0) throw new JobCancelledException();
    }

    /// <summary>Ends a job that has not ended, by somebody's decision.</summary>
    /// <returns>Whether it had not ended.</returns>
    internal static async Task<bool> CancelAsync(MetadataTransaction transaction, string jobId, string reason, long nowUs) =>
        await transaction.ExecuteAsync(
            "UPDATE jobs SET state = 'cancelled', reason = @reason, finished_at_us = @nowUs WHERE job_id = @jobId AND state IN ('queued', 'running')",
            new { jobId, reason, nowUs }).ConfigureAwait(false) == 1;

    /// <summary>Those of some jobs that were cancelled or asked to make room.</summary>
    internal static async Task<IReadOnlyList<StoppedJob>> ListStoppedAsync(MetadataSession session, IReadOnlyCollection<string> jobIds)
    {
        // A list as one parameter means different things to the two databases.
        var parameters = jobIds.Select((id, i) => KeyValuePair.Create($"id{i}", (object)id)).ToDictionary();
        return await session.QueryAsync<StoppedJob>(
            $"SELECT job_id JobId, state State, COALESCE(stop_reason, reason) Reason FROM jobs WHERE (state = 'cancelled' OR stop_reason IS NOT NULL) AND job_id IN ({string.Join(", ", parameters.Keys.Select(name => "@" + name))})", parameters)
            .ConfigureAwait(false);
    }

    /// <summary>A job taken for an attempt.</summary>
    internal sealed class ClaimedJob
    {
        public string JobId { get; init; } = "";
        public int Attempt { get; init; }
        public int Failures { get; init; }
        public int Preemptions { get; init; }
        public string Pool { get; init; } = "";
        public byte[] Request { get; init; } = [];
        public string? TraceParent { get; init; }
    }

    /// <summary>A job that has not ended.</summary>
    internal sealed class UnfinishedJob
    {
        public string JobId { get; init; } = "";
        public string Team { get; init; } = "";
        public int Priority { get; init; }
        public string Pool { get; init; } = "";
        public string State { get; init; } = "";
        public long QueuedAtUs { get; init; }
        public long NotBeforeUs { get; init; }
        public long? StartedAtUs { get; init; }
        public int Preemptions { get; init; }
        public string? StopReason { get; init; }
        public byte[] Request { get; init; } = [];
    }

    /// <summary>A job whose attempt is to end.</summary>
    internal sealed class StoppedJob
    {
        public string JobId { get; init; } = "";
        public string State { get; init; } = "";
        public string Reason { get; init; } = "";
    }

    private sealed class JobRow
    {
        public string JobId { get; init; } = "";
        public string TriggerId { get; init; } = "";
        public string Rule { get; init; } = "";
        public string Kind { get; init; } = "";
        public string Trainer { get; init; } = "";
        public string Team { get; init; } = "";
        public int Priority { get; init; }
        public int Preemptions { get; init; }
        public string Pool { get; init; } = "";
        public string Model { get; init; } = "";
        public int? ModelVersion { get; init; }
        public string State { get; init; } = "";
        public int Attempts { get; init; }
        public int Failures { get; init; }
        public string? Code { get; init; }
        public string Reason { get; init; } = "";
        public long RequestedAtUs { get; init; }
        public long? StartedAtUs { get; init; }
        public long? FinishedAtUs { get; init; }

        public JobEntry ToEntry() => new()
        {
            JobId = JobId,
            TriggerId = TriggerId,
            Rule = Rule,
            Kind = Enum.Parse<JobKind>(Kind, ignoreCase: true),
            Trainer = Trainer,
            Team = Team,
            Priority = Priority,
            Preemptions = Preemptions,
            Pool = Pool,
            Model = Model,
            ModelVersion = ModelVersion,
            State = Enum.Parse<JobState>(State, ignoreCase: true),
            Attempts = Attempts,
            Failures = Failures,
            Code = Code,
            Reason = Reason,
            RequestedAt = UnixMicros.ToTime(RequestedAtUs),
            StartedAt = StartedAtUs is { } started ? UnixMicros.ToTime(started) : null,
            FinishedAt = FinishedAtUs is { } finished ? UnixMicros.ToTime(finished) : null,
        };
    }
}
