using Google.Protobuf;
using Mesh.Onnx.Evaluation;

namespace Mesh.Onnx;

/// <summary>Opens models that are in memory.</summary>
internal static class ModelOpening
{
    /// <summary>Opens a model: the evaluator shares its weights, other runtimes are given a file's bytes.</summary>
    public static IOnnxSession OpenModel(this IOnnxRuntime runtime, ModelProto model) => runtime is OnnxEvaluator evaluator ? evaluator.Open(model) : runtime.Open(model.ToByteArray());
}
