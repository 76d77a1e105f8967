using System.Runtime.InteropServices;

namespace Mesh.Onnx.Evaluation.Kernels;

/// <summary>
/// Quantised operators, exactly as specified: y = saturate(round(x / scale) + zero point), halves to the even neighbour, in single precision;
/// sums of products in 32-bit integers.
/// </summary>
internal static class QuantisationKernels
{
    public static IReadOnlyDictionary<string, Action<NodeRun>> All { get; } = new Dictionary<string, Action<NodeRun>>
    {
        ["QuantizeLinear"] = Quantize,
        ["DequantizeLinear"] = Dequantize,
        ["DynamicQuantizeLinear"] = DynamicQuantize,
        ["QLinearConv"] = Convolve,
        ["QLinearMatMul"] = Multiply,
        ["ConvInteger"] = run =>
        {
            var (x, w) = (Centred(run, run.Input(0), run.Optional(2), -1), Centred(run, run.Input(1), run.Optional(3), 0));
            run.Give(0, ConvolutionKernels.Convolve<int>(run, x, w, null));
            x.Release();
            w.Release();
        },
        ["MatMulInteger"] = run =>
        {
            var (a, b) = (run.Input(0), run.Input(1));
            var (left, right) = (Centred(run, a, run.Optional(2), Math.Max(0, a.Rank - 2)), Centred(run, b, run.Optional(3), b.Rank - 1));
            run.Give(0, run.Sub(MatrixKernels.MatMul, left, right));
            left.Release();
            right.Release();
        },
    };

    private static void Quantize(NodeRun run)
    {
        var (x, scale, zero) = (run.Input(0), run.Input(1), run.Optional(2));
        var type = zero?.Type ?? (OnnxElementType)run.Node.Int("output_dtype", (long)OnnxElementType.UInt8);
        if (type == OnnxElementType.Undefined) type = OnnxElementType.UInt8;
        if (x.Type is not (OnnxElementType.Float or OnnxElementType.Int32) || scale.Type != OnnxElementType.Float) throw run.Unsupported($"it quantises {x.Type} by {scale.Type}");
        var (low, high) = Limits(run, type);
        var places = new ScalePlaces(run, x, scale, zero);
        var y = run.Output(0, type, x.Shape);
        if (x.Type == OnnxElementType.Float && LinearRuns.TryQuantise(x.As<float>(), scale.As<float>(), zero, places.Run, y)) return;
        for (int i = 0; i < x.Length; i++)
        {
            int place = places.At(i);
            float value = x.Type == OnnxElementType.Float ? x.As<float>()[i] : x.As<int>()[i];
            Store(y, i, Saturate(value / scale.As<float>()[place], zero is null ? 0 : (int)zero.Number(place), low, high));
        }
    }

    private static void Dequantize(NodeRun run)
    {
        var (x, scale, zero) = (run.Input(0), run.Input(1), run.Optional(2));
        if (x.Type is not (OnnxElementType.UInt8 or OnnxElementType.Int8 or OnnxElementType.UInt16 or OnnxElementType.Int16 or OnnxElementType.Int32)) throw run.UnsupportedType(x.Type);
        if (scale.Type != OnnxElementType.Float || (zero is not null && zero.Type != x.Type)) throw run.Wrong($"takes {x} with scale {scale} and zero point {zero}");
        var places = new ScalePlaces(run, x, scale, zero);
        var y = run.Output(0, OnnxElementType.Float, x.Shape).As<float>();
        if (LinearRuns.TryDequantise(x, scale.As<float>(), zero, places.Run, y)) return;
        for (int i = 0; i < x.Length; i++)
        {
            int place = places.At(i);
            y[i] = (float)(Integer(x, i) - (zero is null ? 0L : Integer(zero, place))) * scale.As<float>()[place];
        }
    }

    private static void DynamicQuantize(NodeRun run)
    {
        var x = run.Input(0);
        if (x.Type != OnnxElementType.Float) throw run.UnsupportedType(x.Type);
        float low = 0, high = 0;
        foreach (float value in x.As<float>())
        {
            low = MathF.Min(low, value);
            high = MathF.Max(high, value);
        }

        float scale = (high - low) / 255;
        int zero = scale == 0 ? 0 : Saturate(-low / scale, 0, 0, 255);
        var y = run.Output(0, OnnxElementType.UInt8, x.Shape);
        for (int i = 0; i < x.Length; i++) y.Bytes[i] = scale == 0 ? (byte)0 : (byte)Saturate(x.As<float>()[i] / scale, zero, 0, 255);
        run.Output(1, OnnxElementType.Float).As<float>()[0] = scale;
        run.Output(2, OnnxElementType.UInt8).Bytes[0] = (byte)zero;
    }

    private static void Convolve(NodeRun run)
    {
        var (xScale, wScale, yScale, yZero) = (run.Input(1), run.Input(4), run.Input(6), run.Input(7));
        var (x, w) = (Centred(run, run.Input(0), run.Input(2), -1), Centred(run, run.Input(3), run.Input(5), 0));
        var sums = ConvolutionKernels.Convolve<int>(run, x, w, run.Optional(8));
        x.Release();
        w.Release();
        int filters = sums.Shape[1], size = Shape.Count(sums.Shape.AsSpan(2));
        if (xScale.Length != 1 || yScale.Length != 1 || (wScale.Length != 1 && wScale.Length != filters)) throw run.Wrong($"has weight scales {wScale} for {filters} filters");
        var (low, high) = Limits(run, yZero.Type);
        var y = run.Output(0, yZero.Type, sums.Shape);
        int zero = (int)yZero.Number();
        for (int i = 0; i < sums.Length; i++)
        {
            float factor = xScale.As<float>()[0] * wScale.As<float>()[wScale.Length == 1 ? 0 : i / size % filters] / yScale.As<float>()[0];
            Store(y, i, Saturate(sums.As<int>()[i] * factor, zero, low, high));
        }

        sums.Release();
    }

