using Mesh.Commands.Queries;
using Mesh.Commands.Topologies;
using Mesh.Lakehouse;
using Mesh.Training.Pools;

namespace Mesh.Commands.Flow;

/// <summary>What the graph is made of.</summary>
internal sealed record FlowParts
{
    /// <summary>Topologies in force.</summary>
    public required IReadOnlyList<TopologyPlan> Plans { get; init; }

    /// <summary>Parts of the server.</summary>
    public required IReadOnlyList<StageView> Stages { get; init; }

    /// <summary>Tables there are.</summary>
    public required IReadOnlyList<TableIdentifier> Tables { get; init; }

    /// <summary>Pools that jobs run on.</summary>
    public required IReadOnlyList<PoolView> Pools { get; init; }

    /// <summary>Open dead letters by stage.</summary>
    public required IReadOnlyDictionary<string, long> OpenLetters { get; init; }

    /// <summary>What was measured; null before the first time.</summary>
    public required FlowMeasures? Measures { get; init; }
}
