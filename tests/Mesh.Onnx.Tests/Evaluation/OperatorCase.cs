using System.Runtime.InteropServices;
using Google.Protobuf;
using Mesh.Onnx.Graph;

namespace Mesh.Onnx.Tests.Evaluation;

/// <summary>One node with its inputs: what is run here and in ONNX Runtime.</summary>
public sealed record OperatorCase(string OperatorType, long Opset, IReadOnlyList<OnnxTensor?> Inputs)
{
    private const int MinIrVersion = 7;

    public IReadOnlyList<AttributeProto> Attributes { get; init; } = [];

    /// <summary>Element types of the outputs; the first input's type when empty.</summary>
    public IReadOnlyList<OnnxElementType> OutputTypes { get; init; } = [];

    /// <summary>Inputs given as initialisers, which some of ONNX Runtime's kernels demand.</summary>
    public IReadOnlySet<int> Constants { get; init; } = new HashSet<int>();

    /// <summary>Allowed difference: this plus <see cref="Relative"/> times the value. Integers may differ by it as well.</summary>
    public double Absolute { get; init; } = 1e-6;

    public double Relative { get; init; } = 1e-5;

    public IReadOnlyDictionary<string, OnnxTensor> Fed => Inputs.Select((tensor, i) => (tensor, i)).Where(pair => pair.tensor is not null && !Constants.Contains(pair.i))
        .ToDictionary(pair => $"x{pair.i}", pair => pair.tensor!);

    public IReadOnlyList<string> OutputNames => [.. Types.Select((_, i) => $"y{i}")];

    private IReadOnlyList<OnnxElementType> Types => OutputTypes.Count > 0 ? OutputTypes : [Inputs[0]!.ElementType];

    public ModelProto Model()
    {
        var graph = new GraphProto { Name = "case" };
        var node = new NodeProto { OpType = OperatorType, Name = "tested" };
        for (int i = 0; i < Inputs.Count; i++)
        {
            node.Input.Add(Inputs[i] is null ? "" : $"x{i}");
            if (Inputs[i] is not { } tensor) continue;
            if (Constants.Contains(i)) graph.Initializer.Add(OnnxTensorCodec.Write($"x{i}", tensor));
            else graph.Input.Add(Describe($"x{i}", tensor.ElementType, tensor.Dimensions));
        }

        foreach (var (type, name) in Types.Zip(OutputNames))
        {
            node.Output.Add(name);
            graph.Output.Add(Describe(name, type, null));
        }

        node.Attribute.AddRange(Attributes);
        graph.Node.Add(node);
        var model = new ModelProto { IrVersion = Opset >= 18 ? 8 : MinIrVersion, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = Opset });
        return model;
    }

    public override string ToString() =>
        $"{OperatorType}-{Opset}({string.Join(", ", Inputs.Select(input => input?.ToString() ?? "-"))}) {string.Join(" ", Attributes.Select(a => a.ToString()))}";

    public static AttributeProto Attribute(string name, long value) => new() { Name = name, I = value, Type = (int)AttributeKind.Int };

    public static AttributeProto Attribute(string name, float value) => new() { Name = name, F = value, Type = (int)AttributeKind.Float };

    public static AttributeProto Attribute(string name, string value) => new() { Name = name, S = ByteString.CopyFromUtf8(value), Type = (int)AttributeKind.String };

    public static AttributeProto Attribute(string name, params long[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = (int)AttributeKind.Ints };
        attribute.Ints.AddRange(values);
        return attribute;
    }

    public static AttributeProto Attribute(string name, params float[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = (int)AttributeKind.Floats };
        attribute.Floats.AddRange(values);
        return attribute;
    }

    public static AttributeProto Attribute(string name, OnnxTensor value) => new() { Name = name, T = OnnxTensorCodec.Write("", value), Type = (int)AttributeKind.Tensor };

    public static ValueInfoProto Describe(string name, OnnxElementType type, IReadOnlyList<long>? dimensions)
    {
        var tensor = new TypeProto.Types.Tensor { ElemType = (int)type };
        if (dimensions is not null)
        {
            tensor.Shape = new TensorShapeProto();
            foreach (long size in dimensions) tensor.Shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = size });
        }

        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }
}
