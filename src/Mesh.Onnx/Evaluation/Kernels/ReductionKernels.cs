using System.Numerics;

namespace Mesh.Onnx.Evaluation.Kernels;

/// <summary>Reductions along axes, and the place of the largest or smallest. Floats are summed in double precision.</summary>
internal static class ReductionKernels
{
    private const int SumTakesAxesAsInput = 13;
    private const int AllTakeAxesAsInput = 18;

    public static IReadOnlyDictionary<string, Action<NodeRun>> All { get; } = new Dictionary<string, Action<NodeRun>>
    {
        ["ReduceSum"] = run => Reduce(run, Kind.Sum),
        ["ReduceMean"] = run => Reduce(run, Kind.Mean),
        ["ReduceMax"] = run => Reduce(run, Kind.Max),
        ["ReduceMin"] = run => Reduce(run, Kind.Min),
        ["ReduceProd"] = run => Reduce(run, Kind.Product),
        ["ReduceL1"] = run => Reduce(run, Kind.L1),
        ["ReduceL2"] = run => Reduce(run, Kind.L2),
        ["ReduceSumSquare"] = run => Reduce(run, Kind.SumOfSquares),
        ["ReduceLogSum"] = run => Reduce(run, Kind.LogSum),
        ["ReduceLogSumExp"] = run => Reduce(run, Kind.LogSumExp),
        ["ArgMax"] = run => Place(run, largest: true),
        ["ArgMin"] = run => Place(run, largest: false),
    };

    private enum Kind
    {
        Sum, Mean, Max, Min, Product, L1, L2, SumOfSquares, LogSum, LogSumExp,
    }

    private static void Reduce(NodeRun run, Kind kind)
    {
        var x = run.Input(0);
        bool asInput = run.Opset >= (kind == Kind.Sum ? SumTakesAxesAsInput : AllTakeAxesAsInput);
        long[] named = asInput ? run.Optional(1)?.ToInts() ?? [] : run.Node.Ints("axes") ?? [];
        if (named.Length == 0 && asInput && run.Node.Int("noop_with_empty_axes", 0) != 0)
        {
            run.Give(0, x.Reshaped(x.Shape));
            return;
        }

        var reduced = named.Length == 0 ? [.. Enumerable.Range(0, x.Rank)] : named.Select(axis => run.Axis(axis, x.Rank)).ToHashSet();
        bool keep = run.Node.Int("keepdims", 1) != 0;
        int[] kept = [.. Enumerable.Range(0, x.Rank).Where(axis => !reduced.Contains(axis))];
        int[] shape = keep ? [.. x.Shape.Select((size, axis) => reduced.Contains(axis) ? 1 : size)] : [.. kept.Select(axis => x.Shape[axis])];
        int size = Shape.Count([.. reduced.Select(axis => x.Shape[axis])]);
        if (size == 0 && kind is Kind.Max or Kind.Min && Shape.Count(shape) > 0) throw run.Wrong($"takes the largest or smallest of nothing, {x}");
        var rows = MovementKernels.Permute(run, x, [.. kept, .. reduced.Order()]);
        var y = run.Output(0, x.Type, shape);
        switch (x.Type)
        {
            case OnnxElementType.Float: Rows(rows.As<float>(), y.As<float>(), size, kind); break;
            case OnnxElementType.Double: Rows(rows.As<double>(), y.As<double>(), size, kind); break;
            case OnnxElementType.Int32: IntegerRows(run, rows.As<int>(), y.As<int>(), size, kind); break;
            case OnnxElementType.Int64: IntegerRows(run, rows.As<long>(), y.As<long>(), size, kind); break;
            case OnnxElementType.UInt8: IntegerRows(run, rows.As<byte>(), y.As<byte>(), size, kind); break;
            case OnnxElementType.Int8: IntegerRows(run, rows.As<sbyte>(), y.As<sbyte>(), size, kind); break;
            case OnnxElementType.UInt32: IntegerRows(run, rows.As<uint>(), y.As<uint>(), size, kind); break;
            case OnnxElementType.UInt64: IntegerRows(run, rows.As<ulong>(), y.As<ulong>(), size, kind); break;
            default: throw run.UnsupportedType(x.Type);
        }

        rows.Release();
    }

