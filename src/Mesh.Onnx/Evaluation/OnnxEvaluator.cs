using Mesh.Onnx.Graph;

namespace Mesh.Onnx.Evaluation;

/// <summary>
/// Runs models in plain C#, operator by operator as the ONNX specification says, with no native runtime: for machines without one, and as a
/// second opinion on those that have it. Operator sets 7 to 21; single thread. See docs/onnx for the operators.
/// </summary>
/// <param name="options">Limits; default limits when null.</param>
public sealed class OnnxEvaluator(OnnxEvaluatorOptions? options = null) : IOnnxRuntime
{
    private const int MinOpset = 7;
    private const int MaxOpset = 21;

    private readonly OnnxEvaluatorOptions options = options ?? new OnnxEvaluatorOptions();

    /// <inheritdoc/>
    public string Name { get; } = $"mesh {typeof(OnnxEvaluator).Assembly.GetName().Version?.ToString(3)}";

    /// <summary>Operators of the default set that can be run, in order of name.</summary>
    public static IReadOnlyList<string> Operators { get; } = [.. KernelTable.Names.Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public IOnnxSession Open(ReadOnlyMemory<byte> model)
    {
        var (proto, signature) = OnnxModelReader.Read(model.Span);
        return Open(ModelGraph.Read(proto), signature);
    }

    /// <summary>A model that is in memory already, whose weights are then not copied.</summary>
    internal IOnnxSession Open(ModelProto model) => Open(ModelGraph.Read(model), OnnxModelChecker.Check(model));

    internal EvaluationSession Open(ModelGraph graph, OnnxSignature signature)
    {
        if (signature.Opset is < MinOpset or > MaxOpset)
        {
            throw new Mesh.Model.MeshException("MESH9805", $"The evaluator cannot run operator set {signature.Opset}: it knows {MinOpset} to {MaxOpset}. Export the model for one of these.");
        }

        foreach (var node in graph.Nodes) KernelTable.Find(node);
        return new EvaluationSession(graph, signature, Name, options);
    }
}
