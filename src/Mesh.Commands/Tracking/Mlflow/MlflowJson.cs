using System.Globalization;
using System.Text.Json.Nodes;
using Mesh.Training.Tracking;

namespace Mesh.Commands.Tracking.Mlflow;

/// <summary>Runs and experiments as MLflow's REST interface shows them.</summary>
internal static class MlflowJson
{
    public static JsonObject Of(Experiment experiment) => new()
    {
        ["experiment_id"] = experiment.ExperimentId,
        ["name"] = experiment.Name,
        ["artifact_location"] = experiment.ArtifactLocation,
        ["lifecycle_stage"] = Stage(experiment.IsDeleted),
        ["creation_time"] = experiment.CreatedAt.ToUnixTimeMilliseconds(),
        ["last_update_time"] = experiment.UpdatedAt.ToUnixTimeMilliseconds(),
        ["tags"] = Pairs(experiment.Tags),
    };

    public static JsonObject Info(TrackedRun run)
    {
        var info = new JsonObject
        {
            ["run_uuid"] = run.RunId,
            ["run_id"] = run.RunId,
            ["run_name"] = run.Name,
            ["experiment_id"] = run.ExperimentId,
            ["user_id"] = run.User,
            ["status"] = run.Status.ToString().ToUpperInvariant(),
            ["start_time"] = run.StartedAt.ToUnixTimeMilliseconds(),
            ["artifact_uri"] = run.ArtifactUri,
            ["lifecycle_stage"] = Stage(run.IsDeleted),
        };
        if (run.EndedAt is { } ended) info["end_time"] = ended.ToUnixTimeMilliseconds();
        return info;
    }

    public static JsonObject Of(TrackedRun run) => new()
    {
        ["info"] = Info(run),
        ["data"] = new JsonObject
        {
            ["metrics"] = new JsonArray([.. run.Metrics.Select(Of)]),
            ["params"] = Pairs(run.Parameters),
            ["tags"] = Pairs(run.Tags),
        },
        ["inputs"] = new JsonObject
        {
            ["dataset_inputs"] = new JsonArray([.. run.Inputs.Select(Of)]),
        },
    };

    public static JsonObject Of(LoggedMetric metric) => new()
    {
        ["key"] = metric.Key,
        ["value"] = Of(metric.Value),
        ["timestamp"] = metric.TimeMs,
        ["step"] = metric.Step,
    };

    public static JsonArray Pairs(IEnumerable<KeyValuePair<string, string>> pairs) =>
        new([.. pairs.Select(pair => new JsonObject { ["key"] = pair.Key, ["value"] = pair.Value })]);

    // As the JSON form of protocol buffers has it.
    private static JsonNode Of(double value) => double.IsFinite(value) ? value : value.ToString(CultureInfo.InvariantCulture);

    private static JsonObject Of(RunInput input)
    {
        var dataset = new JsonObject { ["name"] = input.Name, ["digest"] = input.Digest, ["source_type"] = input.SourceType, ["source"] = input.Source };
        if (input.Schema is not null) dataset["schema"] = input.Schema;
        if (input.Profile is not null) dataset["profile"] = input.Profile;
        return new JsonObject { ["tags"] = Pairs(input.Tags), ["dataset"] = dataset };
    }

    private static string Stage(bool isDeleted) => isDeleted ? "deleted" : "active";
}
