using Mesh.Kafka.Events;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Training.Jobs;

/// <summary>The jobs of mesh.db.</summary>
public sealed class JobStore
{
    private const string Columns =
        """
        job_id JobId, trigger_id TriggerId, rule Rule, trainer Trainer, pool Pool, model Model, model_version ModelVersion, state State,
        attempts Attempts, failures Failures, code Code, reason Reason, requested_at_us RequestedAtUs, started_at_us StartedAtUs,
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
    ];

    private readonly MetadataDatabase database;

    /// <param name="database">Where; the store creates its tables.</param>
    public JobStore(MetadataDatabase database)
    {
        this.database = database;
        database.Migrate("jobs", Scripts);
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

    /// <summary>Adds a job.</summary>
    /// <returns>False when there is one of that id.</returns>
    internal static async Task<bool> AddAsync(
        MetadataTransaction transaction, string jobId, JobRequested request, byte[] bytes, string? traceParent, string? invalid, long nowUs) =>
        await transaction.ExecuteAsync(
            """
            INSERT INTO jobs (job_id, trigger_id, rule, trainer, pool, model, state, code, reason, request, trace_parent, requested_at_us, finished_at_us)
            VALUES (@jobId, @TriggerId, @Rule, @Trainer, @Pool, @Model, @state, @code, @reason, @bytes, @traceParent, @RequestedAtUs, @finished)
            ON CONFLICT DO NOTHING
            """,
            new
            {
                jobId,
                request.TriggerId,
                request.Rule,
                request.Trainer,
                request.Pool,
                request.Model,
                state = invalid is null ? "queued" : "failed",
                code = invalid is null ? null : "MESH9001",
                reason = invalid ?? request.Reason,
                bytes,
                traceParent,
                request.RequestedAtUs,
                finished = invalid is null ? (long?)null : nowUs,
            }).ConfigureAwait(false) == 1;

    /// <summary>Puts jobs back that ran when the process died.</summary>
    internal static Task<int> RequeueRunningAsync(MetadataTransaction transaction) => transaction.ExecuteAsync(
        "UPDATE jobs SET state = 'queued', not_before_us = 0, reason = 'resumed after the process ended' WHERE state = 'running'");

    /// <summary>Takes the next job that may run.</summary>
    internal static Task<ClaimedJob?> ClaimAsync(MetadataTransaction transaction, long nowUs) => transaction.FirstOrDefaultAsync<ClaimedJob>(
        """
        UPDATE jobs SET state = 'running', attempts = attempts + 1, started_at_us = @nowUs, reason = 'attempt ' || (attempts + 1)
        WHERE job_id = (SELECT job_id FROM jobs WHERE state = 'queued' AND not_before_us <= @nowUs ORDER BY requested_at_us, job_id LIMIT 1)
        RETURNING job_id JobId, attempts Attempt, failures Failures, request Request, trace_parent TraceParent
        """, new { nowUs });

    /// <summary>When the next waiting job may run; null when none waits.</summary>
    internal static Task<long?> NextStartUsAsync(MetadataSession session) => session.ScalarAsync<long?>("SELECT MIN(not_before_us) FROM jobs WHERE state = 'queued'");

    /// <summary>Puts a job back for another attempt.</summary>
    internal static Task RequeueAsync(MetadataTransaction transaction, string jobId, int failures, string? code, string reason, long notBeforeUs) =>
        transaction.ExecuteAsync(
            "UPDATE jobs SET state = 'queued', failures = @failures, code = @code, reason = @reason, not_before_us = @notBeforeUs WHERE job_id = @jobId",
            new { jobId, failures, code, reason, notBeforeUs });

    /// <summary>Gives a job up.</summary>
    internal static Task FailAsync(MetadataTransaction transaction, string jobId, int failures, string code, string reason, long nowUs) =>
        transaction.ExecuteAsync(
            "UPDATE jobs SET state = 'failed', failures = @failures, code = @code, reason = @reason, finished_at_us = @nowUs WHERE job_id = @jobId",
            new { jobId, failures, code, reason, nowUs });

    /// <summary>Ends a job with its model.</summary>
    internal static Task SucceedAsync(MetadataTransaction transaction, string jobId, int modelVersion, string reason, long nowUs) =>
        transaction.ExecuteAsync(
            """
            UPDATE jobs SET state = 'succeeded', model_version = @modelVersion, code = NULL, reason = @reason, finished_at_us = @nowUs
            WHERE job_id = @jobId
            """, new { jobId, modelVersion, reason, nowUs });

    /// <summary>A job taken for an attempt.</summary>
    internal sealed class ClaimedJob
    {
        public string JobId { get; init; } = "";
        public int Attempt { get; init; }
        public int Failures { get; init; }
        public byte[] Request { get; init; } = [];
        public string? TraceParent { get; init; }
    }

    private sealed class JobRow
    {
        public string JobId { get; init; } = "";
        public string TriggerId { get; init; } = "";
        public string Rule { get; init; } = "";
        public string Trainer { get; init; } = "";
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
            Trainer = Trainer,
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
