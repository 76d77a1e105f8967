namespace Mesh.Commands.OnnxModels;

/// <summary>What is in a model.</summary>
public sealed record OnnxModelReport
{
    /// <summary>Size of the file.</summary>
    public required long Bytes { get; init; }

    /// <summary>Version of the intermediate representation.</summary>
    public required long IrVersion { get; init; }

    /// <summary>Version of the default operator set.</summary>
    public required long Opset { get; init; }

    /// <summary>Program that made it, with version.</summary>
    public required string Producer { get; init; }

    /// <summary>What it takes.</summary>
    public required IReadOnlyList<OnnxValueReport> Inputs { get; init; }

    /// <summary>What it gives.</summary>
    public required IReadOnlyList<OnnxValueReport> Outputs { get; init; }

    /// <summary>Elements of all initialisers.</summary>
    public required long Parameters { get; init; }

    /// <summary>Nodes per operator.</summary>
    public required IReadOnlyDictionary<string, int> Operators { get; init; }

    /// <summary>Operators that the built-in evaluator cannot run.</summary>
    public required IReadOnlyList<string> NotEvaluated { get; init; }

    /// <summary>Nodes in order, with the types and sizes that follow from the inputs.</summary>
    public required IReadOnlyList<OnnxNodeReport> Nodes { get; init; }

    /// <summary>The model's metadata.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>Why sizes could not be inferred, when they contradict each other.</summary>
    public string? ShapeProblem { get; init; }
}
