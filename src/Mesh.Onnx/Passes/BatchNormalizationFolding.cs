using Mesh.Onnx.Graph;

namespace Mesh.Onnx.Passes;

/// <summary>
/// Puts a BatchNormalization into the weights and bias of the Conv, ConvTranspose or Gemm before it: scale / √(variance + ε) multiplies each
/// filter, the rest becomes bias.
/// </summary>
public static class BatchNormalizationFolding
{
    /// <returns>How many nodes went.</returns>
    public static int Run(ModelGraph graph)
    {
        int folded = 0;
        foreach (var normalisation in graph.Nodes.Where(node => node is { OperatorType: "BatchNormalization", Domain: "" }).ToList())
        {
            if (TryFold(graph, normalisation)) folded++;
        }

        return folded;
    }

    private static bool TryFold(ModelGraph graph, GraphNode normalisation)
    {
        if (normalisation.Input(0) is not { Producer: { Domain: "" } layer, Consumers.Count: 1, IsOutput: false } joint) return false;
        if (layer.OperatorType is not ("Conv" or "ConvTranspose" or "Gemm") || layer.Outputs[0] != joint || normalisation.Int("training_mode", 0) != 0 || normalisation.Int("spatial", 1) == 0) return false;
        if (Floats(layer.Input(1)) is not { } weights || (layer.Input(2) is not null && Floats(layer.Input(2)) is null)) return false;
        if (layer.OperatorType == "Gemm" && (layer.Float("beta", 1) != 1 || weights.Dimensions.Count != 2)) return false;
        var parameters = Enumerable.Range(1, 4).Select(i => Floats(normalisation.Input(i))).ToList();
        if (parameters.Any(parameter => parameter is null)) return false;
        int filters = FilterCount(layer, weights);
        if (parameters.Any(parameter => parameter!.Count != filters)) return false;
        var before = Floats(layer.Input(2));
        if (before is not null && before.Count != filters) return false;

        var (scale, shift, mean, variance) = (parameters[0]!, parameters[1]!, parameters[2]!, parameters[3]!);
        double epsilon = normalisation.Float("epsilon", 1e-5f);
        var factors = new double[filters];
        var bias = new float[filters];
        for (int i = 0; i < filters; i++)
        {
            factors[i] = scale.As<float>()[i] / Math.Sqrt(variance.As<float>()[i] + epsilon);
            bias[i] = (float)((((before is null ? 0 : before.As<float>()[i]) - mean.As<float>()[i]) * factors[i]) + shift.As<float>()[i]);
            if (!double.IsFinite(factors[i]) || !float.IsFinite(bias[i])) return false;
        }

        var scaled = OnnxTensor.Of<float>(weights.As<float>(), [.. weights.Dimensions]);
        for (int i = 0; i < scaled.Count; i++) scaled.As<float>()[i] = (float)(scaled.As<float>()[i] * factors[FilterOf(layer, weights, i)]);
        // New constants, because the old ones may serve other layers too.
        ModelGraph.SetInput(layer, 1, graph.AddConstant(layer.Input(1)!.Name + "_folded", scaled));
        ModelGraph.SetInput(layer, 2, graph.AddConstant(joint.Name + "_bias", OnnxTensor.Of<float>(bias, filters)));
        return graph.TryBypass(normalisation, joint);
    }

    private static OnnxTensor? Floats(GraphValue? value) => ModelGraph.ConstantOf(value) is { ElementType: OnnxElementType.Float } tensor ? tensor : null;

    private static int FilterCount(GraphNode layer, OnnxTensor weights) => (int)(layer.OperatorType switch
    {
        "Conv" => weights.Dimensions[0],
        "ConvTranspose" => weights.Dimensions[1] * layer.Int("group", 1),
        _ => weights.Dimensions[layer.Int("transB", 0) != 0 ? 0 : 1],
    });

    private static int FilterOf(GraphNode layer, OnnxTensor weights, int index)
    {
        long inner = 1;
        switch (layer.OperatorType)
        {
            case "Conv":
                return (int)(index / (weights.Count / weights.Dimensions[0]));
            case "ConvTranspose":
                for (int i = 2; i < weights.Dimensions.Count; i++) inner *= weights.Dimensions[i];
                long channel = index / inner / weights.Dimensions[1], group = channel / (weights.Dimensions[0] / layer.Int("group", 1));
                return (int)((group * weights.Dimensions[1]) + (index / inner % weights.Dimensions[1]));
            default:
                return (int)(layer.Int("transB", 0) != 0 ? index / weights.Dimensions[1] : index % weights.Dimensions[1]);
        }
    }
}
