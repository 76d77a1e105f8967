using System.Numerics;

namespace Mesh.Onnx.Evaluation.Kernels;

/// <summary>Operators of two operands, or several, that are broadcast against each other.</summary>
internal static class ArithmeticKernels
{
    public static IReadOnlyDictionary<string, Action<NodeRun>> All { get; } = new Dictionary<string, Action<NodeRun>>
    {
        ["Add"] = Arithmetic<Add>,
        ["Sub"] = Arithmetic<Subtract>,
        ["Mul"] = Arithmetic<Multiply>,
        ["Div"] = Arithmetic<Divide>,
        ["Mod"] = run =>
        {
            if (run.Node.Int("fmod", 0) != 0) Arithmetic<TruncatedRemainder>(run);
            else Arithmetic<FlooredRemainder>(run);
        },
        ["Pow"] = Pow,
        ["PRelu"] = Arithmetic<ParametricRelu>,
        ["Max"] = run => Fold<Maximum>(run),
        ["Min"] = run => Fold<Minimum>(run),
        ["Sum"] = run => Fold<Add>(run),
        ["Mean"] = Mean,
        ["Equal"] = Compare<EqualTo>,
        ["Greater"] = Compare<GreaterThan>,
        ["GreaterOrEqual"] = Compare<GreaterOrEqualTo>,
        ["Less"] = Compare<LessThan>,
        ["LessOrEqual"] = Compare<LessOrEqualTo>,
        ["And"] = run => Logic<LogicalAnd>(run),
        ["Or"] = run => Logic<LogicalOr>(run),
        ["Xor"] = run => Logic<LogicalXor>(run),
    };

    private static void Arithmetic<TOperation>(NodeRun run)
        where TOperation : struct, IArithmetic => run.Give(0, Combine<TOperation>(run, run.Input(0), run.Input(1)));

    private static Tensor Combine<TOperation>(NodeRun run, Tensor a, Tensor b)
        where TOperation : struct, IArithmetic
    {
        if (a.Type != b.Type) throw run.Wrong($"takes {a.Type} and {b.Type} where both must be of one type");
        var result = run.Scratch(a.Type, ResultShape(run, a, b));
        switch (a.Type)
        {
            case OnnxElementType.Float: Loop<float, float, OfNumbers<float, TOperation>>(a, b, result); break;
            case OnnxElementType.Double: Loop<double, double, OfNumbers<double, TOperation>>(a, b, result); break;
            case OnnxElementType.Int64: Loop<long, long, OfNumbers<long, TOperation>>(a, b, result); break;
            case OnnxElementType.Int32: Loop<int, int, OfNumbers<int, TOperation>>(a, b, result); break;
            case OnnxElementType.Int16: Loop<short, short, OfNumbers<short, TOperation>>(a, b, result); break;
            case OnnxElementType.Int8: Loop<sbyte, sbyte, OfNumbers<sbyte, TOperation>>(a, b, result); break;
            case OnnxElementType.UInt64: Loop<ulong, ulong, OfNumbers<ulong, TOperation>>(a, b, result); break;
            case OnnxElementType.UInt32: Loop<uint, uint, OfNumbers<uint, TOperation>>(a, b, result); break;
            case OnnxElementType.UInt16: Loop<ushort, ushort, OfNumbers<ushort, TOperation>>(a, b, result); break;
            case OnnxElementType.UInt8: Loop<byte, byte, OfNumbers<byte, TOperation>>(a, b, result); break;
            default: throw run.UnsupportedType(a.Type);
        }

        return result;
    }

    private static void Fold<TOperation>(NodeRun run)
        where TOperation : struct, IArithmetic
    {
        var total = run.Input(0).Reshaped(run.Input(0).Shape);
        for (int i = 1; i < run.InputCount; i++)
        {
            var next = Combine<TOperation>(run, total, run.Input(i));
            total.Release();
            total = next;
        }

        run.Give(0, total);
    }

    private static void Mean(NodeRun run)
    {
        var sum = run.Sub(Fold<Add>, [.. Enumerable.Range(0, run.InputCount).Select(run.Input)]);
        var result = run.Output(0, sum.Type, sum.Shape);
        if (sum.Type == OnnxElementType.Float)
        {
            for (int i = 0; i < sum.Length; i++) result.As<float>()[i] = sum.As<float>()[i] / run.InputCount;
        }
        else if (sum.Type == OnnxElementType.Double)
        {
            for (int i = 0; i < sum.Length; i++) result.As<double>()[i] = sum.As<double>()[i] / run.InputCount;
        }
        else
        {
            throw run.UnsupportedType(sum.Type);
        }

        sum.Release();
    }

    private static void Pow(NodeRun run)
    {
        var (x, exponent) = (run.Input(0), run.Input(1));
        var result = run.Output(0, x.Type, ResultShape(run, x, exponent));
        // The exponent may be of another type (operator set 12); both go through double, which holds every float and int32.
        var wideX = run.Sub(inner => CastTo(inner, OnnxElementType.Double), x);
        var wideExponent = run.Sub(inner => CastTo(inner, OnnxElementType.Double), exponent);
        var wide = run.Scratch(OnnxElementType.Double, result.Shape);
        Loop<double, double, Power>(wideX, wideExponent, wide);
        var narrow = run.Sub(inner => CastTo(inner, x.Type), wide);
        narrow.Bytes.CopyTo(result.Bytes);
        foreach (var scratch in new[] { wideX, wideExponent, wide, narrow }) scratch.Release();
    }

