using Mesh.Onnx.Graph;
using Mesh.Onnx.Tests.Evaluation;

namespace Mesh.Onnx.Tests;

/// <summary>Models with random weights, as exporters write them.</summary>
internal sealed class TestModel
{
    private readonly GraphProto graph = new() { Name = "test" };
    private readonly Random random;
    private readonly long opset;

    public TestModel(int seed, long opset = 13)
    {
        random = new Random(seed);
        this.opset = opset;
    }

    /// <summary>A small residual CNN over batch × 1 × 16 × 16 with four classes, its flattening written with shape arithmetic as PyTorch does.</summary>
    public static ModelProto Cnn(int seed = 1)
    {
        var model = new TestModel(seed);
        model.Input("image", -1, 1, 16, 16);
        model.Normalised("image", "c1", 1, 8).Node("Relu", "r1", ["c1"]).Node("MaxPool", "p1", ["r1"], OperatorCase.Attribute("kernel_shape", 2, 2), OperatorCase.Attribute("strides", 2, 2));
        model.Normalised("p1", "c2", 8, 8).Node("Relu", "r2", ["c2"]);
        model.Normalised("r2", "c3", 8, 8).Node("Add", "sum", ["c3", "p1"]).Node("Relu", "r3", ["sum"]).Node("Dropout", "d", ["r3"]);
        model.Node("AveragePool", "p2", ["d"], OperatorCase.Attribute("kernel_shape", 2, 2), OperatorCase.Attribute("strides", 2, 2));
        model.Node("Shape", "shape", ["p2"]).Constant("zero", OnnxTensor.Of<long>([0])).Node("Gather", "size", ["shape", "zero"]);
        model.Constant("axes", OnnxTensor.Of<long>([0], 1)).Node("Unsqueeze", "rows", ["size", "axes"]);
        model.Node("Constant", "rest", [], OperatorCase.Attribute("value", OnnxTensor.Of<long>([-1], 1))).Node("Concat", "wanted", ["rows", "rest"], OperatorCase.Attribute("axis", 0L));
        model.Node("Reshape", "flat", ["p2", "wanted"]).Weights("w", 0.2, 4, 128).Weights("b", 0.1, 4).Node("Gemm", "logits", ["flat", "w", "b"], OperatorCase.Attribute("transB", 1L));
        return model.Output("logits", -1, 4).Build();
    }

    /// <summary>A perceptron of three layers over batch × 12.</summary>
    public static ModelProto Mlp(int seed = 2)
    {
        var model = new TestModel(seed);
        model.Input("features", -1, 12).Weights("w1", 0.4, 12, 32).Weights("b1", 0.1, 32).Weights("w2", 0.3, 32, 16).Weights("b2", 0.1, 16).Weights("w3", 0.3, 3, 16);
        model.Node("Gemm", "h1", ["features", "w1", "b1"]).Node("Relu", "a1", ["h1"]).Node("MatMul", "h2", ["a1", "w2"]).Node("Add", "s2", ["h2", "b2"]).Node("Tanh", "a2", ["s2"]);
        model.Node("Gemm", "logits", ["a2", "w3"], OperatorCase.Attribute("transB", 1L)).Node("Softmax", "probabilities", ["logits"], OperatorCase.Attribute("axis", 1L));
        return model.Output("probabilities", -1, 3).Build();
    }

    public TestModel Input(string name, params long[] sizes)
    {
        graph.Input.Add(Describe(name, sizes));
        return this;
    }

    public TestModel Output(string name, params long[] sizes)
    {
        graph.Output.Add(Describe(name, sizes));
        return this;
    }

    public TestModel Constant(string name, OnnxTensor tensor)
    {
        graph.Initializer.Add(OnnxTensorCodec.Write(name, tensor));
        return this;
    }

    public TestModel Weights(string name, double size, params long[] dimensions) =>
        Constant(name, OnnxTensor.Of<float>([.. Enumerable.Range(0, (int)dimensions.Aggregate(1L, (a, b) => a * b)).Select(_ => (float)((random.NextDouble() - 0.5) * 2 * size))], dimensions));

    public TestModel Node(string operatorType, string output, string[] inputs, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = operatorType, Name = "n_" + output };
        node.Input.AddRange(inputs);
        node.Output.Add(output);
        node.Attribute.AddRange(attributes);
        graph.Node.Add(node);
        return this;
    }

    /// <summary>A Split along axis 1 into two.</summary>
    public TestModel Split(string first, string second, string input, string sizes)
    {
        Node("Split", first, [input, sizes], OperatorCase.Attribute("axis", 1L));
        graph.Node[^1].Output.Add(second);
        return this;
    }

    public ModelProto Build()
    {
        var model = new ModelProto { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = opset });
        return model;
    }

    private TestModel Normalised(string input, string output, long channels, long filters)
    {
        Weights($"{output}_w", 0.5, filters, channels, 3, 3).Node("Conv", $"{output}_raw", [input, $"{output}_w"], OperatorCase.Attribute("pads", 1, 1, 1, 1));
        Weights($"{output}_scale", 1, filters).Weights($"{output}_shift", 0.5, filters).Weights($"{output}_mean", 0.5, filters);
        Constant($"{output}_var", OnnxTensor.Of<float>([.. Enumerable.Range(0, (int)filters).Select(_ => 0.3f + random.NextSingle())], filters));
        return Node("BatchNormalization", output, [$"{output}_raw", $"{output}_scale", $"{output}_shift", $"{output}_mean", $"{output}_var"]);
    }

    /// <summary>Negative sizes become the symbol <c>batch</c>.</summary>
    private static ValueInfoProto Describe(string name, long[] sizes)
    {
        var info = OperatorCase.Describe(name, OnnxElementType.Float, sizes);
        foreach (var dimension in info.Type.TensorType.Shape.Dim)
        {
            if (dimension.DimValue < 0) dimension.DimParam = "batch";
        }

        return info;
    }

    public static OnnxTensor Random(int seed, params long[] dimensions)
    {
        var random = new Random(seed);
        return OnnxTensor.Of<float>([.. Enumerable.Range(0, (int)dimensions.Aggregate(1L, (a, b) => a * b)).Select(_ => (float)((random.NextDouble() * 4) - 2))], dimensions);
    }
}
