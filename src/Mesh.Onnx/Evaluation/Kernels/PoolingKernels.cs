namespace Mesh.Onnx.Evaluation.Kernels;

/// <summary>Pooling: the largest or the mean under a sliding window, or of a whole plane.</summary>
internal static class PoolingKernels
{
    public static IReadOnlyDictionary<string, Action<NodeRun>> All { get; } = new Dictionary<string, Action<NodeRun>>
    {
        ["MaxPool"] = MaxPool,
        ["AveragePool"] = AveragePool,
        ["GlobalMaxPool"] = run => Global(run, values =>
        {
            float largest = float.NegativeInfinity;
            foreach (float value in values) largest = MathF.Max(largest, value);
            return largest;
        }),
        ["GlobalAveragePool"] = run => Global(run, values =>
        {
            double sum = 0;
            foreach (float value in values) sum += value;
            return (float)(sum / values.Length);
        }),
    };

    private delegate float Summary(ReadOnlySpan<float> plane);

    private static void Global(NodeRun run, Summary summary)
    {
        var x = FloatPlanes(run);
        int planes = x.Shape[0] * x.Shape[1], size = Shape.Count(x.Shape.AsSpan(2));
        var y = run.Output(0, x.Type, [x.Shape[0], x.Shape[1], .. Enumerable.Repeat(1, x.Rank - 2)]);
        for (int i = 0; i < planes; i++) y.As<float>()[i] = summary(x.As<float>().Slice(i * size, size));
    }

    private static void MaxPool(NodeRun run)
    {
        var x = run.Input(0);
        if (x.Type is OnnxElementType.UInt8 or OnnxElementType.Int8)
        {
            // Single precision holds every 8-bit integer.
            var wide = run.Scratch(OnnxElementType.Float, x.Shape);
            CastKernels.Copy(x, wide);
            var largest = run.Sub(MaxPool, wide);
            CastKernels.Copy(largest, run.Output(0, x.Type, largest.Shape));
            wide.Release();
            largest.Release();
            return;
        }

        x = FloatPlanes(run);
        var window = Window.Slide(run, x.Shape.AsSpan(2), KernelShape(run));
        int planes = x.Shape[0] * x.Shape[1], inputs = window.InputCount, outputs = window.OutputCount;
        int[] shape = [x.Shape[0], x.Shape[1], .. window.OutputShape];
        var y = run.Output(0, x.Type, shape).As<float>();
        var places = run.Wants(1) ? run.Output(1, OnnxElementType.Int64, shape).As<long>() : default;
        bool columnMajor = run.Node.Int("storage_order", 0) != 0;
        for (int plane = 0, at = 0; plane < planes; plane++)
        {
            var values = x.As<float>().Slice(plane * inputs, inputs);
            for (int o = 0; o < outputs; o++, at++)
            {
                var spot = new WindowSpot(window, o);
                float best = float.NegativeInfinity;
                int where = -1;
                for (int z = spot.Z.First; z < spot.Z.End; z += window.Dilation[0])
                {
                    for (int row = spot.Y.First; row < spot.Y.End; row += window.Dilation[1])
                    {
                        for (int column = spot.X.First; column < spot.X.End; column += window.Dilation[2])
                        {
                            int index = (((z * window.Input[1]) + row) * window.Input[2]) + column;
                            if (!(values[index] > best) && where >= 0) continue;
                            (best, where) = (values[index], index);
                        }
                    }
                }

                y[at] = best;
                if (!places.IsEmpty) places[at] = ((long)plane * inputs) + (columnMajor ? ColumnMajor(window, where) : where);
            }
        }
    }

    private static void AveragePool(NodeRun run)
    {
        var x = FloatPlanes(run);
        var window = Window.Slide(run, x.Shape.AsSpan(2), KernelShape(run));
        bool countPadding = run.Node.Int("count_include_pad", 0) != 0;
        int planes = x.Shape[0] * x.Shape[1], inputs = window.InputCount, outputs = window.OutputCount;
        var y = run.Output(0, x.Type, [x.Shape[0], x.Shape[1], .. window.OutputShape]).As<float>();
        for (int plane = 0, at = 0; plane < planes; plane++)
        {
            var values = x.As<float>().Slice(plane * inputs, inputs);
            for (int o = 0; o < outputs; o++, at++)
            {
                var spot = new WindowSpot(window, o);
                double sum = 0;
                int count = 0;
                for (int z = spot.Z.First; z < spot.Z.End; z += window.Dilation[0])
                {
                    for (int row = spot.Y.First; row < spot.Y.End; row += window.Dilation[1])
                    {
                        for (int column = spot.X.First; column < spot.X.End; column += window.Dilation[2], count++) sum += values[(((z * window.Input[1]) + row) * window.Input[2]) + column];
                    }
                }

                if (countPadding) count = spot.CountWithPadding;
                y[at] = count == 0 ? 0 : (float)(sum / count);
            }
        }
    }

    private static long ColumnMajor(Window window, int index)
    {
        int column = index % window.Input[2], row = index / window.Input[2] % window.Input[1], z = index / window.Input[2] / window.Input[1];
        // The first spatial dimension runs fastest.
        return window.Dimensions switch
        {
            1 => column,
            2 => ((long)column * window.Input[1]) + row,
            _ => ((((long)column * window.Input[1]) + row) * window.Input[0]) + z,
        };
    }

    private static int[] KernelShape(NodeRun run) =>
        [.. (run.Node.Ints("kernel_shape") ?? throw run.Wrong("has no kernel_shape")).Select(size => checked((int)size))];

    private static Tensor FloatPlanes(NodeRun run)
    {
        var x = run.Input(0);
        if (x.Type != OnnxElementType.Float) throw run.UnsupportedType(x.Type);
        return x.Rank >= 3 ? x : throw run.Wrong($"takes {x} where images and channels are expected before what is pooled");
    }

    /// <summary>The input positions under one output position, padding left out.</summary>
    private readonly struct WindowSpot
    {
        public WindowSpot(Window window, int output)
        {
            X = Range(window, 2, output % window.Output[2]);
            Y = Range(window, 1, output / window.Output[2] % window.Output[1]);
            Z = Range(window, 0, output / window.Output[2] / window.Output[1]);
            CountWithPadding = X.Padded * Y.Padded * Z.Padded;
        }

        public (int First, int End, int Padded) X { get; }

        public (int First, int End, int Padded) Y { get; }

        public (int First, int End, int Padded) Z { get; }

        /// <summary>Positions on the input or its padding; those that rounding up adds behind the padding do not count.</summary>
        public int CountWithPadding { get; }

        private static (int First, int End, int Padded) Range(Window window, int dimension, int position)
        {
            int start = (position * window.Stride[dimension]) - window.PadBegin[dimension], step = window.Dilation[dimension];
            int first = start < 0 ? start + ((-start + step - 1) / step * step) : start;
            int end = Math.Min(start + (window.Kernel[dimension] * step), window.Input[dimension]);
            int paddedEnd = Math.Min(start + ((window.Kernel[dimension] - 1) * step) + 1, window.Input[dimension] + window.PadEnd[dimension]);
            return (first, end, Math.Max(0, (paddedEnd - start + step - 1) / step));
        }
    }
}
