namespace Mesh.Training.Handoff.Contract;

/// <summary>What goes in and comes out, <c>contract.json</c>, <c>mesh.contract/v1</c> (<c>schemas/handoff-contract.schema.json</c>).</summary>
public sealed record ModelContract
{
    /// <summary>The form's name and version.</summary>
    public const string SchemaName = "mesh.contract/v1";

    /// <summary>Always <see cref="SchemaName"/>.</summary>
    public string Schema { get; init; } = SchemaName;

    /// <summary><c>NAME@VERSION</c>.</summary>
    public required string Model { get; init; }

    /// <summary>Default operator set of the model.</summary>
    public required long Opset { get; init; }

    /// <summary>Inputs in the model's order.</summary>
    public required IReadOnlyList<ContractValue> Inputs { get; init; }

    /// <summary>Outputs in the model's order.</summary>
    public required IReadOnlyList<ContractValue> Outputs { get; init; }

    /// <summary>Names of the classes in the order of the outputs' last dimension; none when the model does not say.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>What has to be done before the model, for people.</summary>
    public required string Preprocessing { get; init; }

    /// <summary>Files that say it in detail.</summary>
    public required IReadOnlyList<string> PreprocessingFiles { get; init; }

    /// <summary>What has to be done after the model, for people.</summary>
    public required string Postprocessing { get; init; }

    /// <summary>The variants.</summary>
    public required IReadOnlyList<ContractTarget> Targets { get; init; }

    /// <summary>Where the test vectors come from.</summary>
    public required string VectorSource { get; init; }

    /// <summary>What answered them.</summary>
    public required string Runtime { get; init; }

    /// <summary>Test vectors: one map of inputs by name for each.</summary>
    public required IReadOnlyList<IReadOnlyDictionary<string, TensorText>> Vectors { get; init; }

    /// <summary>The ONNX files and their answers, the model first.</summary>
    public required IReadOnlyList<ContractArtefact> Artefacts { get; init; }

    /// <summary>What is not recorded, and who can say.</summary>
    public required IReadOnlyList<ContractUnknown> Unknowns { get; init; }
}
