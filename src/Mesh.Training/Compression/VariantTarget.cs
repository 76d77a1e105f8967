using System.Text.Json.Serialization;

namespace Mesh.Training.Compression;

/// <summary>What a variant is made for.</summary>
public enum VariantTarget
{
    /// <summary>Plain ONNX with INT8 in QDQ form, for ONNX Runtime's CPU provider.</summary>
    [JsonStringEnumMemberName("onnx-int8")]
    OnnxInt8,
    /// <summary>Plain ONNX in half precision.</summary>
    [JsonStringEnumMemberName("onnx-fp16")]
    OnnxFp16,
    /// <summary>NVIDIA TensorRT: ONNX with explicit QDQ, and the engine when <c>trtexec</c> is at hand.</summary>
    [JsonStringEnumMemberName("tensorrt")]
    Tensorrt,
    /// <summary>Qualcomm QNN/QAIRT: float ONNX with quantisation overrides.</summary>
    [JsonStringEnumMemberName("qnn")]
    Qnn,
    /// <summary>AIMET: float ONNX with encodings 1.0.0.</summary>
    [JsonStringEnumMemberName("aimet")]
    Aimet,
    /// <summary>Qualcomm Cloud AI 100: ONNX for <c>qaic-compile</c>, and the program container when the tool is at hand.</summary>
    [JsonStringEnumMemberName("qaic")]
    Qaic,
    /// <summary>A model repository of NVIDIA's Triton inference server.</summary>
    [JsonStringEnumMemberName("triton")]
    Triton,
}
