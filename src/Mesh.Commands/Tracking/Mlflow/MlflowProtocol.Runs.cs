using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Training.Tracking;

namespace Mesh.Commands.Tracking.Mlflow;

public sealed partial class MlflowProtocol
{
    private const int MaxBulkRuns = 100;

    private void AddRuns()
    {
        Post("runs/create", async (arguments, token) => Run(await store.CreateRunAsync(
            arguments.Text("experiment_id") is { Length: > 0 } id ? id : TrackingStore.DefaultExperimentId, arguments.Text("run_name"), arguments.Text("user_id") ?? "",
            arguments.Time("start_time"), Last(arguments.Pairs("tags")), token).ConfigureAwait(false)));
        Get("runs/get", async (arguments, token) => Run(await store.GetRunAsync(arguments.RunId(), token).ConfigureAwait(false)));
        Post("runs/update", async (arguments, token) => new JsonObject
        {
            ["run_info"] = MlflowJson.Info(await store.UpdateRunAsync(
                arguments.RunId(), Status(arguments), arguments.Time("end_time"), arguments.Text("run_name"), token).ConfigureAwait(false)),
        });
        Post("runs/delete", (arguments, token) => store.SetRunDeletedAsync(arguments.RunId(), true, token));
        Post("runs/restore", (arguments, token) => store.SetRunDeletedAsync(arguments.RunId(), false, token));
        Post("runs/search", async (arguments, token) => Page(
            "runs",
            await store.SearchRunsAsync(
                arguments.Texts("experiment_ids"), arguments.Text("filter"), arguments.Texts("order_by"), View(arguments, "run_view_type"), Count(arguments, DefaultRuns),
                arguments.Text("page_token"), token).ConfigureAwait(false),
            MlflowJson.Of));
        Post("runs/log-metric", (arguments, token) => store.LogAsync(arguments.RunId(), [Metric(arguments)], [], [], token));
        Post("runs/log-parameter", (arguments, token) => store.LogAsync(arguments.RunId(), [], [new(arguments.Required("key"), arguments.Text("value") ?? "")], [], token));
        Post("runs/set-tag", (arguments, token) => store.LogAsync(arguments.RunId(), [], [], [new(arguments.Required("key"), arguments.Text("value") ?? "")], token));
        Post("runs/delete-tag", (arguments, token) => store.DeleteTagAsync(arguments.RunId(), arguments.Required("key"), token));
        Post("runs/log-batch", LogBatchAsync);
        Post("runs/log-inputs", (arguments, token) => store.LogInputsAsync(arguments.RunId(), [.. arguments.Items("datasets").Select(Input)], token));
        Post("runs/log-model", LogModelAsync);
        Get("metrics/get-history", async (arguments, token) => Page(
            "metrics",
            await HistoryAsync(arguments.RunId(), arguments.Required("metric_key"), arguments, token).ConfigureAwait(false),
            MlflowJson.Of));
        Get("metrics/get-history-bulk", HistoryOfRunsAsync);
        Get("metrics/get-history-bulk-interval", HistoryOfRunsAsync);
        Get("artifacts/list", async (arguments, token) =>
        {
            string runId = arguments.RunId();
            var run = await store.GetRunAsync(runId, token).ConfigureAwait(false);
            var found = await artifacts.ListAsync(runId, arguments.Text("path") ?? "", token).ConfigureAwait(false);
            return new JsonObject { ["root_uri"] = run.ArtifactUri, ["files"] = new JsonArray([.. found.Select(entry => MlflowArtifacts.Show(entry, entry.Path))]) };
        });
    }

    // Without a number of results every value is meant: a client that knows no pages would take the first for all.
    private async Task<RunPage<LoggedMetric>> HistoryAsync(string runId, string key, MlflowArguments arguments, CancellationToken cancellationToken)
    {
        string? token = arguments.Text("page_token");
        if (arguments.Whole("max_results") is not null || token is { Length: > 0 })
        {
            return await store.GetHistoryAsync(runId, key, Count(arguments, TrackingLimits.MaxHistoryResults), token, cancellationToken).ConfigureAwait(false);
        }

        var all = new List<LoggedMetric>();
        do
        {
            var page = await store.GetHistoryAsync(runId, key, TrackingLimits.MaxHistoryResults, token, cancellationToken).ConfigureAwait(false);
            all.AddRange(page.Items);
            token = page.NextPageToken;
        }
        while (token is not null);
        return new RunPage<LoggedMetric>(all, null);
    }

