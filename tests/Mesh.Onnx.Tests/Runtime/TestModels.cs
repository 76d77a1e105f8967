using System.Runtime.InteropServices;
using Google.Protobuf;

namespace Mesh.Onnx.Tests.Runtime;

/// <summary>Small models, written node by node in ONNX's own messages.</summary>
internal static class TestModels
{
    /// <summary>A model with the nodes, inputs and outputs given; -1 stands for a size that is open.</summary>
    public static ModelProto Make(IEnumerable<NodeProto> nodes, IEnumerable<ValueInfoProto> inputs, IEnumerable<ValueInfoProto> outputs, params TensorProto[] initialisers)
    {
        var graph = new GraphProto { Name = "test" };
        graph.Node.Add(nodes);
        graph.Input.Add(inputs);
        graph.Output.Add(outputs);
        graph.Initializer.Add(initialisers);
        var model = new ModelProto { IrVersion = 8, ProducerName = "mesh-tests", Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 13 });
        return model;
    }

    /// <summary>A node.</summary>
    public static NodeProto Node(string type, string[] inputs, string[] outputs, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = type, Name = outputs[0] };
        node.Input.Add(inputs);
        node.Output.Add(outputs);
        node.Attribute.Add(attributes);
        return node;
    }

    /// <summary>An input or output.</summary>
    public static ValueInfoProto Value(string name, OnnxElementType type, params long[] sizes)
    {
        var shape = new TensorShapeProto();
        foreach (long size in sizes) shape.Dim.Add(size < 0 ? new TensorShapeProto.Types.Dimension { DimParam = $"{name}{shape.Dim.Count}" } : new TensorShapeProto.Types.Dimension { DimValue = size });
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } } };
    }

    /// <summary>An attribute that is a number.</summary>
    public static AttributeProto Int(string name, long value) => new() { Name = name, I = value, Type = 2 };

    /// <summary>Constants.</summary>
    public static TensorProto Constant<T>(string name, OnnxElementType type, T[] values, params long[] sizes)
        where T : unmanaged
    {
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())) };
        tensor.Dims.Add(sizes);
        return tensor;
    }

    /// <summary>Gives its input back; shape [open, 3].</summary>
    public static byte[] Identity(OnnxElementType type) =>
        Make([Node("Identity", ["x"], ["y"])], [Value("x", type, -1, 3)], [Value("y", type, -1, 3)]).ToByteArray();

    /// <summary>Adds one element by element; shape [open, 16 384]: a run moves 64 KiB for each row in and out.</summary>
    public static byte[] AddOne() =>
        Make([Node("Add", ["x", "one"], ["y"])], [Value("x", OnnxElementType.Float, -1, 16_384)], [Value("y", OnnxElementType.Float, -1, 16_384)],
            Constant("one", OnnxElementType.Float, [1f])).ToByteArray();

    /// <summary>A small image classifier as trainers export them: convolutions with batch normalisation, pooling, a dense layer, two outputs.</summary>
    public static byte[] Classifier()
    {
        var random = new Random(7);
        float[] Weights(int count, float scale) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) * scale)];
        var pads = new AttributeProto { Name = "pads", Type = 7 };
        pads.Ints.Add([1L, 1, 1, 1]);
        var kernel = new AttributeProto { Name = "kernel_shape", Type = 7 };
        kernel.Ints.Add([2L, 2]);
        var strides = new AttributeProto { Name = "strides", Type = 7 };
        strides.Ints.Add([2L, 2]);
        return Make(
            [
                Node("Conv", ["image", "w1", "b1"], ["c1"], pads),
                Node("BatchNormalization", ["c1", "scale", "b1", "mean", "variance"], ["n1"]),
                Node("Relu", ["n1"], ["r1"]),
                Node("MaxPool", ["r1"], ["p1"], kernel, strides),
                Node("Conv", ["p1", "w2", "b1"], ["c2"], pads.Clone()),
                Node("Sigmoid", ["c2"], ["s2"]),
                Node("GlobalAveragePool", ["s2"], ["g2"]),
                Node("Flatten", ["g2"], ["features"]),
                Node("Gemm", ["features", "w3", "b3"], ["logits"], Int("transB", 1)),
                Node("Softmax", ["logits"], ["probabilities"], Int("axis", 1)),
                Node("ArgMax", ["logits"], ["label"], Int("axis", 1), Int("keepdims", 0)),
            ],
            [Value("image", OnnxElementType.Float, -1, 1, 8, 8)],
            [Value("probabilities", OnnxElementType.Float, -1, 5), Value("label", OnnxElementType.Int64, -1), Value("features", OnnxElementType.Float, -1, 4)],
            Constant("w1", OnnxElementType.Float, Weights(4 * 9, 1), 4, 1, 3, 3),
            Constant("b1", OnnxElementType.Float, Weights(4, 0.1f), 4),
            Constant("scale", OnnxElementType.Float, [1f, 2f, 0.5f, 1.5f], 4),
            Constant("mean", OnnxElementType.Float, Weights(4, 0.2f), 4),
            Constant("variance", OnnxElementType.Float, [1f, 0.5f, 2f, 1f], 4),
            Constant("w2", OnnxElementType.Float, Weights(4 * 4 * 9, 1), 4, 4, 3, 3),
            Constant("w3", OnnxElementType.Float, Weights(5 * 4, 4), 5, 4),
            Constant("b3", OnnxElementType.Float, Weights(5, 1), 5)).ToByteArray();
    }

    /// <summary>Counts to 2^62, which nobody lives to see.</summary>
    public static byte[] Endless()
    {
        var body = new GraphProto { Name = "body" };
        body.Input.Add([Value("i", OnnxElementType.Int64), Value("go", OnnxElementType.Boolean), Value("sum", OnnxElementType.Float, 1)]);
        body.Node.Add([Node("Identity", ["go"], ["go_on"]), Node("Add", ["sum", "step"], ["next"])]);
        body.Output.Add([Value("go_on", OnnxElementType.Boolean), Value("next", OnnxElementType.Float, 1)]);
        return Make(
            [Node("Loop", ["trips", "yes", "x"], ["y"], new AttributeProto { Name = "body", G = body, Type = 5 })],
            [Value("x", OnnxElementType.Float, 1)],
            [Value("y", OnnxElementType.Float, 1)],
            Constant("trips", OnnxElementType.Int64, [1L << 62]),
            Constant("yes", OnnxElementType.Boolean, [true]),
            Constant("step", OnnxElementType.Float, [1f], 1)).ToByteArray();
    }
}
