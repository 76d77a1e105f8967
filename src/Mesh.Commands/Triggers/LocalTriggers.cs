using Mesh.Commands.Queries;
using Mesh.Commands.Topologies;
using Mesh.Model;
using Mesh.Streaming.Topologies;
using Mesh.Training.Pools;
using Mesh.Trigger;

namespace Mesh.Commands.Triggers;

/// <summary>The trigger rules within a server.</summary>
/// <param name="evaluator">Decides.</param>
/// <param name="rules">Rules in force.</param>
/// <param name="pools">Pools that planned jobs must be able to run on; null when they are not known.</param>
public sealed class LocalTriggers(TriggerEvaluator evaluator, Func<IReadOnlyList<TriggerRule>> rules, PoolSet? pools = null) : ITriggers
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<TriggerStatus>> ListAsync(CancellationToken cancellationToken) => await evaluator.ListAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<IReadOnlyList<TriggerDecision>?> ListDecisionsAsync(string rule, int limit, CancellationToken cancellationToken) =>
        DecisionsAsync(evaluator.Ledger, rules(), rule, limit, cancellationToken);

    /// <inheritdoc/>
    public async Task<Page<TriggerDecision>> ListDecisionsAsync(TriggerDecisionQuery query, CancellationToken cancellationToken) =>
        Page<TriggerDecision>.Of(await evaluator.Ledger.ListDecisionsAsync(query, cancellationToken).ConfigureAwait(false), query);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TriggerStatus>> PlanAsync(TopologyRequest request, CancellationToken cancellationToken)
    {
        var plan = TopologyPlan.Check(Topology.Parse(request.Yaml, request.FileName), pools);
        return await evaluator.PlanAsync(plan.Triggers, ProductNames.Of(plan.Topology).TableOf, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TriggerFiring>> FireAsync(string rule, FireRequest request, CancellationToken cancellationToken) =>
        await evaluator.FireByHandAsync(rule, request.Reason ?? "", cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal static async Task<IReadOnlyList<TriggerDecision>?> DecisionsAsync(
        TriggerLedger ledger, IReadOnlyList<TriggerRule> rules, string rule, int limit, CancellationToken cancellationToken)
    {
        var decisions = await ledger.ListDecisionsAsync(rule, limit, cancellationToken).ConfigureAwait(false);
        return decisions.Count > 0 || rules.Any(known => known.Name == rule) ? decisions : null;
    }

    internal static MeshException NoServer() => new("MESH6014", "No server runs on this state directory, so nothing can be planned or fired. Start one: `mesh up`.");
}
