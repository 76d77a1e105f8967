using System.Globalization;
using System.Text.Json.Nodes;
using Mesh.Training.Models;
using Mesh.Training.Tracking;
using Mesh.Training.Tracking.Search;

namespace Mesh.Commands.Tracking.Mlflow;

public sealed partial class MlflowProtocol
{
    private void AddModels()
    {
        Get("registered-models/get", async (arguments, token) => new JsonObject
        {
            ["registered_model"] = await ModelAsync(await VersionsAsync(arguments.Required("name"), token).ConfigureAwait(false), token).ConfigureAwait(false),
        });
        Get("registered-models/search", SearchModelsAsync);
        Get("registered-models/list", SearchModelsAsync);
        Get("registered-models/get-latest-versions", LatestVersionsAsync);
        Post("registered-models/get-latest-versions", LatestVersionsAsync);
        Get("registered-models/alias", async (arguments, token) =>
        {
            string name = arguments.Required("name");
            string alias = arguments.Required("alias");
            var versions = await VersionsAsync(name, token).ConfigureAwait(false);
            var aliases = await aliasesOf(name, token).ConfigureAwait(false);
            return aliases.TryGetValue(alias, out int number) && versions.FirstOrDefault(version => version.Version == number) is { } found
                ? new JsonObject { ["model_version"] = await VersionAsync(found, aliases, token).ConfigureAwait(false) }
                : throw new TrackingException("MESH9303", $"'{alias}' is no alias of a version of {name}.", TrackingFault.Missing);
        });
        Get("model-versions/get", async (arguments, token) => new JsonObject { ["model_version"] = await VersionAsync(await RequireVersionAsync(arguments, token).ConfigureAwait(false), null, token).ConfigureAwait(false) });
        Get("model-versions/get-download-uri", async (arguments, token) => new JsonObject { ["artifact_uri"] = (await PlaceAsync(await RequireVersionAsync(arguments, token).ConfigureAwait(false), token).ConfigureAwait(false)).Source });
        Get("model-versions/search", SearchVersionsAsync);

        const string decide = "`mesh models promote`, `approve`, `reject` and `alias` decide; docs/governance/README.md says how.";
        foreach (string path in new[] { "registered-models/create", "model-versions/create" }) Refuse("POST", path, "A trigger rule or `mesh triggers fire RULE` asks for a job that makes a version; docs/triggers/README.md says how.");
        foreach (string path in new[] { "registered-models/rename", "registered-models/set-tag", "registered-models/alias", "model-versions/transition-stage", "model-versions/set-tag" }) Refuse("POST", path, decide);
        foreach (string path in new[] { "registered-models/update", "model-versions/update" }) Refuse("PATCH", path, decide);
        foreach (string path in new[] { "registered-models/delete", "registered-models/delete-tag", "registered-models/alias", "model-versions/delete", "model-versions/delete-tag" }) Refuse("DELETE", path, decide);
    }

    private async Task<JsonObject> SearchModelsAsync(MlflowArguments arguments, CancellationToken cancellationToken)
    {
        var filter = ModelFilter.Parse(arguments.Text("filter"));
        var found = new JsonArray();
        foreach (var group in (await models.ListAsync(null, cancellationToken).ConfigureAwait(false)).GroupBy(model => model.Name).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            if (filter.Lets(group.Key, null)) found.Add((JsonNode)await ModelAsync([.. group], cancellationToken).ConfigureAwait(false));
        }

        return new JsonObject { ["registered_models"] = found };
    }

    private async Task<JsonObject> SearchVersionsAsync(MlflowArguments arguments, CancellationToken cancellationToken)
    {
        var filter = ModelFilter.Parse(arguments.Text("filter"));
        var found = new JsonArray();
        foreach (var model in await models.ListAsync(null, cancellationToken).ConfigureAwait(false))
        {
            var (_, runId) = await PlaceAsync(model, cancellationToken).ConfigureAwait(false);
            if (filter.Lets(model.Name, runId)) found.Add((JsonNode)await VersionAsync(model, null, cancellationToken).ConfigureAwait(false));
        }

        return new JsonObject { ["model_versions"] = found };
    }

