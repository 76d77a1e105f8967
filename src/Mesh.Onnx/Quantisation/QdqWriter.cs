using System.Buffers.Binary;
using Mesh.Model;
using Mesh.Onnx.Graph;

namespace Mesh.Onnx.Quantisation;

/// <summary>
/// Writes a quantised model in QDQ form: every quantised tensor passes through QuantizeLinear and DequantizeLinear, weights are stored as
/// integers behind a DequantizeLinear. Runtimes fuse these with the operators between them; run as it stands, the model computes the
/// quantised result in float.
/// </summary>
internal sealed class QdqWriter
{
    private const int PerAxisSince = 13;
    private const int SixteenBitsSince = 21;
    private const string MicrosoftDomain = "com.microsoft";

    private readonly ModelGraph graph;
    private readonly QuantisationOptions options;
    private readonly QuantisationPlan plan;
    private Dictionary<GraphValue, QuantisationParameters> parameters = [];
    private readonly Dictionary<(GraphValue Value, int Axis), (GraphValue Restored, float[] Scales)> weights = [];
    private readonly Dictionary<GraphValue, GraphValue> constants = [];

    private QdqWriter(ModelGraph graph, QuantisationOptions options)
    {
        this.graph = graph;
        this.options = options;
        plan = new QuantisationPlan(graph, options);
    }

    /// <summary>Rewrites a graph.</summary>
    /// <param name="graph">The graph, which is changed.</param>
    /// <param name="ranges">A range for every tensor that <see cref="Calibrator"/> watches, by name.</param>
    /// <param name="options">How.</param>
    /// <returns>Names of the nodes that are quantised.</returns>
    /// <exception cref="MeshException"><c>MESH9830</c> when the operator set is too old.</exception>
    public static IReadOnlyList<string> Write(ModelGraph graph, IReadOnlyDictionary<string, ValueRange> ranges, QuantisationOptions options)
    {
        if (graph.Opset < PerAxisSince) throw new MeshException("MESH9830", $"A model of operator set {graph.Opset} cannot hold quantised weights per channel. Export it for operator set {PerAxisSince} or later.");
        if (options.ActivationBits != 8 && (options.ActivationBits != 16 || options.Flavour != QuantisationFlavour.Qnn)) throw new MeshException("MESH9830", $"Activations of {options.ActivationBits} bits are not for this flavour. Take 8, or 16 with QNN.");
        return new QdqWriter(graph, options).Run(ranges);
    }

    private IReadOnlyList<string> Run(IReadOnlyDictionary<string, ValueRange> ranges)
    {
        parameters = ActivationScales.Choose(plan, ranges, options);
        string[] names = [.. plan.Nodes.Select(node => node.Name)];
        foreach (var node in plan.Nodes) QuantiseConstants(node);
        foreach (var value in plan.Tensors) InsertPair(value);
        graph.ForgetDescriptions();
        Passes.DeadCodeRemoval.Run(graph);
        graph.Sort();
        graph.Producer = "mesh-quantiser";
        return names;
    }

    /// <summary>Behind a value, for all who use it; the name of an output stays with what is put out.</summary>
    private void InsertPair(GraphValue value)
    {
        var (scale, zero) = Constants(value.Name, parameters[value]);
        var consumers = options.Flavour == QuantisationFlavour.TensorRt ? plan.Nodes.Where(node => !plan.Fused.Contains(node)).ToHashSet() : null;
        if (value.IsOutput && value.Producer is { } producer && consumers is null)
        {
            var inner = graph.AddValue(value.Name + "_float");
            ModelGraph.SetOutput(producer, producer.Outputs.ToList().IndexOf(value), inner);
            var quantised = AddLinear("QuantizeLinear", parameters[value], [inner, scale, zero], graph.AddValue(value.Name + "_quantised")).Outputs[0]!;
            AddLinear("DequantizeLinear", parameters[value], [quantised, scale, zero], value);
            return;
        }

        var users = value.Consumers.Where(node => consumers is null || consumers.Contains(node)).ToHashSet();
        if (users.Count == 0) return;
        var integers = AddLinear("QuantizeLinear", parameters[value], [value, scale, zero], graph.AddValue(value.Name + "_quantised")).Outputs[0]!;
        var restored = AddLinear("DequantizeLinear", parameters[value], [integers, scale, zero], graph.AddValue(value.Name + "_dequantised")).Outputs[0]!;
        foreach (var user in users)
        {
            foreach (int input in user.Inputs.Select((used, i) => (used, i)).Where(pair => pair.used == value).Select(pair => pair.i).ToList()) ModelGraph.SetInput(user, input, restored);
        }
    }

    private void QuantiseConstants(GraphNode node)
    {
        if (QuantisationPlan.IsWeighted(node) && node.Input(1) is { IsConstant: true } given && given.Initializer is { DataType: (int)OnnxElementType.Float })
        {
            var (restored, scales) = QuantiseWeights(given, WeightScales.ChannelAxis(node, given.Initializer.Dims));
            ModelGraph.SetInput(node, 1, restored);
            if (options.Flavour != QuantisationFlavour.TensorRt) QuantiseBias(node, scales);
        }
        else if (QuantisationPlan.IsCombining(node))
        {
            foreach (int input in QuantisationPlan.DataInputs(node).ToList())
            {
                if (node.Input(input) is { IsConstant: true } constant) ModelGraph.SetInput(node, input, QuantiseConstant(constant));
            }
        }
    }