    private static void Rows<T>(ReadOnlySpan<T> x, Span<T> y, int size, Kind kind)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < y.Length; i++)
        {
            var row = x.Slice(i * size, size);
            double result = kind == Kind.Product ? 1 : 0;
            switch (kind)
            {
                case Kind.Max or Kind.Min:
                    T best = row[0];
                    foreach (T value in row) best = kind == Kind.Max ? T.Max(best, value) : T.Min(best, value);
                    y[i] = best;
                    continue;
                case Kind.Product:
                    foreach (T value in row) result *= double.CreateTruncating(value);
                    break;
                case Kind.L1:
                    foreach (T value in row) result += Math.Abs(double.CreateTruncating(value));
                    break;
                case Kind.L2 or Kind.SumOfSquares:
                    foreach (T value in row) result += double.CreateTruncating(value) * double.CreateTruncating(value);
                    if (kind == Kind.L2) result = Math.Sqrt(result);
                    break;
                case Kind.LogSumExp:
                    double largest = double.NegativeInfinity;
                    foreach (T value in row) largest = Math.Max(largest, double.CreateTruncating(value));
                    if (!double.IsFinite(largest)) largest = 0;
                    foreach (T value in row) result += Math.Exp(double.CreateTruncating(value) - largest);
                    result = Math.Log(result) + largest;
                    break;
                default:
                    foreach (T value in row) result += double.CreateTruncating(value);
                    if (kind == Kind.Mean) result /= size;
                    if (kind == Kind.LogSum) result = Math.Log(result);
                    break;
            }

            y[i] = T.CreateTruncating(result);
        }
    }

    private static void IntegerRows<T>(NodeRun run, ReadOnlySpan<T> x, Span<T> y, int size, Kind kind)
        where T : unmanaged, IBinaryInteger<T>
    {
        for (int i = 0; i < y.Length; i++)
        {
            var row = x.Slice(i * size, size);
            T result = kind == Kind.Product ? T.One : kind is Kind.Max or Kind.Min ? row[0] : T.Zero;
            foreach (T value in row)
            {
                result = kind switch
                {
                    Kind.Max => T.Max(result, value),
                    Kind.Min => T.Min(result, value),
                    Kind.Product => result * value,
                    Kind.L1 => result + T.Abs(value),
                    Kind.SumOfSquares => result + (value * value),
                    Kind.Sum or Kind.Mean => result + value,
                    _ => throw run.Unsupported($"{kind} of integers"),
                };
            }

            y[i] = kind == Kind.Mean ? result / T.CreateChecked(size) : result;
        }
    }

    private static void Place(NodeRun run, bool largest)
    {
        var x = run.Input(0);
        int axis = run.Axis(run.Node.Int("axis", 0), x.Rank), size = x.Shape[axis];
        bool keep = run.Node.Int("keepdims", 1) != 0, last = run.Node.Int("select_last_index", 0) != 0;
        if (size == 0) throw run.Wrong($"looks for a place in nothing, {x}");
        var rows = MovementKernels.Permute(run, x, [.. Enumerable.Range(0, x.Rank).Where(other => other != axis), axis]);
        var y = run.Output(0, OnnxElementType.Int64, [.. x.Shape.Select((length, i) => i == axis ? 1 : length).Where((_, i) => keep || i != axis)]).As<long>();
        switch (x.Type)
        {
            case OnnxElementType.Float: Places(rows.As<float>(), y, size, largest, last); break;
            case OnnxElementType.Double: Places(rows.As<double>(), y, size, largest, last); break;
            case OnnxElementType.Int32: Places(rows.As<int>(), y, size, largest, last); break;
            case OnnxElementType.Int64: Places(rows.As<long>(), y, size, largest, last); break;
            case OnnxElementType.UInt8: Places(rows.As<byte>(), y, size, largest, last); break;
            case OnnxElementType.Int8: Places(rows.As<sbyte>(), y, size, largest, last); break;
            default: throw run.UnsupportedType(x.Type);
        }

        rows.Release();
    }

    private static void Places<T>(ReadOnlySpan<T> x, Span<long> y, int size, bool largest, bool last)
        where T : unmanaged, INumber<T>
    {
        for (int i = 0; i < y.Length; i++)
        {
            var row = x.Slice(i * size, size);
            int best = 0;
            for (int j = 1; j < size; j++)
            {
                bool better = largest ? row[j] > row[best] : row[j] < row[best];
                if (better || (last && row[j] == row[best])) best = j;
            }

            y[i] = best;
        }
    }
}
