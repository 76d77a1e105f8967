using Mesh.Commands.Queries;
using Mesh.Commands.Topologies;
using Mesh.Lakehouse;
using Mesh.Streaming.DeadLetters;
using Mesh.Training.Pools;

namespace Mesh.Commands.Flow;

/// <summary>What flows through this server.</summary>
/// <param name="topologies">Topologies in force.</param>
/// <param name="stages">Parts of the server.</param>
/// <param name="tables">Tables of the lake.</param>
/// <param name="pools">Pools that jobs run on.</param>
/// <param name="letters">Dead letters.</param>
/// <param name="meter">Rates and lags.</param>
public sealed class LocalFlow(
    ActiveTopologies topologies, Func<IReadOnlyList<StageView>> stages, TableCatalogue tables, Func<CancellationToken, Task<IReadOnlyList<PoolView>>> pools,
    DeadLetterStore letters, FlowMeter meter) : IFlow
{
    /// <inheritdoc/>
    public async Task<FlowView> GetAsync(CancellationToken cancellationToken) => FlowGraph.Of(new FlowParts
    {
        Plans = topologies.Active,
        Stages = stages(),
        Tables = await tables.ListAsync(cancellationToken).ConfigureAwait(false),
        Pools = await pools(cancellationToken).ConfigureAwait(false),
        OpenLetters = await letters.CountOpenByStageAsync(cancellationToken).ConfigureAwait(false),
        Measures = meter.Current,
    });
}