    private static void Multiply(NodeRun run)
    {
        var (a, b) = (run.Input(0), run.Input(3));
        var (aScale, bScale, yScale, yZero) = (run.Input(1), run.Input(4), run.Input(6), run.Input(7));
        if (aScale.Length != 1 || yScale.Length != 1 || yZero.Length != 1) throw run.Unsupported("the scales of A or Y are per row");
        var (left, right) = (Centred(run, a, run.Input(2), -1), Centred(run, b, run.Input(5), b.Rank - 1));
        var sums = run.Sub(MatrixKernels.MatMul, left, right);
        left.Release();
        right.Release();
        int columns = b.Rank == 1 ? 1 : b.Shape[^1];
        if (bScale.Length != 1 && bScale.Length != columns) throw run.Wrong($"has scales {bScale} for {columns} columns");
        var (low, high) = Limits(run, yZero.Type);
        var y = run.Output(0, yZero.Type, sums.Shape);
        for (int i = 0; i < sums.Length; i++)
        {
            float factor = aScale.As<float>()[0] * bScale.As<float>()[bScale.Length == 1 ? 0 : i % columns] / yScale.As<float>()[0];
            Store(y, i, Saturate(sums.As<int>()[i] * factor, (int)yZero.Number(), low, high));
        }

        sums.Release();
    }

    /// <summary>The integers less their zero point, which may be one per index of <paramref name="axis"/>.</summary>
    private static Tensor Centred(NodeRun run, Tensor x, Tensor? zero, int axis)
    {
        if (x.Type is not (OnnxElementType.UInt8 or OnnxElementType.Int8)) throw run.UnsupportedType(x.Type);
        var result = run.Scratch(OnnxElementType.Int32, x.Shape);
        int count = zero?.Length ?? 1;
        if (count != 1 && (axis < 0 || x.Shape[axis] != count)) throw run.Wrong($"has zero points {zero} for {x}");
        int step = count == 1 ? 1 : Shape.Count(x.Shape.AsSpan(axis + 1));
        for (int i = 0; i < x.Length; i++) result.As<int>()[i] = (int)(Integer(x, i) - (zero is null ? 0 : Integer(zero, i / step % count)));
        return result;
    }

    private static int Saturate(float value, int zero, int low, int high)
    {
        if (float.IsNaN(value)) return zero;
        // Rounded before the zero point is added, and limited before it becomes an integer.
        double rounded = MathF.Round(value, MidpointRounding.ToEven) + (double)zero;
        return (int)Math.Clamp(rounded, low, high);
    }

    private static (int Low, int High) Limits(NodeRun run, OnnxElementType type) => type switch
    {
        OnnxElementType.UInt8 => (byte.MinValue, byte.MaxValue),
        OnnxElementType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
        OnnxElementType.UInt16 => (ushort.MinValue, ushort.MaxValue),
        OnnxElementType.Int16 => (short.MinValue, short.MaxValue),
        _ => throw run.UnsupportedType(type),
    };

    private static void Store(Tensor tensor, int index, int value)
    {
        if (OnnxTensor.WidthOf(tensor.Type) == 1) tensor.Bytes[index] = (byte)value;
        else MemoryMarshal.Cast<byte, ushort>(tensor.Bytes)[index] = (ushort)value;
    }

    private static long Integer(Tensor tensor, int index) => tensor.Type switch
    {
        OnnxElementType.UInt8 => tensor.Bytes[index],
        OnnxElementType.Int8 => (sbyte)tensor.Bytes[index],
        _ => (long)tensor.Number(index),
    };

    /// <summary>Which scale belongs to which element: one for all, one per index of an axis, or one per block along it.</summary>
    private readonly struct ScalePlaces
    {
        private readonly int inner;
        private readonly int length;
        private readonly int block;
        private readonly int blocks;
        private readonly bool single;
        private readonly bool isBlocked;

        public ScalePlaces(NodeRun run, Tensor x, Tensor scale, Tensor? zero)
        {
            if (zero is not null && zero.Length != scale.Length) throw run.Wrong($"has scale {scale} and zero point {zero}");
            (inner, length, block, blocks, single) = (1, 1, 1, 1, scale.Length == 1 && scale.Rank <= 1);
            if (single) return;
            int axis = run.Axis(run.Node.Int("axis", 1), x.Rank);
            long size = run.Node.Int("block_size", 0);
            inner = Shape.Count(x.Shape.AsSpan(axis + 1));
            length = x.Shape[axis];
            block = size <= 0 ? 1 : (int)Math.Min(size, Math.Max(1, length));
            blocks = (length + block - 1) / block;
            bool fits = size <= 0 ? scale.Rank == 1 && scale.Length == length : scale.Rank == x.Rank && scale.Length == Shape.Count(x.Shape.AsSpan(0, axis)) * blocks * inner;
            if (!fits) throw run.Wrong($"has scale {scale} for {x} along axis {axis}");
            isBlocked = size > 0;
        }

        /// <summary>How many elements in a row have one scale; 0 when scales are per block.</summary>
        public int Run => single ? int.MaxValue : isBlocked ? 0 : inner;

        public int At(int index)
        {
            if (single) return 0;
            int along = index / inner % length;
            return isBlocked ? (((index / inner / length * blocks) + (along / block)) * inner) + (index % inner) : along;
        }
    }
}
