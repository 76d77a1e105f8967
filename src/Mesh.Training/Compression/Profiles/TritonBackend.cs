namespace Mesh.Training.Compression.Profiles;

/// <summary>Backend of Triton that a model repository is laid out for.</summary>
public enum TritonBackend
{
    /// <summary>ONNX Runtime: <c>model.onnx</c>.</summary>
    Onnxruntime,
    /// <summary>TensorRT: <c>model.plan</c>, made by <c>trtexec</c>.</summary>
    Tensorrt,
    /// <summary>Qualcomm Cloud AI 100: a program container, made by <c>qaic-compile</c>.</summary>
    Qaic,
}
