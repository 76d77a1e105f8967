namespace Mesh.Onnx.Evaluation;

/// <summary>Limits that keep a hostile model from taking the process down.</summary>
public sealed record OnnxEvaluatorOptions
{
    /// <summary>Largest tensor computed, in bytes (default: 1 GiB). A node that would need more fails with <c>MESH9820</c>.</summary>
    public long MaxTensorBytes { get; init; } = 1L << 30;

    /// <summary>Most bytes of tensors alive at once, initialisers and inputs not counted (default: 4 GiB). Above it the run fails with <c>MESH9820</c>.</summary>
    public long MaxLiveBytes { get; init; } = 4L << 30;
}
