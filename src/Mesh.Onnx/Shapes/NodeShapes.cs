using Mesh.Model;
using Mesh.Onnx.Evaluation;
using Mesh.Onnx.Evaluation.Kernels;
using Mesh.Onnx.Graph;

namespace Mesh.Onnx.Shapes;

/// <summary>Infers the outputs of one node.</summary>
internal sealed partial class NodeShapes(GraphNode node, long opset, Dictionary<GraphValue, InferredType> types, Dictionary<GraphValue, Dimension[]> contents)
{
    private readonly NodeRun run = new(node, (int)opset, new TensorMemory(new OnnxEvaluatorOptions()), [], []);

    /// <exception cref="MeshException"><c>MESH9821</c>.</exception>
    public InferredType[] Infer()
    {
        if (node.Domain.Length > 0 || node.HasSubgraphs) return [];
        try
        {
            return node.OperatorType switch
            {
                "Add" or "Sub" or "Mul" or "Div" or "Mod" or "Pow" or "PRelu" or "Max" or "Min" or "Sum" or "Mean" => [new(Type(0), BroadcastAll())],
                "Equal" or "Greater" or "GreaterOrEqual" or "Less" or "LessOrEqual" or "And" or "Or" or "Xor" => [new(OnnxElementType.Boolean, BroadcastAll())],
                "Where" => [new(Type(1), BroadcastAll())],
                "MatMul" or "MatMulInteger" or "QLinearMatMul" => [MatMul()],
                "Gemm" => [Gemm()],
                "Conv" or "ConvInteger" or "QLinearConv" => [Conv()],
                "ConvTranspose" => [ConvTranspose()],
                "MaxPool" or "AveragePool" => Pool(),
                "GlobalAveragePool" or "GlobalMaxPool" => [new(Type(0), Shape(0)?.Select((size, i) => i < 2 ? size : Dimension.Of(1)).ToArray())],
                "LayerNormalization" => LayerNormalization(),
                "Dropout" => [In(0), new(OnnxElementType.Boolean, Shape(0))],
                "Cast" => [new((OnnxElementType)node.Int("to", 0), Shape(0))],
                "CastLike" => [new(Type(1), Shape(0))],
                "Not" or "IsNaN" or "IsInf" => [new(OnnxElementType.Boolean, Shape(0))],
                "QuantizeLinear" => [new(QuantisedType(), Shape(0))],
                "DequantizeLinear" => [new(Type(1), Shape(0))],
                "DynamicQuantizeLinear" => [new(OnnxElementType.UInt8, Shape(0)), new(OnnxElementType.Float, []), new(OnnxElementType.UInt8, [])],
                "ArgMax" or "ArgMin" => [new(OnnxElementType.Int64, Reduced([node.Int("axis", 0)]))],
                "Reshape" => [new(Type(0), Reshape())],
                "Flatten" => [new(Type(0), Flatten())],
                "Transpose" => [new(Type(0), Transpose())],
                "Concat" => [new(Type(0), Concat())],
                "Split" => Split(),
                "Slice" => [new(Type(0), Slice())],
                "Gather" => [new(Type(0), Gather())],
                "Squeeze" => [new(Type(0), Squeeze())],
                "Unsqueeze" => [new(Type(0), Unsqueeze())],
                "Expand" => [new(Type(0), Shape(0) is { } from && Contents(1) is { } to ? Broadcast(from, to) : null)],
                "Tile" => [new(Type(0), Tile())],
                "Pad" => [new(Type(0), Pad())],
                "Resize" or "Upsample" => [new(Type(0), Resize())],
                "Shape" => [new(OnnxElementType.Int64, [ShapeContents() is { } sizes ? Dimension.Of(sizes.Length) : Dimension.Unknown])],
                "Size" => [new(OnnxElementType.Int64, [])],
                "Constant" => [ShapeKernels.ConstantOf(node) is { } value ? new(value.ElementType, [.. value.Dimensions.Select(Dimension.Of)]) : InferredType.Nothing],
                "ConstantOfShape" => [new(node.Tensor("value")?.ElementType ?? OnnxElementType.Float, Contents(0) ?? (Shape(0) is [{ Size: >= 0 and <= 64 and var rank }] ? new Dimension[rank] : null))],
                "NonZero" => [new(OnnxElementType.Int64, [Shape(0) is { } shape ? Dimension.Of(shape.Count) : Dimension.Unknown, Dimension.Unknown])],
                "NonMaxSuppression" => [new(OnnxElementType.Int64, [Dimension.Unknown, Dimension.Of(3)])],
                _ when node.OperatorType.StartsWith("Reduce", StringComparison.Ordinal) => [new(Type(0), Reduce())],
                _ when KeepsShape.Contains(node.OperatorType) => [In(0)],
                _ => [],
            };
        }
        catch (Exception exception) when (exception is ArithmeticException or ArgumentException or IndexOutOfRangeException)
        {
            // As in the evaluator: a model can be wrong in ways that only show as an index or a division.
            throw new MeshException("MESH9821", $"The shapes of the {node.Place} cannot be inferred: {exception.Message} Export the model again.", innerException: exception);
        }
    }