    private async Task<JsonObject> LatestVersionsAsync(MlflowArguments arguments, CancellationToken cancellationToken)
    {
        var stages = arguments.Texts("stages");
        var found = new JsonArray();
        foreach (var latest in Latest(await VersionsAsync(arguments.Required("name"), cancellationToken).ConfigureAwait(false)))
        {
            if (stages.Count == 0 || stages.Contains(StageOf(latest), StringComparer.OrdinalIgnoreCase)) found.Add((JsonNode)await VersionAsync(latest, null, cancellationToken).ConfigureAwait(false));
        }

        return new JsonObject { ["model_versions"] = found };
    }

    private async Task<IReadOnlyList<ModelEntry>> VersionsAsync(string name, CancellationToken cancellationToken)
    {
        var versions = await models.ListAsync(name, cancellationToken).ConfigureAwait(false);
        return versions.Count > 0 ? versions : throw new TrackingException("MESH9303", $"There is no registered model '{name}'. `mesh models list` shows those there are.", TrackingFault.Missing);
    }

    private async Task<ModelEntry> RequireVersionAsync(MlflowArguments arguments, CancellationToken cancellationToken)
    {
        string name = arguments.Required("name");
        long? version = arguments.Whole("version");
        return (await VersionsAsync(name, cancellationToken).ConfigureAwait(false)).FirstOrDefault(model => model.Version == version)
            ?? throw new TrackingException("MESH9303", $"The model '{name}' has no version {arguments.Text("version")}. `mesh models list` shows those there are.", TrackingFault.Missing);
    }

    private async Task<JsonObject> ModelAsync(IReadOnlyList<ModelEntry> versions, CancellationToken cancellationToken)
    {
        string name = versions[0].Name;
        var aliases = await aliasesOf(name, cancellationToken).ConfigureAwait(false);
        var latest = new JsonArray();
        foreach (var version in Latest(versions)) latest.Add((JsonNode)await VersionAsync(version, aliases, cancellationToken).ConfigureAwait(false));
        return new JsonObject
        {
            ["name"] = name,
            ["creation_timestamp"] = versions.Min(version => version.RegisteredAt).ToUnixTimeMilliseconds(),
            ["last_updated_timestamp"] = versions.Max(version => version.RegisteredAt).ToUnixTimeMilliseconds(),
            ["latest_versions"] = latest,
            ["aliases"] = new JsonArray([.. aliases.Select(alias => new JsonObject { ["alias"] = alias.Key, ["version"] = Text(alias.Value) })]),
        };
    }

    private async Task<JsonObject> VersionAsync(ModelEntry model, IReadOnlyDictionary<string, int>? aliases, CancellationToken cancellationToken)
    {
        aliases ??= await aliasesOf(model.Name, cancellationToken).ConfigureAwait(false);
        var (source, runId) = await PlaceAsync(model, cancellationToken).ConfigureAwait(false);
        var shown = new JsonObject
        {
            ["name"] = model.Name,
            ["version"] = Text(model.Version),
            ["creation_timestamp"] = model.RegisteredAt.ToUnixTimeMilliseconds(),
            ["last_updated_timestamp"] = model.RegisteredAt.ToUnixTimeMilliseconds(),
            ["current_stage"] = StageOf(model),
            ["description"] = model.Reason,
            ["source"] = source,
            ["status"] = "READY",
            ["tags"] = MlflowJson.Pairs(
            [
                new("mesh.lifecycle", model.LifecycleState), new("mesh.job.id", model.JobId), new("mesh.trigger.id", model.TriggerId), new("mesh.sha256", model.Sha256),
            ]),
            ["aliases"] = new JsonArray([.. aliases.Where(alias => alias.Value == model.Version).Select(alias => (JsonNode)alias.Key)]),
        };
        if (runId is not null) shown["run_id"] = runId;
        return shown;
    }

    // The files of a version are the output of the attempt that made it; those of older Meshes are where the registry has them.
    private async Task<(string Source, string? RunId)> PlaceAsync(ModelEntry model, CancellationToken cancellationToken) =>
        await store.FindRunOfJobAsync(model.JobId, cancellationToken).ConfigureAwait(false) is { } run ? ($"{run.ArtifactUri}/model", run.RunId) : (model.Uri, null);

    private static IEnumerable<ModelEntry> Latest(IEnumerable<ModelEntry> versions) => versions.GroupBy(StageOf).Select(group => group.MaxBy(version => version.Version)!);

    // MLflow's stages are fewer than the lifecycle's states; the state itself is a tag.
    private static string StageOf(ModelEntry model) => model.LifecycleState switch
    {
        "released" => "Production",
        "retired" or "rejected" => "Archived",
        "validated" or "approved" => "Staging",
        _ => "None",
    };

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
