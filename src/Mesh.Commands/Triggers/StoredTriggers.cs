using Mesh.Commands.Configuration;
using Mesh.Commands.Queries;
using Mesh.Commands.State;
using Mesh.Commands.Topologies;
using Mesh.Lakehouse.Metadata;
using Mesh.Streaming.Topologies;
using Mesh.Trigger;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Commands.Triggers;

/// <summary>The trigger rules of a state directory on which no server runs: they can be looked at.</summary>
public sealed class StoredTriggers : ITriggers
{
    private readonly MetadataDatabase database;
    private readonly IReadOnlyList<TriggerRule> rules;
    private readonly TriggerEvaluator evaluator;

    private StoredTriggers(MetadataDatabase database, IReadOnlyList<Topology> topologies)
    {
        this.database = database;
        rules = ActiveTopologies.TriggersOf(topologies.Select(topology => TopologyPlan.Read(topology)));
        var products = ProductNames.Of(topologies);
        evaluator = new TriggerEvaluator(database, () => rules, products.TableOf, NullLogger.Instance, TimeProvider.System, tables: null, new FiredJobs(database, TimeProvider.System));
    }

    /// <summary>Opens a state directory for reading.</summary>
    public static StoredTriggers OpenReadOnly(string folder, Settings settings)
    {
        using var state = StateDirectory.OpenForReading(folder);
        var database = MetadataDatabase.Open(
            state.Database, settings[SettingKeys.CatalogueConnection].Text, settings[SettingKeys.CatalogueSchema].Text, readOnly: true);
        return new StoredTriggers(database, RunningTopology.Read(state));
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TriggerStatus>> ListAsync(CancellationToken cancellationToken) => await evaluator.ListAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<IReadOnlyList<TriggerDecision>?> ListDecisionsAsync(string rule, int limit, CancellationToken cancellationToken) =>
        LocalTriggers.DecisionsAsync(evaluator.Ledger, rules, rule, limit, cancellationToken);

    /// <inheritdoc/>
    public async Task<Page<TriggerDecision>> ListDecisionsAsync(TriggerDecisionQuery query, CancellationToken cancellationToken) =>
        Page<TriggerDecision>.Of(await evaluator.Ledger.ListDecisionsAsync(query, cancellationToken).ConfigureAwait(false), query);

    /// <inheritdoc/>
    public Task<IReadOnlyList<TriggerStatus>> PlanAsync(TopologyRequest request, CancellationToken cancellationToken) => throw LocalTriggers.NoServer();

    /// <inheritdoc/>
    public Task<IReadOnlyList<TriggerFiring>> FireAsync(string rule, FireRequest request, CancellationToken cancellationToken) => throw LocalTriggers.NoServer();

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        database.Dispose();
        return ValueTask.CompletedTask;
    }
}