    private static void CastTo(NodeRun run, OnnxElementType type)
    {
        var input = run.Input(0);
        if (input.Type == type) run.Give(0, input.Reshaped(input.Shape));
        else run.Give(0, CastInto(run, input, type));
    }

    private static Tensor CastInto(NodeRun run, Tensor input, OnnxElementType type)
    {
        var result = run.Scratch(type, input.Shape);
        CastKernels.Copy(input, result);
        return result;
    }

    private static void Compare<TOperation>(NodeRun run)
        where TOperation : struct, IComparison
    {
        var (a, b) = (run.Input(0), run.Input(1));
        if (a.Type != b.Type) throw run.Wrong($"compares {a.Type} with {b.Type}");
        var result = run.Output(0, OnnxElementType.Boolean, ResultShape(run, a, b));
        switch (a.Type)
        {
            case OnnxElementType.Float: Loop<float, byte, OfComparison<float, TOperation>>(a, b, result); break;
            case OnnxElementType.Double: Loop<double, byte, OfComparison<double, TOperation>>(a, b, result); break;
            case OnnxElementType.Int64: Loop<long, byte, OfComparison<long, TOperation>>(a, b, result); break;
            case OnnxElementType.Int32: Loop<int, byte, OfComparison<int, TOperation>>(a, b, result); break;
            case OnnxElementType.Int16: Loop<short, byte, OfComparison<short, TOperation>>(a, b, result); break;
            case OnnxElementType.Int8: Loop<sbyte, byte, OfComparison<sbyte, TOperation>>(a, b, result); break;
            case OnnxElementType.UInt64: Loop<ulong, byte, OfComparison<ulong, TOperation>>(a, b, result); break;
            case OnnxElementType.UInt32: Loop<uint, byte, OfComparison<uint, TOperation>>(a, b, result); break;
            case OnnxElementType.UInt16: Loop<ushort, byte, OfComparison<ushort, TOperation>>(a, b, result); break;
            case OnnxElementType.UInt8 or OnnxElementType.Boolean: Loop<byte, byte, OfComparison<byte, TOperation>>(a, b, result); break;
            default: throw run.UnsupportedType(a.Type);
        }
    }

    private static void Logic<TOperation>(NodeRun run)
        where TOperation : struct, IBinary<byte, byte>
    {
        var (a, b) = (run.Input(0), run.Input(1));
        if (a.Type != OnnxElementType.Boolean || b.Type != OnnxElementType.Boolean) throw run.Wrong($"takes {a.Type} and {b.Type} where truth values are expected");
        Loop<byte, byte, TOperation>(a, b, run.Output(0, OnnxElementType.Boolean, ResultShape(run, a, b)));
    }

    private static int[] ResultShape(NodeRun run, Tensor a, Tensor b) =>
        Shape.Broadcast(a.Shape, b.Shape) ?? throw run.Wrong($"takes {a} and {b}, which do not fit each other");

    private static void Loop<T, TResult, TOperation>(Tensor a, Tensor b, Tensor result)
        where T : unmanaged
        where TResult : unmanaged
        where TOperation : struct, IBinary<T, TResult>
    {
        ReadOnlySpan<T> left = a.As<T>(), right = b.As<T>();
        var target = result.As<TResult>();
        if (Shape.Same(a.Shape, b.Shape))
        {
            Row<T, TResult, TOperation>(left, 1, right, 1, target);
            return;
        }

        int[] leftStrides = Shape.BroadcastStrides(a.Shape, result.Shape), rightStrides = Shape.BroadcastStrides(b.Shape, result.Shape);
        int leftStep = result.Rank == 0 ? 0 : leftStrides[^1], rightStep = result.Rank == 0 ? 0 : rightStrides[^1];
        var loop = new StridedLoop(result.Shape, leftStrides, rightStrides);
        for (int at = 0; loop.Next(); at += loop.RowLength)
        {
            Row<T, TResult, TOperation>(left[loop.FirstOffset..], leftStep, right[loop.SecondOffset..], rightStep, target.Slice(at, loop.RowLength));
        }
    }

    private static void Row<T, TResult, TOperation>(ReadOnlySpan<T> a, int aStep, ReadOnlySpan<T> b, int bStep, Span<TResult> result)
        where T : unmanaged
        where TResult : unmanaged
        where TOperation : struct, IBinary<T, TResult>
    {
        int i = 0;
        if (TOperation.HasVectors && aStep == 1)
        {
            var target = System.Runtime.InteropServices.MemoryMarshal.Cast<TResult, T>(result);
            int width = Vector<T>.Count;
            for (; i <= result.Length - width; i += width)
            {
                var right = bStep == 1 ? new Vector<T>(b[i..]) : new Vector<T>(b[0]);
                TOperation.Apply(new Vector<T>(a[i..]), right).CopyTo(target[i..]);
            }
        }

        for (; i < result.Length; i++) result[i] = TOperation.Apply(a[i * aStep], b[i * bStep]);
    }
}