    private async Task<JsonObject> HistoryOfRunsAsync(MlflowArguments arguments, CancellationToken cancellationToken)
    {
        var ids = arguments.Texts("run_ids").Concat(arguments.Texts("run_id")).Distinct().ToList();
        if (ids.Count is 0 or > MaxBulkRuns) throw MlflowArguments.Wrong($"'run_ids' has {ids.Count} runs, but should have 1 to {MaxBulkRuns}.");
        int count = Math.Clamp(Count(arguments, 2_500), 1, TrackingLimits.MaxHistoryResults);
        var (from, to) = (arguments.Whole("start_step") ?? long.MinValue, arguments.Whole("end_step") ?? long.MaxValue);
        var metrics = new JsonArray();
        foreach (string id in ids)
        {
            foreach (var metric in await store.SampleHistoryAsync(id, arguments.Required("metric_key"), count, cancellationToken, from, to).ConfigureAwait(false))
            {
                var shown = MlflowJson.Of(metric);
                shown["run_id"] = id;
                metrics.Add((JsonNode)shown);
            }
        }

        return new JsonObject { ["metrics"] = metrics };
    }

    private async ValueTask LogBatchAsync(MlflowArguments arguments, CancellationToken cancellationToken)
    {
        var metrics = arguments.Items("metrics");
        var parameters = arguments.Pairs("params");
        var tags = arguments.Pairs("tags");
        Limit("metrics", metrics.Count, TrackingLimits.MaxMetricsPerBatch);
        Limit("params", parameters.Count, TrackingLimits.MaxParametersPerBatch);
        Limit("tags", tags.Count, TrackingLimits.MaxParametersPerBatch);
        Limit("metrics, params and tags together", metrics.Count + parameters.Count + tags.Count, TrackingLimits.MaxEntitiesPerBatch);
        foreach (var group in parameters.GroupBy(parameter => parameter.Key).Where(group => group.Select(parameter => parameter.Value).Distinct().Count() > 1))
        {
            throw new TrackingException("MESH9307", $"The batch gives the parameter '{group.Key}' two values.");
        }

        await store.LogAsync(arguments.RunId(), [.. metrics.Select(Metric)], parameters, tags, cancellationToken).ConfigureAwait(false);
    }

    // Clients tell which models a run logged as artefacts; they are kept as MLflow keeps them, in a tag.
    private async ValueTask LogModelAsync(MlflowArguments arguments, CancellationToken cancellationToken)
    {
        string runId = arguments.RunId();
        JsonNode? model;
        try
        {
            model = JsonNode.Parse(arguments.Required("model_json"));
        }
        catch (JsonException exception)
        {
            throw MlflowArguments.Wrong($"'model_json' is no JSON: {exception.Message}");
        }

        var run = await store.GetRunAsync(runId, cancellationToken).ConfigureAwait(false);
        JsonArray history;
        try
        {
            history = JsonNode.Parse(run.Tags.GetValueOrDefault(LoggedModelsTag, "[]")) as JsonArray ?? [];
        }
        catch (JsonException)
        {
            history = [];
        }

        history.Add(model);
        await store.LogAsync(runId, [], [], [new(LoggedModelsTag, history.ToJsonString())], cancellationToken).ConfigureAwait(false);
    }

    private static LoggedMetric Metric(MlflowArguments arguments)
    {
        string key = arguments.Required("key");
        return new LoggedMetric(
            key,
            arguments.Number("value") ?? throw MlflowArguments.Wrong($"The metric '{key}' has no value."),
            arguments.Whole("timestamp") ?? throw MlflowArguments.Wrong($"The metric '{key}' has no timestamp."),
            arguments.Whole("step") ?? 0);
    }

    private static RunInput Input(MlflowArguments arguments)
    {
        var dataset = arguments.Object("dataset") ?? throw MlflowArguments.Wrong("An input needs a 'dataset'.");
        return new RunInput
        {
            Name = dataset.Required("name"),
            Digest = dataset.Required("digest"),
            SourceType = dataset.Required("source_type"),
            Source = dataset.Text("source") ?? "",
            Schema = dataset.Text("schema"),
            Profile = dataset.Text("profile"),
            Tags = Last(arguments.Pairs("tags")),
        };
    }

    private static RunStatus? Status(MlflowArguments arguments)
    {
        string? text = arguments.Text("status");
        if (string.IsNullOrEmpty(text)) return null;
        return Enum.TryParse<RunStatus>(text, ignoreCase: true, out var status) && Enum.IsDefined(status)
            ? status
            : throw MlflowArguments.Wrong($"'status' is '{text}', but should be RUNNING, SCHEDULED, FINISHED, FAILED or KILLED.");
    }

    private static void Limit(string what, int count, int most)
    {
        if (count > most) throw new TrackingException("MESH9306", $"A batch logging request can contain at most {most:N0} {what}; this one has {count:N0}. Send it in pieces.");
    }

    private static JsonObject Run(TrackedRun run) => new() { ["run"] = MlflowJson.Of(run) };
}