    /// <summary>The elements of the first output, when they are sizes that can be followed.</summary>
    public Dimension[]? Contents() => node.Domain.Length > 0 ? null : node.OperatorType switch
    {
        "Shape" => ShapeContents(),
        "Identity" or "Cast" or "Squeeze" or "Unsqueeze" or "Reshape" => Contents(0),
        "Constant" when ShapeKernels.ConstantOf(node) is { ElementType: OnnxElementType.Int64, Dimensions.Count: < 2 } value => [.. value.As<long>().ToArray().Select(Dimension.Of)],
        "Concat" when node.Inputs.Select((_, i) => Contents(i)).ToList() is var parts && parts.All(part => part is not null) => [.. parts.SelectMany(part => part!)],
        "Gather" when Contents(0) is { } from && Contents(1) is { } places => Pick(from, places),
        "Slice" when Contents(0) is { } from && Ints(1) is [var start] && Ints(2) is [var end] && (Ints(4) ?? [1]) is [var step] && step != 0 => Cut(from, start, end, step),
        "Add" or "Sub" or "Mul" or "Div" when Contents(0) is { } a && Contents(1) is { } b => Calculate(a, b),
        _ => null,
    };

    private static Dimension[]? Pick(Dimension[] from, Dimension[] places)
    {
        if (places.Any(place => place.Size is not { } index || index < -from.Length || index >= from.Length)) return null;
        return [.. places.Select(place => from[place.Size!.Value < 0 ? place.Size.Value + from.Length : place.Size.Value])];
    }

    private static Dimension[] Cut(Dimension[] from, long start, long end, long step)
    {
        var (first, count) = MovementKernels.SliceRange(start, end, step, from.Length);
        return [.. Enumerable.Range(0, count).Select(i => from[first + (i * step)])];
    }

    private Dimension[]? Calculate(Dimension[] a, Dimension[] b)
    {
        int count = Math.Max(a.Length, b.Length);
        if ((a.Length != count && a.Length != 1) || (b.Length != count && b.Length != 1)) return null;
        return [.. Enumerable.Range(0, count).Select(i => (a[a.Length == 1 ? 0 : i], b[b.Length == 1 ? 0 : i], node.OperatorType) switch
        {
            ({ Size: { } x }, { Size: { } y }, "Add") => Dimension.Of(x + y),
            ({ Size: { } x }, { Size: { } y }, "Sub") => Dimension.Of(x - y),
            ({ Size: { } x }, { Size: { } y }, "Mul") => Dimension.Of(x * y),
            ({ Size: { } x }, { Size: { } y and not 0 }, "Div") => Dimension.Of(x / y),
            (var x, { Size: 1 }, "Mul" or "Div") => x,
            ({ Size: 1 }, var y, "Mul") => y,
            _ => Dimension.Unknown,
        })];
    }

    private Dimension[]? ShapeContents()
    {
        if (Shape(0) is not { } shape) return null;
        int start = ShapeKernels.Clamp(node.Int("start", 0), shape.Count), end = ShapeKernels.Clamp(node.Int("end", shape.Count), shape.Count);
        return [.. shape.Skip(start).Take(Math.Max(0, end - start))];
    }

    private InferredType In(int index) => node.Input(index) is { } value && types.TryGetValue(value, out var type) ? type : InferredType.Nothing;

    private OnnxElementType Type(int index) => In(index).ElementType;

    private IReadOnlyList<Dimension>? Shape(int index) => In(index).Shape;

    private Dimension[]? Contents(int index) => node.Input(index) is { } value ? contents.GetValueOrDefault(value) : null;

    private long[]? Ints(int index) => Contents(index) is { } known && known.All(dimension => dimension.Size is not null) ? [.. known.Select(dimension => dimension.Size!.Value)] : null;

    private int Axis(long axis, int rank) => run.Axis(axis, rank);

    private OnnxElementType QuantisedType()
    {
        if (node.Input(2) is not null) return Type(2);
        long named = node.Int("output_dtype", 0);
        return named == 0 ? OnnxElementType.UInt8 : (OnnxElementType)named;
    }

    private IReadOnlyList<Dimension>? BroadcastAll()
    {
        IReadOnlyList<Dimension>? result = [];
        for (int i = 0; i < node.Inputs.Count && result is not null; i++) result = Shape(i) is { } shape ? Broadcast(result, shape) : null;
        return result;
    }

    private Dimension[] Broadcast(IReadOnlyList<Dimension> a, IReadOnlyList<Dimension> b)
    {
        var result = new Dimension[Math.Max(a.Count, b.Count)];
        for (int i = 1; i <= result.Length; i++)
        {
            var left = i <= a.Count ? a[^i] : Dimension.Of(1);
            var right = i <= b.Count ? b[^i] : Dimension.Of(1);
            result[^i] = (left, right) switch
            {
                ({ Size: 1 }, _) => right,
                (_, { Size: 1 }) => left,
                ({ Size: { } x }, { Size: { } y }) => x == y ? left : throw run.Wrong($"takes [{string.Join(", ", a)}] and [{string.Join(", ", b)}], which do not fit each other"),
                ({ Size: not null }, _) => left,
                (_, { Size: not null }) => right,
                _ => left == right ? left : Dimension.Unknown,
            };
        }

        return result;
    }

    private static readonly HashSet<string> KeepsShape =
    [
        "Relu", "LeakyRelu", "Elu", "Selu", "Celu", "ThresholdedRelu", "Sigmoid", "HardSigmoid", "HardSwish", "Softplus", "Softsign", "Mish", "Gelu", "Erf", "Tanh", "Exp", "Log", "Sqrt",
        "Reciprocal", "Ceil", "Floor", "Round", "Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "Abs", "Neg", "Sign", "Clip", "Identity",
        "BatchNormalization", "InstanceNormalization", "GroupNormalization", "LRN", "LpNormalization", "Softmax", "LogSoftmax", "Hardmax", "CumSum", "Trilu", "ScatterElements", "ScatterND",
    ];
}
