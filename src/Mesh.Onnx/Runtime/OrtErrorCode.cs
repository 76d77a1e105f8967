namespace Mesh.Onnx.Runtime;

/// <summary>Kinds of failure (onnxruntime_c_api.h, <c>OrtErrorCode</c>); those that call for an answer of their own.</summary>
internal enum OrtErrorCode
{
    /// <summary>Anything.</summary>
    Fail = 1,
    /// <summary>What was given does not fit.</summary>
    InvalidArgument = 2,
    /// <summary>The model is no Protobuf message.</summary>
    InvalidProtobuf = 7,
    /// <summary>There is no kernel for an operator.</summary>
    NotImplemented = 9,
    /// <summary>The graph breaks the rules of ONNX.</summary>
    InvalidGraph = 10,
}
