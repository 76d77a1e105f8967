using Mesh.Lakehouse.Metadata;

namespace Mesh.Training.Tracking;

public sealed partial class TrackingStore
{
    /// <summary>Most values of metrics that a run may bring.</summary>
    public const int MaxImportedMetrics = 1_000_000;

    /// <summary>Everything that was logged to a run; null when there is none.</summary>
    public ValueTask<RunDocument?> ExportAsync(string runId, CancellationToken cancellationToken)
    {
        TrackingLimits.CheckRunId(runId);
        return database.ReadAsync(
            async session =>
            {
                if (await session.FirstOrDefaultAsync<RunRow>($"SELECT {RunRow.Columns} {RunRow.From} WHERE r.run_id = @runId", new { runId }).ConfigureAwait(false) is not { } row) return null;
                var experiment = await LoadAsync(session, await RequireExperimentAsync(session, Text(row.ExperimentId)).ConfigureAwait(false)).ConfigureAwait(false);
                var metrics = await session.QueryAsync<MetricRow>(
                    $"SELECT {MetricRow.Columns} FROM tracking_metrics WHERE run_id = @runId ORDER BY key, step, time_ms, value, is_nan", new { runId }).ConfigureAwait(false);
                return new RunDocument
                {
                    Experiment = experiment.Name,
                    ExperimentTags = experiment.Tags,
                    Run = (await LoadRunsAsync(session, [row]).ConfigureAwait(false))[0],
                    Metrics = [.. metrics.Select(metric => metric.ToMetric())],
                };
            },
            cancellationToken);
    }

    /// <summary>
    /// Takes a run as it was elsewhere, under its own id, in one transaction; a run of that id stays as it is, so that bringing it again changes
    /// nothing. Its experiment is the one of the same name, made when there is none.
    /// </summary>
    public ValueTask<ImportOutcome> ImportAsync(RunDocument document, CancellationToken cancellationToken)
    {
        var run = document.Run;
        TrackingLimits.CheckRunId(run.RunId);
        TrackingLimits.CheckName("experiment", document.Experiment);
        TrackingLimits.CheckName("run", run.Name);
        if (run.User.Length > TrackingLimits.MaxNameLength) throw TrackingLimits.TooLong($"The user's name has more than {TrackingLimits.MaxNameLength} characters.");
        if (!Enum.IsDefined(run.Status)) throw TrackingLimits.Invalid($"The run {run.RunId} has no known state.");
        if (document.Metrics.Count > MaxImportedMetrics) throw TrackingLimits.TooLong($"The run {run.RunId} has {document.Metrics.Count:N0} values of metrics, more than {MaxImportedMetrics:N0}.");
        foreach (string key in document.Metrics.Select(metric => metric.Key).Distinct()) TrackingLimits.CheckKey("metric", key);
        foreach (var (key, value) in run.Parameters) TrackingLimits.CheckParameter(key, value);
        foreach (var (key, value) in run.Tags.Concat(document.ExperimentTags)) TrackingLimits.CheckTag(key, value);
        return database.WriteAsync(
            async transaction =>
            {
                var known = await transaction.FirstOrDefaultAsync<RunRow>($"SELECT {RunRow.Columns} {RunRow.From} WHERE r.run_id = @RunId", new { run.RunId }).ConfigureAwait(false);
                if (known is not null) return new ImportOutcome(run.RunId, false, known is { JobId: null, IsDeleted: 0 });

                long experiment = await EnsureExperimentAsync(transaction, document.Experiment).ConfigureAwait(false);
                foreach (var (key, value) in document.ExperimentTags) await SetExperimentTagAsync(transaction, experiment, key, value).ConfigureAwait(false);
                await InsertRunAsync(transaction, new RunInsert
                {
                    RunId = run.RunId,
                    ExperimentId = experiment,
                    Name = run.Name,
                    Status = Text(run.Status),
                    IsDeleted = run.IsDeleted ? 1 : 0,
                    UserId = run.User,
                    StartMs = ToMs(run.StartedAt),
                    EndMs = run.EndedAt is { } ended ? ToMs(ended) : null,
                    ArtifactUri = $"{ArtifactScheme}{experiment}/{run.RunId}/artifacts",
                    Origin = "import",
                }).ConfigureAwait(false);
                await AddParametersAsync(transaction, run.RunId, [.. run.Parameters]).ConfigureAwait(false);
                await AddMetricsAsync(transaction, run.RunId, document.Metrics).ConfigureAwait(false);
                foreach (var (key, value) in run.Tags) await SetTagAsync(transaction, run.RunId, key, value).ConfigureAwait(false);
                foreach (var input in run.Inputs) await AddInputAsync(transaction, run.RunId, input).ConfigureAwait(false);
                return new ImportOutcome(run.RunId, true, !run.IsDeleted);
            },
            cancellationToken);
    }
}
