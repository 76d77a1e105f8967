using Google.Protobuf;
using Mesh.Model;
using Mesh.Onnx;
using Mesh.Onnx.Evaluation;
using Mesh.Onnx.Graph;
using Mesh.Onnx.Shapes;

namespace Mesh.Commands.OnnxModels;

/// <summary>Says what is in a model, without running it.</summary>
public static class OnnxInspection
{
    /// <summary>Examines a model's bytes.</summary>
    /// <exception cref="MeshException"><c>MESH9801</c>, <c>MESH9802</c>; shapes that contradict each other are reported, not thrown.</exception>
    public static OnnxModelReport Examine(ReadOnlySpan<byte> model)
    {
        var (proto, signature) = OnnxModelReader.Read(model);
        var graph = ModelGraph.Read(proto);
        IReadOnlyDictionary<string, InferredType> types = new Dictionary<string, InferredType>();
        string? problem = null;
        try
        {
            types = ShapeInference.Infer(graph);
        }
        catch (MeshException exception) when (exception.Code == "MESH9821")
        {
            problem = exception.Message;
        }

        var known = OnnxEvaluator.Operators.ToHashSet();
        return new OnnxModelReport
        {
            Bytes = model.Length,
            IrVersion = signature.IrVersion,
            Opset = signature.Opset,
            Producer = $"{proto.ProducerName} {proto.ProducerVersion}".Trim(),
            Inputs = [.. graph.Inputs.Select(info => new OnnxValueReport(info.Name, InferredType.From(info).ToString()))],
            Outputs = [.. graph.Outputs.Select(info => new OnnxValueReport(info.Name, types.GetValueOrDefault(info.Name, InferredType.From(info)).ToString()))],
            Parameters = signature.ParameterCount,
            Operators = graph.Nodes.GroupBy(node => node.Domain.Length == 0 ? node.OperatorType : $"{node.Domain}.{node.OperatorType}").OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal)
                .ToDictionary(group => group.Key, group => group.Count()),
            NotEvaluated = [.. graph.Nodes.Where(node => node.Domain.Length > 0 || !known.Contains(node.OperatorType)).Select(node => node.OperatorType).Distinct()],
            Nodes = [.. graph.Nodes.Select(node => new OnnxNodeReport(node.Name, node.OperatorType, [.. node.Outputs.OfType<GraphValue>().Select(value => new OnnxValueReport(value.Name, types.GetValueOrDefault(value.Name, InferredType.Nothing).ToString()))]))],
            Metadata = signature.Metadata,
            ShapeProblem = problem,
        };
    }
}
