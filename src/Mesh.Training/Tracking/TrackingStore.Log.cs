using System.Text;
using Mesh.Lakehouse.Metadata;

namespace Mesh.Training.Tracking;

public sealed partial class TrackingStore
{
    private const int RowsPerStatement = 100;

    /// <summary>Logs metrics, parameters and tags in one transaction: all or none.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="metrics">Values; one that was logged before is not there twice.</param>
    /// <param name="parameters">Parameters; one that has another value already refuses all.</param>
    /// <param name="tags">Tags; a later value replaces an earlier one.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public ValueTask LogAsync(
        string runId, IReadOnlyList<LoggedMetric> metrics, IReadOnlyList<KeyValuePair<string, string>> parameters, IReadOnlyList<KeyValuePair<string, string>> tags, CancellationToken cancellationToken)
    {
        TrackingLimits.CheckRunId(runId);
        foreach (var metric in metrics) TrackingLimits.CheckKey("metric", metric.Key);
        foreach (var (key, value) in parameters) TrackingLimits.CheckParameter(key, value);
        foreach (var (key, value) in tags) CheckClientTag(key, value);
        return database.WriteAsync(
            async transaction =>
            {
                await RequireActiveRunAsync(transaction, runId).ConfigureAwait(false);
                await AddParametersAsync(transaction, runId, parameters).ConfigureAwait(false);
                await AddMetricsAsync(transaction, runId, metrics).ConfigureAwait(false);
                foreach (var (key, value) in tags) await SetTagAsync(transaction, runId, key, value).ConfigureAwait(false);
            },
            cancellationToken);
    }

    /// <summary>Notes data sets that a run read; one that was noted before stays as it is.</summary>
    public ValueTask LogInputsAsync(string runId, IReadOnlyList<RunInput> inputs, CancellationToken cancellationToken)
    {
        TrackingLimits.CheckRunId(runId);
        if (inputs.Count > TrackingLimits.MaxEntitiesPerBatch) throw TrackingLimits.TooLong($"The batch has {inputs.Count:N0} data sets, more than {TrackingLimits.MaxEntitiesPerBatch:N0}.");
        foreach (var input in inputs)
        {
            TrackingLimits.CheckName("data set", input.Name);
            TrackingLimits.CheckName("data set's digest", input.Digest);
            TrackingLimits.CheckParameter("source", input.SourceType);
            if (input.Source.Length + (input.Schema?.Length ?? 0) + (input.Profile?.Length ?? 0) > 1 << 20) throw TrackingLimits.TooLong($"The data set '{input.Name}' is described in more than 1 MiB.");
            foreach (var (key, value) in input.Tags) TrackingLimits.CheckTag(key, value);
        }

        return database.WriteAsync(
            async transaction =>
            {
                await RequireActiveRunAsync(transaction, runId).ConfigureAwait(false);
                foreach (var input in inputs) await AddInputAsync(transaction, runId, input).ConfigureAwait(false);
            },
            cancellationToken);
    }

    /// <summary>Removes a tag.</summary>
    public ValueTask DeleteTagAsync(string runId, string key, CancellationToken cancellationToken)
    {
        TrackingLimits.CheckRunId(runId);
        CheckClientTag(key, "");
        return database.WriteAsync(
            async transaction =>
            {
                await RequireActiveRunAsync(transaction, runId).ConfigureAwait(false);
                if (await transaction.ExecuteAsync("DELETE FROM tracking_tags WHERE run_id = @runId AND key = @key", new { runId, key }).ConfigureAwait(false) == 0)
                {
                    throw new TrackingException("MESH9303", $"The run {runId} has no tag '{key}'.", TrackingFault.Missing);
                }
            },
            cancellationToken);
    }

    /// <summary>The values of a metric, by step and time.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="key">The metric.</param>
    /// <param name="maxResults">Most values.</param>
    /// <param name="pageToken">Where to go on; null for the beginning.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public ValueTask<RunPage<LoggedMetric>> GetHistoryAsync(string runId, string key, int maxResults, string? pageToken, CancellationToken cancellationToken)
    {
        TrackingLimits.CheckRunId(runId);
        TrackingLimits.CheckKey("metric", key);
        CheckCount(maxResults, TrackingLimits.MaxHistoryResults);
        string question = $"history\n{runId}\n{key}";
        long offset = PageToken.Read(question, pageToken);
        return database.ReadAsync(
            async session =>
            {
                await RequireRunAsync(session, runId).ConfigureAwait(false);
                var rows = await session.QueryAsync<MetricRow>(
                    $"SELECT {MetricRow.Columns} FROM tracking_metrics WHERE run_id = @runId AND key = @key ORDER BY step, time_ms, value, is_nan LIMIT @limit OFFSET @offset",
                    new { runId, key, limit = maxResults + 1, offset }).ConfigureAwait(false);
                return new RunPage<LoggedMetric>(
                    [.. rows.Take(maxResults).Select(row => row.ToMetric())], rows.Count > maxResults ? PageToken.Make(question, offset + maxResults) : null);
            },
            cancellationToken);
    }

    /// <summary>About so many values of a metric, spread evenly over its steps, the first and the last among them.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="key">The metric.</param>
    /// <param name="count">How many.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <param name="fromStep">First step.</param>
    /// <param name="toStep">Last step.</param>
    public ValueTask<IReadOnlyList<LoggedMetric>> SampleHistoryAsync(
        string runId, string key, int count, CancellationToken cancellationToken, long fromStep = long.MinValue, long toStep = long.MaxValue)
    {
        TrackingLimits.CheckRunId(runId);
        TrackingLimits.CheckKey("metric", key);
        return database.ReadAsync(
            async session => (IReadOnlyList<LoggedMetric>)[.. (await session.QueryAsync<MetricRow>(
                $"""
                SELECT {MetricRow.Columns} FROM (
                    SELECT m.*, ROW_NUMBER() OVER (ORDER BY step, time_ms, value) - 1 AS place, COUNT(*) OVER () AS total FROM tracking_metrics m
                    WHERE run_id = @runId AND key = @key AND step BETWEEN @fromStep AND @toStep) numbered
                WHERE total <= @count OR place % ((total + @count - 1) / @count) = 0 OR place = total - 1 ORDER BY step, time_ms, value
                """, new { runId, key, fromStep, toStep, count = (long)Math.Clamp(count, 1, TrackingLimits.MaxHistoryResults) }).ConfigureAwait(false)).Select(row => row.ToMetric())],
            cancellationToken);
    }

    private static void CheckClientTag(string key, string value)
    {
        TrackingLimits.CheckTag(key, value);
        if (key.StartsWith(OwnTags, StringComparison.Ordinal)) throw new TrackingException("MESH9311", $"The tag '{key}' is Mesh's own: names that begin with '{OwnTags}' say which job a run is. Choose another name.", TrackingFault.Forbidden);
    }

    private static async Task SetTagAsync(MetadataTransaction transaction, string runId, string key, string value)
    {
        await transaction.ExecuteAsync(
            "INSERT INTO tracking_tags (run_id, key, value) VALUES (@runId, @key, @value) ON CONFLICT (run_id, key) DO UPDATE SET value = excluded.value", new { runId, key, value }).ConfigureAwait(false);
        // The name is kept in both places, as clients look in either.
        if (key == RunNameTag && value.Length is > 0 and <= TrackingLimits.MaxNameLength)
        {
            await transaction.ExecuteAsync("UPDATE tracking_runs SET name = @value WHERE run_id = @runId", new { runId, value }).ConfigureAwait(false);
        }
    }

    private static Task AddInputAsync(MetadataTransaction transaction, string runId, RunInput input) => transaction.ExecuteAsync(
        "INSERT INTO tracking_inputs (run_id, name, digest, context, content) VALUES (@runId, @Name, @Digest, @context, @content) ON CONFLICT DO NOTHING",
        new { runId, input.Name, input.Digest, context = input.Tags.GetValueOrDefault("mlflow.data.context", ""), content = Json(input) });

    private static async Task AddParametersAsync(MetadataTransaction transaction, string runId, IReadOnlyList<KeyValuePair<string, string>> parameters)
    {
        foreach (var (key, value) in parameters)
        {
            string? before = await transaction.ScalarAsync<string>("SELECT value FROM tracking_parameters WHERE run_id = @runId AND key = @key", new { runId, key }).ConfigureAwait(false);
            if (before == value) continue;
            if (before is not null)
            {
                throw new TrackingException("MESH9307", $"The parameter '{key}' of run {runId} is '{TrackingLimits.Printable(before)}' already and does not change to '{TrackingLimits.Printable(value)}'. Begin another run, or log what changes as a metric or tag.");
            }

            await transaction.ExecuteAsync("INSERT INTO tracking_parameters (run_id, key, value) VALUES (@runId, @key, @value)", new { runId, key, value }).ConfigureAwait(false);
        }
    }

    private static async Task AddMetricsAsync(MetadataTransaction transaction, string runId, IReadOnlyList<LoggedMetric> metrics)
    {
        foreach (var piece in metrics.Chunk(RowsPerStatement))
        {
            var sql = new StringBuilder("INSERT INTO tracking_metrics (run_id, key, step, time_ms, value, is_nan) VALUES ");
            var values = new Dictionary<string, object> { ["runId"] = runId };
            for (int i = 0; i < piece.Length; i++)
            {
                sql.Append(i == 0 ? "" : ", ").Append(System.Globalization.CultureInfo.InvariantCulture, $"(@runId, @k{i}, @s{i}, @t{i}, @v{i}, @n{i})");
                values[$"k{i}"] = piece[i].Key;
                values[$"s{i}"] = piece[i].Step;
                values[$"t{i}"] = piece[i].TimeMs;
                // SQLite keeps no NaN.
                values[$"v{i}"] = double.IsNaN(piece[i].Value) ? 0.0 : piece[i].Value;
                values[$"n{i}"] = double.IsNaN(piece[i].Value) ? 1 : 0;
            }

            await transaction.ExecuteAsync(sql.Append(" ON CONFLICT DO NOTHING").ToString(), values).ConfigureAwait(false);
        }

        foreach (var last in metrics.GroupBy(metric => metric.Key, StringComparer.Ordinal).Select(group => group.MaxBy(metric => (metric.Step, metric.TimeMs, metric.Value))!))
        {
            await transaction.ExecuteAsync(
                """
                INSERT INTO tracking_latest (run_id, key, step, time_ms, value, is_nan) VALUES (@runId, @Key, @Step, @TimeMs, @value, @nan)
                ON CONFLICT (run_id, key) DO UPDATE SET step = excluded.step, time_ms = excluded.time_ms, value = excluded.value, is_nan = excluded.is_nan
                WHERE (excluded.step, excluded.time_ms, excluded.value) >= (tracking_latest.step, tracking_latest.time_ms, tracking_latest.value)
                """,
                new { runId, last.Key, last.Step, last.TimeMs, value = double.IsNaN(last.Value) ? 0.0 : last.Value, nan = double.IsNaN(last.Value) ? 1 : 0 }).ConfigureAwait(false);
        }
    }
}
