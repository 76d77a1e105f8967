using System.Security.Cryptography;
using System.Text;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Training.Jobs;

namespace Mesh.Training.Tracking;

public sealed partial class TrackingStore
{
    /// <summary>Id of the run that is an attempt at a job: the same whoever asks, so that there is one.</summary>
    public static string RunIdOf(string jobId, int attempt) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"mesh.run/v1\n{jobId}\n{attempt}")))[..16]);

    /// <summary>The folder of a job's output that is the artefacts of its run; null for other runs.</summary>
    public ValueTask<string?> FindOutputFolderAsync(string runId, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.ScalarAsync<string>("SELECT output_folder FROM tracking_runs WHERE run_id = @runId", new { runId }), cancellationToken);

    /// <summary>The run of the attempt that made a job's result; null when there is none.</summary>
    public ValueTask<TrackedRun?> FindRunOfJobAsync(string jobId, CancellationToken cancellationToken) => database.ReadAsync(
        async session => await session.FirstOrDefaultAsync<RunRow>(
            $"SELECT {RunRow.Columns} {RunRow.From} WHERE r.job_id = @jobId AND r.status = 'FINISHED' ORDER BY r.attempt DESC LIMIT 1", new { jobId }).ConfigureAwait(false) is { } row
            ? row.ToRun()
            : null,
        cancellationToken);

    /// <summary>Begins the run of an attempt; the experiment has the name of the model. Nothing changes when it has begun.</summary>
    /// <returns>How far its metrics were read.</returns>
    internal ValueTask<long> BeginAttemptAsync(JobAttempt attempt, CancellationToken cancellationToken) => database.WriteAsync(
        async transaction =>
        {
            string runId = RunIdOf(attempt.JobId, attempt.Attempt);
            long? offset = await transaction.ScalarAsync<long?>("SELECT metrics_offset FROM tracking_runs WHERE run_id = @runId", new { runId }).ConfigureAwait(false);
            if (offset is not null) return offset.Value;

            var request = attempt.Request;
            long experiment = await EnsureExperimentAsync(transaction, request.Model.Length is > 0 and <= TrackingLimits.MaxNameLength ? request.Model : "jobs").ConfigureAwait(false);
            string name = FormattableString.Invariant($"{attempt.JobId[..Math.Min(12, attempt.JobId.Length)]}-attempt-{attempt.Attempt}");
            await InsertRunAsync(transaction, new RunInsert
            {
                RunId = runId,
                ExperimentId = experiment,
                Name = name,
                UserId = "mesh",
                StartMs = ToMs(attempt.StartedAt),
                ArtifactUri = $"{ArtifactScheme}{experiment}/{runId}/artifacts",
                Origin = "job",
                JobId = attempt.JobId,
                Attempt = attempt.Attempt,
                OutputFolder = attempt.Folder.OutputOf(attempt.Attempt),
            }).ConfigureAwait(false);
            await AddParametersAsync(transaction, runId, Fitting(request.Hyperparameters)).ConfigureAwait(false);
            foreach (var (key, value) in TagsOf(attempt).Append(new(RunNameTag, name)))
            {
                if (value.Length > 0) await SetTagAsync(transaction, runId, key, Cut(value)).ConfigureAwait(false);
            }

            return 0;
        },
        cancellationToken);

    /// <summary>Adds what was read of an attempt's metrics, and notes in the same transaction how far that was; what was noted before is not added again.</summary>
    internal ValueTask AddStreamedAsync(string runId, long from, MetricsBatch batch, CancellationToken cancellationToken)
    {
        long now = ToMs(time.GetUtcNow());
        LoggedMetric[] metrics = [.. batch.Points.Where(point => IsKey(point.Key)).Select(point => new LoggedMetric(point.Key, point.Value, point.Time is { } at ? ToMs(at) : now, point.Step))];
        return database.WriteAsync(
            async transaction =>
            {
                int moved = await transaction.ExecuteAsync(
                    "UPDATE tracking_runs SET metrics_offset = @Offset WHERE run_id = @runId AND metrics_offset = @from", new { runId, from, batch.Offset }).ConfigureAwait(false);
                if (moved == 1) await AddMetricsAsync(transaction, runId, metrics).ConfigureAwait(false);
            },
            cancellationToken);
    }

    /// <summary>Ends the run of an attempt; one that has ended stays as it is.</summary>
    internal ValueTask EndAttemptAsync(JobAttempt attempt, JobAttemptEnd end, DateTimeOffset endedAt, CancellationToken cancellationToken) => database.WriteAsync(
        async transaction =>
        {
            string runId = RunIdOf(attempt.JobId, attempt.Attempt);
            var status = end.Result switch
            {
                JobAttemptResult.Registered or JobAttemptResult.Done or JobAttemptResult.Kept => RunStatus.Finished,
                JobAttemptResult.Failed => RunStatus.Failed,
                _ => RunStatus.Killed,
            };
            int ended = await transaction.ExecuteAsync(
                "UPDATE tracking_runs SET status = @status, end_ms = @endMs WHERE run_id = @runId AND status = 'RUNNING'",
                new { runId, status = Text(status), endMs = ToMs(endedAt) }).ConfigureAwait(false);
            if (ended == 0) return;

            await AddResultAsync(transaction, runId, end, ToMs(endedAt)).ConfigureAwait(false);
            var tags = new Dictionary<string, string?>
            {
                ["mesh.result"] = end.Result.ToString().ToLowerInvariant(),
                ["mesh.reason"] = end.Reason,
                ["mesh.error.code"] = end.Code,
                ["mesh.model.version"] = end.Model is { } model ? FormattableString.Invariant($"{model.Version}") : null,
                ["mesh.model.state"] = end.Model?.State.ToString().ToLowerInvariant(),
                ["mesh.model.sha256"] = end.Model?.Sha256,
                ["mesh.framework"] = end.Card?.Framework,
                ["mesh.device"] = end.Card?.Device,
            };
            foreach (var (key, value) in tags)
            {
                if (!string.IsNullOrEmpty(value)) await SetTagAsync(transaction, runId, key, Cut(value)).ConfigureAwait(false);
            }
        },
        cancellationToken);

    /// <summary>Attempts whose run is missing or has not ended, of jobs that do not run.</summary>
    internal ValueTask<IReadOnlyList<OpenAttempt>> ListOpenAttemptsAsync(CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            var rows = await session.QueryAsync<JobAttemptsRow>(
                """
                SELECT j.job_id JobId, j.attempts Attempts, j.state State, j.code Code, j.reason Reason, j.request Request, j.model Model, j.model_version ModelVersion,
                    j.requested_at_us RequestedAtUs, j.started_at_us StartedAtUs, j.finished_at_us FinishedAtUs
                FROM jobs j WHERE j.attempts > 0 AND j.state <> 'running'
                    AND j.attempts > (SELECT COUNT(*) FROM tracking_runs r WHERE r.job_id = j.job_id AND r.status <> 'RUNNING')
                ORDER BY j.requested_at_us, j.job_id
                """).ConfigureAwait(false);
            var open = new List<OpenAttempt>();
            foreach (var row in rows)
            {
                var closed = (await session.QueryAsync<int>("SELECT attempt FROM tracking_runs WHERE job_id = @JobId AND status <> 'RUNNING'", new { row.JobId }).ConfigureAwait(false)).ToHashSet();
                var request = JobRequested.Parser.ParseFrom(row.Request);
                for (int attempt = 1; attempt <= row.Attempts; attempt++)
                {
                    if (closed.Contains(attempt)) continue;
                    bool isLast = attempt == row.Attempts;
                    open.Add(new OpenAttempt(
                        row.JobId, attempt, request, UnixMicros.ToTime(isLast ? row.StartedAtUs ?? row.RequestedAtUs : row.RequestedAtUs),
                        isLast && row.FinishedAtUs is { } finished ? UnixMicros.ToTime(finished) : null,
                        isLast ? EndOf(row) : null,
                        isLast && row is { State: "succeeded", ModelVersion: { } version } ? (row.Model, version) : null));
                }
            }

            return (IReadOnlyList<OpenAttempt>)open;
        },
        cancellationToken);

    // How the job's last attempt ended, as far as the job says so; a model says more.
    private static JobAttemptEnd? EndOf(JobAttemptsRow row) => row switch
    {
        { State: "failed" } => new JobAttemptEnd(JobAttemptResult.Failed, row.Reason) { Code = row.Code },
        { State: "cancelled" } => new JobAttemptEnd(JobAttemptResult.Cancelled, row.Reason),
        { State: "succeeded", ModelVersion: null } => new JobAttemptEnd(JobAttemptResult.Done, row.Reason),
        _ => null,
    };

    private static async Task AddResultAsync(MetadataTransaction transaction, string runId, JobAttemptEnd end, long endMs)
    {
        var parameters = end.Card?.Hyperparameters ?? end.Model?.Hyperparameters ?? new Dictionary<string, string>();
        var known = (await transaction.QueryAsync<string>("SELECT key FROM tracking_parameters WHERE run_id = @runId", new { runId }).ConfigureAwait(false)).ToHashSet();
        await AddParametersAsync(transaction, runId, [.. Fitting(parameters).Where(parameter => !known.Contains(parameter.Key))]).ConfigureAwait(false);

        // The result belongs to the last step; what was streamed last and is the same is not said twice.
        var metrics = end.Card?.Metrics ?? end.Model?.Metrics ?? new Dictionary<string, double>();
        var latest = (await transaction.QueryAsync<MetricRow>($"SELECT {MetricRow.Columns} FROM tracking_latest WHERE run_id = @runId", new { runId }).ConfigureAwait(false))
            .ToDictionary(row => row.Key, row => row.ToMetric());
        long step = latest.Count == 0 ? 0 : latest.Values.Max(metric => metric.Step);
        await AddMetricsAsync(transaction, runId,
        [
            .. metrics.Where(metric => IsKey(metric.Key) && !(latest.TryGetValue(metric.Key, out var last) && last.Value.Equals(metric.Value)))
                .Select(metric => new LoggedMetric(metric.Key, metric.Value, endMs, step)),
        ]).ConfigureAwait(false);
    }

    private static IEnumerable<KeyValuePair<string, string>> TagsOf(JobAttempt attempt)
    {
        var request = attempt.Request;
        yield return new("mlflow.user", "mesh");
        yield return new("mlflow.source.type", "JOB");
        yield return new("mlflow.source.name", request.Trainer);
        yield return new("mesh.job.id", attempt.JobId);
        yield return new("mesh.job.attempt", FormattableString.Invariant($"{attempt.Attempt}"));
        yield return new("mesh.job.pool", request.Pool);
        yield return new("mesh.trigger.id", request.TriggerId);
        yield return new("mesh.trigger.rule", request.Rule);
        yield return new("mesh.trigger.reason", request.Reason);
        yield return new("mesh.topology", request.Topology);
        yield return new("mesh.topology.version", request.TopologyVersion);
        yield return new("mesh.code.version", attempt.CodeVersion);
        yield return new("mesh.trainer", request.Trainer);
        yield return new("mesh.model.name", request.Model);
        foreach (var input in request.Inputs)
        {
            string key = $"mesh.snapshot.{input.Product}";
            if (IsKey(key)) yield return new(key, FormattableString.Invariant($"{input.Table}@{input.ToSnapshotId}, new since {input.FromSnapshotId}"));
        }
    }

    // A trainer may name things as it likes; what is no name or too long is in its files.
    private static KeyValuePair<string, string>[] Fitting(IEnumerable<KeyValuePair<string, string>> parameters) =>
        [.. parameters.Where(parameter => IsKey(parameter.Key) && parameter.Value.Length <= TrackingLimits.MaxParameterLength && !parameter.Value.Contains('\0'))];

    private static bool IsKey(string key)
    {
        try
        {
            TrackingLimits.CheckKey("metric", key);
            return true;
        }
        catch (TrackingException)
        {
            return false;
        }
    }

    private static string Cut(string value)
    {
        string text = value.Replace('\0', '\uFFFD');
        return text.Length <= TrackingLimits.MaxTagLength ? text : text[..(TrackingLimits.MaxTagLength - 2)].TrimEnd('\uD83D') + "…";
    }

    internal sealed record OpenAttempt(
        string JobId, int Attempt, JobRequested Request, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, JobAttemptEnd? End, (string Name, int Version)? Model);

    private sealed class JobAttemptsRow
    {
        public string JobId { get; init; } = "";
        public int Attempts { get; init; }
        public string State { get; init; } = "";
        public string? Code { get; init; }
        public string Reason { get; init; } = "";
        public byte[] Request { get; init; } = [];
        public string Model { get; init; } = "";
        public int? ModelVersion { get; init; }
        public long RequestedAtUs { get; init; }
        public long? StartedAtUs { get; init; }
        public long? FinishedAtUs { get; init; }
    }
}
