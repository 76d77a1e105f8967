namespace Mesh.Commands.Flow;

/// <summary>What flows through a running server.</summary>
public interface IFlow
{
    /// <summary>The system as it is now. Costs three small questions of the metadata database, however much there is; rates and lags are those measured last.</summary>
    /// <exception cref="Model.MeshException">The metadata database does not answer.</exception>
    Task<FlowView> GetAsync(CancellationToken cancellationToken);
}
