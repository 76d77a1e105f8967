using System.Text.Json.Nodes;
using Mesh.Training.Tracking;

namespace Mesh.Commands.Tracking.Mlflow;

public sealed partial class MlflowProtocol
{
    private void AddExperiments()
    {
        Post("experiments/create", async (arguments, token) => new JsonObject
        {
            ["experiment_id"] = await store.CreateExperimentAsync(
                arguments.Required("name"), arguments.Text("artifact_location"), Last(arguments.Pairs("tags")), token).ConfigureAwait(false),
        });
        Get("experiments/get", async (arguments, token) => Experiment(await store.GetExperimentAsync(arguments.Required("experiment_id"), token).ConfigureAwait(false)));
        Get("experiments/get-by-name", async (arguments, token) =>
        {
            string name = arguments.Required("experiment_name");
            return Experiment(await store.FindExperimentAsync(name, token).ConfigureAwait(false)
                ?? throw new TrackingException("MESH9301", $"Could not find experiment with name '{name}'.", TrackingFault.Missing));
        });
        Post("experiments/search", SearchExperimentsAsync);
        Get("experiments/search", SearchExperimentsAsync);
        Get("experiments/list", SearchExperimentsAsync);
        Post("experiments/update", (arguments, token) => store.RenameExperimentAsync(arguments.Required("experiment_id"), arguments.Required("new_name"), token));
        Post("experiments/delete", (arguments, token) => store.SetExperimentDeletedAsync(arguments.Required("experiment_id"), true, token));
        Post("experiments/restore", (arguments, token) => store.SetExperimentDeletedAsync(arguments.Required("experiment_id"), false, token));
        Post("experiments/set-experiment-tag", (arguments, token) =>
            store.SetExperimentTagAsync(arguments.Required("experiment_id"), arguments.Required("key"), arguments.Text("value") ?? "", token));
    }

    private async Task<JsonObject> SearchExperimentsAsync(MlflowArguments arguments, CancellationToken cancellationToken) => Page(
        "experiments",
        await store.SearchExperimentsAsync(
            arguments.Text("filter"), arguments.Texts("order_by"), View(arguments, "view_type"), Count(arguments, DefaultRuns), arguments.Text("page_token"), cancellationToken).ConfigureAwait(false),
        MlflowJson.Of);

    private static JsonObject Experiment(Experiment experiment) => new() { ["experiment"] = MlflowJson.Of(experiment) };

    private static Dictionary<string, string> Last(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        var last = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in pairs) last[key] = value;
        return last;
    }
}
