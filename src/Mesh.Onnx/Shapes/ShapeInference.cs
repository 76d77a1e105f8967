using Mesh.Model;
using Mesh.Onnx.Graph;

namespace Mesh.Onnx.Shapes;

/// <summary>
/// Element types and sizes of every value, from those of the inputs. Symbolic sizes are carried along, through the arithmetic on shapes that
/// exporters write (Shape, Gather, Concat, Reshape) as well. What an operator that is not known here computes stays unknown.
/// </summary>
public sealed class ShapeInference
{
    /// <summary>Contents are followed through tensors of at most this many integers: shapes, not data.</summary>
    private const int MaxContents = 64;

    private readonly ModelGraph graph;
    private readonly Dictionary<GraphValue, InferredType> types = [];
    private readonly Dictionary<GraphValue, Dimension[]> contents = [];

    private ShapeInference(ModelGraph graph) => this.graph = graph;

    /// <summary>What is known of each value, by name.</summary>
    /// <exception cref="MeshException"><c>MESH9821</c> when sizes do not fit each other; names the node.</exception>
    public static IReadOnlyDictionary<string, InferredType> Infer(ModelGraph graph)
    {
        var inference = new ShapeInference(graph);
        inference.Run();
        return inference.types.ToDictionary(pair => pair.Key.Name, pair => pair.Value);
    }

    private void Run()
    {
        foreach (var value in graph.Values)
        {
            if (value.Initializer is { } tensor)
            {
                types[value] = new InferredType((OnnxElementType)tensor.DataType, [.. tensor.Dims.Select(Dimension.Of)]);
                if (tensor.DataType is (int)OnnxElementType.Int64 or (int)OnnxElementType.Int32 && tensor.Dims.Count < 2) Remember(value, OnnxTensorCodec.Read(tensor));
            }
            else if (value.IsInput)
            {
                types[value] = InferredType.From(graph.Describe(value.Name));
            }
        }

        foreach (var node in graph.Nodes)
        {
            var view = new NodeShapes(node, graph.Opset, types, contents);
            var inferred = view.Infer();
            for (int i = 0; i < node.Outputs.Count; i++)
            {
                if (node.Outputs[i] is not { } output) continue;
                types[output] = Reconcile(node, output, i < inferred.Length ? inferred[i] : InferredType.Nothing);
            }

            if (node.Outputs.Count > 0 && node.Outputs[0] is { } first && view.Contents() is { Length: <= MaxContents } known) contents[first] = known;
        }
    }

    /// <summary>Joins what follows from the inputs with what the model says.</summary>
    private InferredType Reconcile(GraphNode node, GraphValue value, InferredType inferred)
    {
        var declared = InferredType.From(graph.Describe(value.Name));
        if (inferred.ElementType == OnnxElementType.Undefined) return declared;
        if (declared.ElementType != OnnxElementType.Undefined && declared.ElementType != inferred.ElementType)
        {
            throw Conflict(node, value, declared, inferred);
        }

        if (declared.Shape is null || inferred.Shape is null) return inferred with { Shape = inferred.Shape ?? declared.Shape };
        if (declared.Shape.Count != inferred.Shape.Count) throw Conflict(node, value, declared, inferred);
        var shape = new Dimension[declared.Shape.Count];
        for (int i = 0; i < shape.Length; i++)
        {
            var (said, found) = (declared.Shape[i], inferred.Shape[i]);
            if (said.Size is { } a && found.Size is { } b && a != b) throw Conflict(node, value, declared, inferred);
            shape[i] = found.Size is not null || (found.Symbol is not null && said.Size is null) ? found : said;
        }

        return inferred with { Shape = shape };
    }

    private void Remember(GraphValue value, OnnxTensor tensor)
    {
        if (tensor.Count > MaxContents) return;
        var known = new Dimension[tensor.Count];
        for (int i = 0; i < known.Length; i++) known[i] = Dimension.Of(tensor.ElementType == OnnxElementType.Int64 ? tensor.As<long>()[i] : tensor.As<int>()[i]);
        contents[value] = known;
    }

    private static MeshException Conflict(GraphNode node, GraphValue value, InferredType declared, InferredType inferred) =>
        new("MESH9821", $"The {node.Place} computes '{value.Name}' as {inferred} where the model says {declared}. Export the model again.");
}
