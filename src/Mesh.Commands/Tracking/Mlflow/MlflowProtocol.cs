using System.Text.Json.Nodes;
using Mesh.Training.Models;
using Mesh.Training.Tracking;
using Mesh.Training.Tracking.Artifacts;

namespace Mesh.Commands.Tracking.Mlflow;

/// <summary>
/// MLflow's REST interface 2.0 for logging and reading runs, and for reading registered models: which requests there are and what they answer.
/// Deciding about models is not among them.
/// </summary>
/// <remarks>Codes beside those of the stores: <c>MESH9330</c> the request is not understood, <c>MESH9331</c> governance decides that, <c>MESH9332</c> there is no such request.</remarks>
public sealed partial class MlflowProtocol
{
    private const int DefaultRuns = 1_000;
    private const string LoggedModelsTag = "mlflow.log-model.history";

    private readonly TrackingStore store;
    private readonly ArtifactStore artifacts;
    private readonly ModelStore models;
    private readonly Func<string, CancellationToken, Task<IReadOnlyDictionary<string, int>>> aliasesOf;
    private readonly Dictionary<(string Method, string Path), Func<MlflowArguments, CancellationToken, Task<JsonObject>>> requests = [];

    /// <param name="store">Experiments and runs.</param>
    /// <param name="artifacts">Artefacts.</param>
    /// <param name="models">The registry.</param>
    /// <param name="aliasesOf">Names of a model's versions.</param>
    public MlflowProtocol(
        TrackingStore store, ArtifactStore artifacts, ModelStore models, Func<string, CancellationToken, Task<IReadOnlyDictionary<string, int>>> aliasesOf)
    {
        this.store = store;
        this.artifacts = artifacts;
        this.models = models;
        this.aliasesOf = aliasesOf;
        AddExperiments();
        AddRuns();
        AddModels();
    }

    /// <summary>Artefacts.</summary>
    public ArtifactStore Artifacts => artifacts;

    /// <summary>Answers a request.</summary>
    /// <param name="method">Method.</param>
    /// <param name="path">Path below <c>mlflow/</c>.</param>
    /// <param name="arguments">What was sent.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<JsonObject> AnswerAsync(string method, string path, MlflowArguments arguments, CancellationToken cancellationToken)
    {
        if (requests.TryGetValue((method, path), out var run)) return run(arguments, cancellationToken);
        string[] others = [.. requests.Keys.Where(known => known.Path == path).Select(known => known.Method)];
        throw new TrackingException(
            "MESH9332",
            others.Length > 0 ? $"'{path}' is asked with {string.Join(" or ", others)}, not {method}." : $"This server does not know the request '{path}'; docs/tracking/README.md lists those it knows.",
            TrackingFault.Unknown);
    }

    private void Get(string path, Func<MlflowArguments, CancellationToken, Task<JsonObject>> run) => requests[("GET", path)] = run;

    private void Post(string path, Func<MlflowArguments, CancellationToken, Task<JsonObject>> run) => requests[("POST", path)] = run;

    private void Post(string path, Func<MlflowArguments, CancellationToken, ValueTask> run) => requests[("POST", path)] = async (arguments, cancellationToken) =>
    {
        await run(arguments, cancellationToken).ConfigureAwait(false);
        return [];
    };

    private void Refuse(string method, string path, string instead) => requests[(method, path)] = (_, _) => throw new TrackingException(
        "MESH9331", $"'{path}' is not for clients: versions are registered by jobs and moved by signed decisions under governance. {instead}", TrackingFault.Forbidden);

    private static RunView View(MlflowArguments arguments, string name) => arguments.Text(name) switch
    {
        null or "" or "ACTIVE_ONLY" or "1" => RunView.Active,
        "DELETED_ONLY" or "2" => RunView.Deleted,
        "ALL" or "3" => RunView.All,
        var other => throw MlflowArguments.Wrong($"'{name}' is '{other}', but should be ACTIVE_ONLY, DELETED_ONLY or ALL."),
    };

    private static int Count(MlflowArguments arguments, int otherwise) => (int)Math.Clamp(arguments.Whole("max_results") ?? otherwise, -1, int.MaxValue);

    private static JsonObject Page<T>(string name, RunPage<T> page, Func<T, JsonObject> show)
    {
        var answer = new JsonObject { [name] = new JsonArray([.. page.Items.Select(show)]) };
        if (page.NextPageToken is not null) answer["next_page_token"] = page.NextPageToken;
        return answer;
    }
}