    /// <param name="value">The weights.</param>
    /// <param name="axis">Axis with a scale per index; -1 for one scale.</param>
    private (GraphValue Restored, float[] Scales) QuantiseWeights(GraphValue value, int axis)
    {
        if (weights.TryGetValue((value, axis), out var done)) return done;
        var tensor = value.Initializer!;
        var values = OnnxTensorCodec.Floats(tensor);
        int limit = WeightScales.LimitOf(options);
        float[] scales = WeightScales.Choose(values, tensor.Dims, axis, limit);
        var quantised = graph.AddConstant(value.Name + "_quantised", OnnxElementType.Int8, tensor.Dims, WeightScales.Quantise(values, tensor.Dims, axis, scales, limit));
        var scale = graph.AddConstant(value.Name + "_scale", axis < 0 ? OnnxTensor.Of<float>(scales) : OnnxTensor.Of<float>(scales, scales.Length));
        var zero = graph.AddConstant(value.Name + "_zero_point", axis < 0 ? OnnxTensor.Of<sbyte>([0]) : OnnxTensor.Of<sbyte>(new sbyte[scales.Length], scales.Length));
        var node = graph.AddNode("DequantizeLinear", [quantised, scale, zero], value.Name + "_dequantised");
        if (axis >= 0) node.Set("axis", (long)axis);
        return weights[(value, axis)] = (node.Outputs[0]!, scales);
    }

    /// <summary>The bias in steps of the products it is added to.</summary>
    private void QuantiseBias(GraphNode node, float[] weightScales)
    {
        if (node.Input(2) is not { IsConstant: true } bias || !parameters.TryGetValue(node.Input(0)!, out var activation)) return;
        if (ModelGraph.ConstantOf(bias) is not { ElementType: OnnxElementType.Float, Dimensions.Count: 1 } tensor) return;
        if (node.OperatorType == "Gemm" && (node.Float("alpha", 1) != 1 || node.Float("beta", 1) != 1)) return;
        int count = (int)tensor.Count;
        if (weightScales.Length != count && weightScales.Length != 1) return;
        var scales = new float[count];
        var integers = new int[count];
        for (int i = 0; i < count; i++)
        {
            scales[i] = activation.Scale * weightScales[weightScales.Length == 1 ? 0 : i];
            integers[i] = (int)Math.Clamp(Math.Round(tensor.As<float>()[i] / (double)scales[i], MidpointRounding.ToEven), int.MinValue, int.MaxValue);
        }

        var quantised = graph.AddConstant(bias.Name + "_quantised", OnnxTensor.Of<int>(integers, count));
        var scale = graph.AddConstant(bias.Name + "_scale", OnnxTensor.Of<float>(scales, count));
        var zero = graph.AddConstant(bias.Name + "_zero_point", OnnxTensor.Of<int>(new int[count], count));
        var restored = graph.AddNode("DequantizeLinear", [quantised, scale, zero], bias.Name + "_dequantised");
        restored.Set("axis", 0L);
        ModelGraph.SetInput(node, 2, restored.Outputs[0]!);
    }

    /// <summary>An operand of Add and the like, with one scale.</summary>
    private GraphValue QuantiseConstant(GraphValue constant)
    {
        if (constants.TryGetValue(constant, out var done)) return done;
        if (ActivationScales.RangeOf(constant) is not { } range) return constant;
        var how = parameters.TryGetValue(constant, out var shared) ? shared : QuantisationParameters.Cover(range, options.Flavour, options.ActivationBits);
        var tensor = constant.Initializer!;
        var values = OnnxTensorCodec.Floats(tensor);
        int width = OnnxTensor.WidthOf(how.Type);
        byte[] integers = new byte[values.Length * width];
        for (int i = 0; i < values.Length; i++) Put(integers.AsSpan(i * width, width), how.Quantise(values[i]));
        var quantised = graph.AddConstant(constant.Name + "_quantised", how.Type, tensor.Dims, integers);
        var (scale, zero) = Constants(constant.Name, how);
        return constants[constant] = AddLinear("DequantizeLinear", how, [quantised, scale, zero], graph.AddValue(constant.Name + "_dequantised")).Outputs[0]!;
    }

    private (GraphValue Scale, GraphValue Zero) Constants(string name, QuantisationParameters how)
    {
        byte[] zero = new byte[OnnxTensor.WidthOf(how.Type)];
        Put(zero, how.ZeroPoint);
        return (graph.AddConstant(name + "_scale", OnnxTensor.Of<float>([how.Scale])), graph.AddConstant(name + "_zero_point", new OnnxTensor(how.Type, [], zero)));
    }

    /// <summary>The standard has 16-bit integers here since operator set 21 only; before, ONNX Runtime has operators of its own for them.</summary>
    private GraphNode AddLinear(string operatorType, QuantisationParameters how, IReadOnlyList<GraphValue?> inputs, GraphValue output) =>
        graph.AddNode(operatorType, inputs, output, how.Type == OnnxElementType.UInt16 && graph.Opset < SixteenBitsSince ? MicrosoftDomain : "");

    private static void Put(Span<byte> target, int value)
    {
        if (target.Length == 1) target[0] = (byte)value;
        else BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)value);
    }
}
