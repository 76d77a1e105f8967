using Mesh.Commands.Configuration;
using Mesh.Commands.State;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Topologies;
using Mesh.Model;
using Mesh.Streaming.Topologies;

namespace Mesh.Commands.Topologies;

/// <summary>The topologies of a state directory on which no server runs: they can be looked at and compared with, not changed.</summary>
public sealed class StoredTopologies : ITopologies
{
    private readonly MetadataDatabase database;
    private readonly TopologyStore store;

    private StoredTopologies(MetadataDatabase database)
    {
        this.database = database;
        store = new TopologyStore(database);
    }

    /// <summary>Opens a state directory for reading.</summary>
    public static StoredTopologies OpenReadOnly(string folder, Settings settings)
    {
        using var state = StateDirectory.OpenForReading(folder);
        return new StoredTopologies(MetadataDatabase.Open(
            state.Database, settings[SettingKeys.CatalogueConnection].Text, settings[SettingKeys.CatalogueSchema].Text, readOnly: true));
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TopologyView>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await store.ListAsync(cancellationToken).ConfigureAwait(false)).Select(stored => TopologyView.Of(stored, withText: false))];

    /// <inheritdoc/>
    public Task<TopologyView?> FindAsync(string name, int? version, CancellationToken cancellationToken) => FindAsync(store, name, version, cancellationToken);

    /// <inheritdoc/>
    public async Task<TopologyPlanView> PlanAsync(TopologyRequest request, CancellationToken cancellationToken)
    {
        var active = (await store.ListAsync(cancellationToken).ConfigureAwait(false)).Where(stored => stored.IsActive)
            .Select(stored => TopologyPlan.Read(Topology.Parse(stored.Yaml, stored.FileName)));
        return TopologyComparison.Compare(TopologyPlan.Check(Topology.Parse(request.Yaml, request.FileName)), [.. active]);
    }

    /// <inheritdoc/>
    public Task<TopologyPlanView> ApplyAsync(TopologyRequest request, CancellationToken cancellationToken) => throw NoServer($"mesh up --topology {request.FileName}");

    /// <inheritdoc/>
    public Task<TopologyView> RetireAsync(string name, RetireRequest request, CancellationToken cancellationToken) => throw NoServer("mesh up");

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        database.Dispose();
        return ValueTask.CompletedTask;
    }

    internal static async Task<TopologyView?> FindAsync(TopologyStore store, string name, int? version, CancellationToken cancellationToken)
    {
        var named = (await store.ListAsync(cancellationToken).ConfigureAwait(false)).Where(stored => stored.Name == name && (version is null || stored.Version == version));
        return named.OrderBy(stored => stored.IsActive).ThenBy(stored => stored.Version).LastOrDefault() is { } found ? TopologyView.Of(found, withText: true) : null;
    }

    private static MeshException NoServer(string command) => new(
        "MESH2308", $"No server runs on this state directory, so nothing can be applied or retired. Start one: `{command}`.");
}
