namespace Mesh.Training.Handoff.Contract;

/// <summary>An ONNX file that is shipped, and what it answers to the test vectors.</summary>
public sealed record ContractArtefact
{
    /// <summary>Path below the bundle.</summary>
    public required string Path { get; init; }

    /// <summary>SHA-256, lower-case hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Profile of the variant; empty for the model itself.</summary>
    public required string Profile { get; init; }

    /// <summary>What it is for: <c>model</c>, or <c>simulation</c> of what a vendor's tool makes.</summary>
    public required string Role { get; init; }

    /// <summary>Whether the reference evaluator answered; what it cannot run is verified on the target alone.</summary>
    public required bool Ran { get; init; }

    /// <summary>Why it did not; empty when it did.</summary>
    public required string Reason { get; init; }

    /// <summary>How far an answer may be from the one given here, as a number; outputs are in the units of the contract's outputs.</summary>
    public required double AbsoluteTolerance { get; init; }

    /// <summary>How far, as a share of the answer given here.</summary>
    public required double RelativeTolerance { get; init; }

    /// <summary>Largest difference from the model's answer over all vectors; 0 for the model itself.</summary>
    public required double MaxDeviation { get; init; }

    /// <summary>Answers: one map of outputs by name for each vector.</summary>
    public required IReadOnlyList<IReadOnlyDictionary<string, TensorText>> Outputs { get; init; }
}
