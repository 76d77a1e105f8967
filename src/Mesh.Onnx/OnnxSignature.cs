namespace Mesh.Onnx;

/// <summary>What a model takes, gives and says about itself.</summary>
public sealed record OnnxSignature
{
    /// <summary>Version of the intermediate representation.</summary>
    public required long IrVersion { get; init; }

    /// <summary>Version of the default operator set.</summary>
    public required long Opset { get; init; }

    /// <summary>Inputs that are not initialisers.</summary>
    public required IReadOnlyList<OnnxValue> Inputs { get; init; }

    /// <summary>Outputs.</summary>
    public required IReadOnlyList<OnnxValue> Outputs { get; init; }

    /// <summary>Elements of all initialisers.</summary>
    public required long ParameterCount { get; init; }

    /// <summary>The model's <c>metadata_props</c>.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }
}
