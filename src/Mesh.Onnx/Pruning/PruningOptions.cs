namespace Mesh.Onnx.Pruning;

/// <summary>How much of a model is cut away, and where.</summary>
public sealed record PruningOptions
{
    /// <summary>Share of channels to remove, from 0 to below 1 (default: 0.3). Rounding and what has to stay can make it less.</summary>
    public double Ratio { get; init; } = 0.3;

    /// <summary>Shares for the channels of single layers, by name of the node (default: none); layers that are cut together take the smallest.</summary>
    public IReadOnlyDictionary<string, double> LayerRatios { get; init; } = new Dictionary<string, double>();

    /// <summary>Whether the channels of all layers compete, so that some layers lose more than others (default: each layer loses its share).</summary>
    public bool Global { get; init; }

    /// <summary>Largest share that a layer loses when all compete (default: 0.8).</summary>
    public double MaxLayerRatio { get; init; } = 0.8;

    /// <summary>What says which channels matter least (default: L2).</summary>
    public PruningImportance Importance { get; init; } = PruningImportance.L2;

    /// <summary>Channels that are left are rounded up to a multiple of this (default: 1); 8 or 16 suits tensor cores.</summary>
    public int Multiple { get; init; } = 1;

    /// <summary>Nodes whose channels all stay, by name (default: none).</summary>
    public IReadOnlySet<string> KeptNodes { get; init; } = new HashSet<string>();
}
