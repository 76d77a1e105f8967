namespace Mesh.Onnx.Passes;

/// <summary>What <see cref="HalfPrecision"/> leaves in single precision.</summary>
public sealed record HalfPrecisionOptions
{
    /// <summary>Operators that stay in single precision (default: those that few runtimes have in half, and quantisation).</summary>
    public IReadOnlySet<string> KeptOperators { get; init; } = new HashSet<string>
    {
        "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "QLinearConv", "QLinearMatMul", "NonMaxSuppression", "Range", "CumSum", "OneHot", "RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "EyeLike",
    };

    /// <summary>Nodes that stay in single precision, by name (default: none). Softmax and normalisations that overflow are candidates.</summary>
    public IReadOnlySet<string> KeptNodes { get; init; } = new HashSet<string>();
}
