using Mesh.Onnx.Graph;
using Mesh.Onnx.Shapes;

namespace Mesh.Onnx.Passes;

/// <summary>
/// Lets a model compute in half precision: weights are converted, and Cast nodes keep its inputs and outputs, and the nodes that are kept,
/// in single precision.
/// </summary>
public sealed class HalfPrecision
{
    private readonly ModelGraph graph;
    private readonly HalfPrecisionOptions options;
    private readonly IReadOnlyDictionary<string, InferredType> types;
    private readonly HashSet<GraphValue> half = [];
    private readonly Dictionary<(GraphValue Value, bool Half), GraphValue> casts = [];
    private long clipped;

    private HalfPrecision(ModelGraph graph, HalfPrecisionOptions options)
    {
        this.graph = graph;
        this.options = options;
        types = ShapeInference.Infer(graph);
    }

    /// <summary>Converts a model, in place.</summary>
    public static HalfPrecisionReport Convert(ModelGraph graph, HalfPrecisionOptions? options = null) => new HalfPrecision(graph, options ?? new HalfPrecisionOptions()).Run();

    private HalfPrecisionReport Run()
    {
        int converted = 0, kept = 0;
        foreach (var node in graph.Nodes.ToList())
        {
            bool stays = Stays(node);
            if (stays) kept++;
            else converted++;
            for (int i = 0; i < node.Inputs.Count; i++)
            {
                if (node.Inputs[i] is not { } input || TypeOf(input) != OnnxElementType.Float) continue;
                ModelGraph.SetInput(node, i, InPrecision(input, wantsHalf: !stays && !TakesSingle(node, i)));
            }

            if (!stays) ConvertOutputs(node);
        }

        graph.ForgetDescriptions();
        DeadCodeRemoval.Run(graph);
        graph.Sort();
        return new HalfPrecisionReport(converted, kept, clipped);
    }

    /// <summary>Kept by choice, or because it is not known well enough to be converted.</summary>
    private bool Stays(GraphNode node) =>
        node.Domain.Length > 0 || node.HasSubgraphs || options.KeptOperators.Contains(node.OperatorType) || options.KeptNodes.Contains(node.Name)
        || node.Outputs.Any(output => output is { IsCaptured: true })
        || node.Inputs.Concat(node.Outputs).Any(value => value is not null && TypeOf(value) == OnnxElementType.Undefined)
        || !node.Inputs.Concat(node.Outputs).Any(value => value is not null && TypeOf(value) == OnnxElementType.Float);

    /// <summary>Inputs that the specification has in single precision whatever the data is.</summary>
    private static bool TakesSingle(GraphNode node, int input) => node.OperatorType is "Resize" or "Upsample" && input > 0;

    private OnnxElementType TypeOf(GraphValue value) => types.TryGetValue(value.Name, out var type) ? type.ElementType : OnnxElementType.Undefined;

    private void ConvertOutputs(GraphNode node)
    {
        if (node.OperatorType == "Cast" && node.Int("to", 0) == (long)OnnxElementType.Float) node.Set("to", (long)OnnxElementType.Float16);
        if (node.OperatorType is "ConstantOfShape" or "Constant")
        {
            var value = node.OperatorType == "Constant" ? Evaluation.Kernels.ShapeKernels.ConstantOf(node) : node.Tensor("value") ?? OnnxTensor.Of<float>([0], 1);
            if (value is { ElementType: OnnxElementType.Float })
            {
                foreach (string name in (string[])["value_float", "value_floats"]) node.Unset(name);
                node.Set("value", Narrow(value));
            }
        }

        for (int i = 0; i < node.Outputs.Count; i++)
        {
            if (node.Outputs[i] is not { } output || TypeOf(output) != OnnxElementType.Float) continue;
            if (!output.IsOutput)
            {
                half.Add(output);
                continue;
            }

            // The model's output keeps its name and type, behind a cast.
            var inner = graph.AddValue(output.Name + "_half");
            ModelGraph.SetOutput(node, i, inner);
            graph.AddNode("Cast", [inner], output).Set("to", (long)OnnxElementType.Float);
            casts[(output, true)] = inner;
        }
    }

    private GraphValue InPrecision(GraphValue value, bool wantsHalf)
    {
        if (half.Contains(value) == wantsHalf) return value;
        if (casts.TryGetValue((value, wantsHalf), out var done)) return done;
        GraphValue converted;
        if (wantsHalf && ModelGraph.ConstantOf(value) is { } tensor)
        {
            converted = graph.AddConstant(value.Name + "_half", Narrow(tensor));
        }
        else
        {
            var cast = graph.AddNode("Cast", [value], value.Name + (wantsHalf ? "_half" : "_single"));
            cast.Set("to", (long)(wantsHalf ? OnnxElementType.Float16 : OnnxElementType.Float));
            converted = cast.Outputs[0]!;
        }

        return casts[(value, wantsHalf)] = converted;
    }

    private OnnxTensor Narrow(OnnxTensor tensor)
    {
        var result = new OnnxTensor(OnnxElementType.Float16, [.. tensor.Dimensions], new byte[tensor.Count * 2]);
        var from = tensor.As<float>();
        var to = result.As<Half>();
        for (int i = 0; i < from.Length; i++)
        {
            to[i] = (Half)from[i];
            if (!Half.IsInfinity(to[i]) || !float.IsFinite(from[i])) continue;
            to[i] = from[i] > 0 ? Half.MaxValue : Half.MinValue;
            clipped++;
        }

        return result;
    }
}
