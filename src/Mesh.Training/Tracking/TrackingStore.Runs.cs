using System.Globalization;
using System.Text.Json;
using Mesh.Lakehouse.Metadata;
using Mesh.Training.Tracking.Search;

namespace Mesh.Training.Tracking;

public sealed partial class TrackingStore
{
    /// <summary>Begins a run.</summary>
    /// <param name="experimentId">Its experiment.</param>
    /// <param name="name">Name; null for one made of the run's id.</param>
    /// <param name="user">Who runs it.</param>
    /// <param name="startedAt">When it began; null for now.</param>
    /// <param name="tags">Tags; <c>mlflow.runName</c> is its name.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public ValueTask<TrackedRun> CreateRunAsync(
        string experimentId, string? name, string user, DateTimeOffset? startedAt, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken)
    {
        string runId = Guid.NewGuid().ToString("N");
        tags.TryGetValue(RunNameTag, out string? tagged);
        if (!string.IsNullOrEmpty(name) && tagged is not null && name != tagged) throw TrackingLimits.Invalid($"The run is called '{name}', but its tag {RunNameTag} says '{tagged}'.");
        string called = string.IsNullOrEmpty(name) ? string.IsNullOrEmpty(tagged) ? $"run-{runId[..8]}" : tagged : name;
        TrackingLimits.CheckName("run", called);
        if (user.Length > TrackingLimits.MaxNameLength) throw TrackingLimits.TooLong($"The user's name has more than {TrackingLimits.MaxNameLength} characters.");
        foreach (var (key, value) in tags) CheckClientTag(key, value);
        return database.WriteAsync(
            async transaction =>
            {
                var experiment = await RequireActiveExperimentAsync(transaction, experimentId).ConfigureAwait(false);
                await InsertRunAsync(transaction, new RunInsert
                {
                    RunId = runId,
                    ExperimentId = experiment.Id,
                    Name = called,
                    UserId = user,
                    StartMs = ToMs(startedAt ?? time.GetUtcNow()),
                    ArtifactUri = $"{experiment.ArtifactLocation}/{runId}/artifacts",
                }).ConfigureAwait(false);
                foreach (var (key, value) in tags) await SetTagAsync(transaction, runId, key, value).ConfigureAwait(false);
                await SetTagAsync(transaction, runId, RunNameTag, called).ConfigureAwait(false);
                return (await LoadRunsAsync(transaction, [await RequireRunAsync(transaction, runId).ConfigureAwait(false)]).ConfigureAwait(false))[0];
            },
            cancellationToken);
    }

    /// <summary>A run with its last metrics, parameters, tags and inputs; deleted ones too.</summary>
    public ValueTask<TrackedRun> GetRunAsync(string runId, CancellationToken cancellationToken)
    {
        TrackingLimits.CheckRunId(runId);
        return database.ReadAsync(async session => (await LoadRunsAsync(session, [await RequireRunAsync(session, runId).ConfigureAwait(false)]).ConfigureAwait(false))[0], cancellationToken);
    }

    /// <summary>A run by its id, a unique beginning of it, or its name when only one has it; null when there is none.</summary>
    public ValueTask<TrackedRun?> FindRunAsync(string text, CancellationToken cancellationToken) => database.ReadAsync(
        async session => await session.QueryAsync<RunRow>(
            $"SELECT {RunRow.Columns} {RunRow.From} WHERE (substr(r.run_id, 1, length(@text)) = @text OR r.name = @text) AND @text <> '' LIMIT 2", new { text }).ConfigureAwait(false) is [var row]
            ? (await LoadRunsAsync(session, [row]).ConfigureAwait(false))[0]
            : null,
        cancellationToken);

    /// <summary>Runs that a filter lets through.</summary>
    /// <param name="experimentIds">Only of these experiments; null for all.</param>
    /// <param name="filter">Conditions in MLflow's language; null for none.</param>
    /// <param name="orderBy">What to sort by, such as <c>metrics.accuracy DESC</c>; then the newest first.</param>
    /// <param name="view">Deleted ones or not.</param>
    /// <param name="maxResults">Most runs.</param>
    /// <param name="pageToken">Where to go on; null for the beginning.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public ValueTask<RunPage<TrackedRun>> SearchRunsAsync(
        IReadOnlyList<string>? experimentIds, string? filter, IReadOnlyList<string> orderBy, RunView view, int maxResults, string? pageToken, CancellationToken cancellationToken)
    {
        CheckCount(maxResults, TrackingLimits.MaxSearchResults);
        if (orderBy.Count > FilterParser.MaxConditions) throw TrackingLimits.TooLong($"The order has more than {FilterParser.MaxConditions} terms.");
        var sql = new SearchSql(database, SearchScope.Runs, "run_id")
            .Add(FilterParser.Parse(filter, SearchScope.Runs))
            .Add([.. orderBy.Select(order => FilterParser.ParseOrder(order, SearchScope.Runs))]);
        long[] ids = [.. (experimentIds ?? []).Select(id => long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : throw NoExperiment(id)).Distinct().Take(10_000)];
        string question = $"runs\n{string.Join(',', ids)}\n{filter}\n{string.Join('\n', orderBy)}\n{view}";
        long offset = PageToken.Read(question, pageToken);
        if (experimentIds is not null && ids.Length == 0) return ValueTask.FromResult(new RunPage<TrackedRun>([], null));
        sql.Parameters["limit"] = maxResults + 1;
        sql.Parameters["offset"] = offset;
        // Whole numbers that were parsed as such need no parameter, of which databases take a limited number.
        string experiments = experimentIds is null ? "" : $" AND r.experiment_id IN ({string.Join(", ", ids)})";
        return database.ReadAsync(
            async session =>
            {
                var rows = await session.QueryAsync<RunRow>(
                    $"SELECT {RunRow.Columns} {RunRow.From} WHERE {Deleted("r", view)}{experiments}{sql.Where} ORDER BY {sql.Order}r.start_ms DESC, r.run_id LIMIT @limit OFFSET @offset",
                    sql.Parameters).ConfigureAwait(false);
                bool isMore = rows.Count > maxResults;
                return new RunPage<TrackedRun>(
                    await LoadRunsAsync(session, isMore ? rows[..maxResults] : rows).ConfigureAwait(false), isMore ? PageToken.Make(question, offset + maxResults) : null);
            },
            cancellationToken);
    }

    /// <summary>Changes what a run says of itself. The state of a job's run is Mesh's to tell: for such a run only the name is taken.</summary>
    public ValueTask<TrackedRun> UpdateRunAsync(string runId, RunStatus? status, DateTimeOffset? endedAt, string? name, CancellationToken cancellationToken)
    {
        TrackingLimits.CheckRunId(runId);
        if (!string.IsNullOrEmpty(name)) TrackingLimits.CheckName("run", name);
        return database.WriteAsync(
            async transaction =>
            {
                var row = await RequireActiveRunAsync(transaction, runId).ConfigureAwait(false);
                if (!string.IsNullOrEmpty(name)) await SetTagAsync(transaction, runId, RunNameTag, name).ConfigureAwait(false);
                if (row.JobId is null && (status is not null || endedAt is not null))
                {
                    await transaction.ExecuteAsync(
                        "UPDATE tracking_runs SET status = COALESCE(@status, status), end_ms = COALESCE(@ended, end_ms) WHERE run_id = @runId",
                        new { runId, status = status is { } known ? Text(known) : null, ended = endedAt is { } ended ? ToMs(ended) : (long?)null }).ConfigureAwait(false);
                }

                return (await LoadRunsAsync(transaction, [await RequireRunAsync(transaction, runId).ConfigureAwait(false)]).ConfigureAwait(false))[0];
            },
            cancellationToken);
    }

    /// <summary>Deletes a run, or restores it. Nothing of it is lost.</summary>
    public ValueTask SetRunDeletedAsync(string runId, bool isDeleted, CancellationToken cancellationToken)
    {
        TrackingLimits.CheckRunId(runId);
        return database.WriteAsync(
            async transaction =>
            {
                var row = await RequireRunAsync(transaction, runId).ConfigureAwait(false);
                if (!isDeleted) await RequireActiveExperimentAsync(transaction, Text(row.ExperimentId)).ConfigureAwait(false);
                await transaction.ExecuteAsync("UPDATE tracking_runs SET is_deleted = @deleted WHERE run_id = @runId", new { runId, deleted = isDeleted ? 1 : 0 }).ConfigureAwait(false);
            },
            cancellationToken);
    }

    private static async Task<RunRow> RequireRunAsync(MetadataSession session, string runId) => await session.FirstOrDefaultAsync<RunRow>(
        $"SELECT {RunRow.Columns} {RunRow.From} WHERE r.run_id = @runId", new { runId }).ConfigureAwait(false) ?? throw NoRun(runId);

    private static async Task<RunRow> RequireActiveRunAsync(MetadataSession session, string runId)
    {
        var row = await RequireRunAsync(session, runId).ConfigureAwait(false);
        return row.IsDeleted == 0 ? row : throw new TrackingException("MESH9304", $"The run {runId} must be in the 'active' state, but was deleted. Restore it first.");
    }

    private static Task<int> InsertRunAsync(MetadataTransaction transaction, RunInsert run) => transaction.ExecuteAsync(
        """
        INSERT INTO tracking_runs (run_id, experiment_id, name, status, is_deleted, user_id, start_ms, end_ms, artifact_uri, origin, job_id, attempt, output_folder)
        VALUES (@RunId, @ExperimentId, @Name, @Status, @IsDeleted, @UserId, @StartMs, @EndMs, @ArtifactUri, @Origin, @JobId, @Attempt, @OutputFolder)
        ON CONFLICT DO NOTHING
        """, run);

    private static async Task<IReadOnlyList<TrackedRun>> LoadRunsAsync(MetadataSession session, IReadOnlyList<RunRow> rows)
    {
        if (rows.Count == 0) return [];
        string[] ids = [.. rows.Select(row => row.RunId)];
        var parameters = await ByRunAsync<PairRow>(session, "SELECT run_id RunId, key Key, value Value FROM tracking_parameters WHERE run_id IN @ids", ids, row => row.RunId).ConfigureAwait(false);
        var tags = await ByRunAsync<PairRow>(session, "SELECT run_id RunId, key Key, value Value FROM tracking_tags WHERE run_id IN @ids", ids, row => row.RunId).ConfigureAwait(false);
        var metrics = await ByRunAsync<MetricRow>(session, $"SELECT {MetricRow.Columns} FROM tracking_latest WHERE run_id IN @ids ORDER BY key", ids, row => row.RunId).ConfigureAwait(false);
        var inputs = await ByRunAsync<InputRow>(session, "SELECT run_id RunId, content Content FROM tracking_inputs WHERE run_id IN @ids ORDER BY name, digest", ids, row => row.RunId).ConfigureAwait(false);
        return
        [
            .. rows.Select(row => row.ToRun() with
            {
                Parameters = Sorted(parameters[row.RunId]),
                Tags = Sorted(tags[row.RunId]),
                Metrics = [.. metrics[row.RunId].Select(metric => metric.ToMetric())],
                Inputs = [.. inputs[row.RunId].Select(input => JsonSerializer.Deserialize<RunInput>(input.Content, TrainingJson.Options)!)],
            }),
        ];
    }

    private static SortedDictionary<string, string> Sorted(IEnumerable<PairRow> rows)
    {
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var row in rows) sorted[row.Key] = row.Value;
        return sorted;
    }

    private sealed record RunInsert
    {
        public required string RunId { get; init; }
        public required long ExperimentId { get; init; }
        public required string Name { get; init; }
        public string Status { get; init; } = Text(RunStatus.Running);
        public int IsDeleted { get; init; }
        public string UserId { get; init; } = "";
        public required long StartMs { get; init; }
        public long? EndMs { get; init; }
        public required string ArtifactUri { get; init; }
        public string Origin { get; init; } = "client";
        public string? JobId { get; init; }
        public int? Attempt { get; init; }
        public string? OutputFolder { get; init; }
    }
}
