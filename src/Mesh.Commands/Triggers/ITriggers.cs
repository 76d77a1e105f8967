using Mesh.Commands.Queries;
using Mesh.Commands.Topologies;
using Mesh.Trigger;

namespace Mesh.Commands.Triggers;

/// <summary>The trigger rules in force: asked of a server over HTTP, within it, or of a state directory that none has.</summary>
public interface ITriggers : IAsyncDisposable
{
    /// <summary>Where every rule stands, by name and product.</summary>
    Task<IReadOnlyList<TriggerStatus>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Why a rule fired or did not, newest first; null when there neither is nor was such a rule.</summary>
    Task<IReadOnlyList<TriggerDecision>?> ListDecisionsAsync(string rule, int limit, CancellationToken cancellationToken);

    /// <summary>A page of what rules decided.</summary>
    Task<Page<TriggerDecision>> ListDecisionsAsync(TriggerDecisionQuery query, CancellationToken cancellationToken);

    /// <summary>What the rules of a topology would do now. Fires nothing.</summary>
    /// <exception cref="Model.MeshException"><c>MESH11040</c> with every error of the file; <c>MESH6014</c> no server runs.</exception>
    Task<IReadOnlyList<TriggerStatus>> PlanAsync(TopologyRequest request, CancellationToken cancellationToken);

    /// <summary>Fires a rule by hand, for what was added since it last fired.</summary>
    /// <exception cref="Model.MeshException"><c>MESH6010</c> to <c>MESH6013</c> as of <see cref="TriggerEvaluator.FireByHandAsync"/>; <c>MESH6014</c> no server runs.</exception>
    Task<IReadOnlyList<TriggerFiring>> FireAsync(string rule, FireRequest request, CancellationToken cancellationToken);
}
