namespace Mesh.Commands.Topologies;

/// <summary>The topologies in force: asked of a server over HTTP, within it, or of a state directory that none has.</summary>
public interface ITopologies : IAsyncDisposable
{
    /// <summary>All that are or were in force, by name and version.</summary>
    Task<IReadOnlyList<TopologyView>> ListAsync(CancellationToken cancellationToken);

    /// <summary>One with its text; without a version the newest one in force. Null when unknown.</summary>
    Task<TopologyView?> FindAsync(string name, int? version, CancellationToken cancellationToken);

    /// <summary>What applying a topology would change. Changes nothing.</summary>
    /// <exception cref="Model.MeshException"><c>MESH11040</c> with every error of the file.</exception>
    Task<TopologyPlanView> PlanAsync(TopologyRequest request, CancellationToken cancellationToken);

    /// <summary>Brings a topology into force. One of the same name and version is drained first; the new one goes on from its offsets.</summary>
    /// <exception cref="Model.MeshException"><c>MESH11040</c> with every error of the file; <c>MESH2301</c> to <c>MESH2304</c> it collides with another in force.</exception>
    Task<TopologyPlanView> ApplyAsync(TopologyRequest request, CancellationToken cancellationToken);

    /// <summary>Takes a topology out of force; its tables stay.</summary>
    /// <exception cref="Model.MeshException"><c>MESH2305</c> it is not in force; <c>MESH2306</c> it is the last one; <c>MESH2307</c> several versions are.</exception>
    Task<TopologyView> RetireAsync(string name, RetireRequest request, CancellationToken cancellationToken);
}
