namespace Mesh.Onnx.Pruning;

/// <summary>What <see cref="StructuredPruner"/> did.</summary>
public sealed record PruningReport
{
    /// <summary>What said which channels matter.</summary>
    public required PruningImportance Importance { get; init; }

    /// <summary>Layers that lost outputs.</summary>
    public required IReadOnlyList<PrunedLayer> Pruned { get; init; }

    /// <summary>Layers whose outputs could not be cut.</summary>
    public required IReadOnlyList<UntouchedLayer> Untouched { get; init; }

    /// <summary>The model as it was.</summary>
    public required ModelCost Before { get; init; }

    /// <summary>The model as it is.</summary>
    public required ModelCost After { get; init; }
}
