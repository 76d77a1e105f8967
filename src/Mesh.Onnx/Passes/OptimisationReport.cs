namespace Mesh.Onnx.Passes;

/// <summary>What <see cref="GraphOptimiser"/> did.</summary>
public sealed record OptimisationReport
{
    /// <summary>Nodes before.</summary>
    public required int NodesBefore { get; init; }

    /// <summary>Nodes after.</summary>
    public required int NodesAfter { get; init; }

    /// <summary>Nodes removed because they only passed their input on.</summary>
    public required int Identities { get; init; }

    /// <summary>Nodes whose result became a constant.</summary>
    public required int Constants { get; init; }

    /// <summary>Batch normalisations put into the layer before them.</summary>
    public required int Normalisations { get; init; }

    /// <summary>Nodes and initialisers removed because nobody used them.</summary>
    public required int Unused { get; init; }
}
