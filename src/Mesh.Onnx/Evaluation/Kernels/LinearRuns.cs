namespace Mesh.Onnx.Evaluation.Kernels;

/// <summary>
/// Quantising and restoring 8-bit integers, as <see cref="QuantisationKernels"/> does element by element, but in runs of one scale or, where each
/// element of the last axis has its own, in rows: weights of a large model are restored at every run.
/// </summary>
internal static class LinearRuns
{
    /// <param name="values">Numbers.</param>
    /// <param name="scales">Scales.</param>
    /// <param name="zeros">Zero points; null for 0.</param>
    /// <param name="run">Elements in a row that have one scale; 0 when it is not as simple.</param>
    /// <param name="target">8-bit integers.</param>
    /// <returns>Whether it was done.</returns>
    public static bool TryQuantise(ReadOnlySpan<float> values, ReadOnlySpan<float> scales, Tensor? zeros, int run, Tensor target)
    {
        if (run <= 1 || target.Type is not (OnnxElementType.UInt8 or OnnxElementType.Int8)) return false;
        var (low, high) = target.Type == OnnxElementType.UInt8 ? (byte.MinValue, byte.MaxValue) : ((int)sbyte.MinValue, (int)sbyte.MaxValue);
        var integers = target.Bytes;
        for (int start = 0, place = 0; start < values.Length; place = place + 1 == scales.Length ? 0 : place + 1)
        {
            int end = (int)Math.Min(values.Length, (long)start + run);
            float scale = scales[place];
            int zero = zeros is null ? 0 : (int)zeros.Number(place);
            for (int i = start; i < end; i++)
            {
                float rounded = MathF.Round(values[i] / scale, MidpointRounding.ToEven);
                // Limited as a float, in which these integers are exact; NaN becomes the zero point.
                integers[i] = (byte)(rounded >= low - zero ? rounded <= high - zero ? (int)rounded + zero : high : float.IsNaN(rounded) ? zero : low);
            }

            start = end;
        }

        return true;
    }

    /// <param name="source">Integers.</param>
    /// <param name="scales">Scales.</param>
    /// <param name="zeros">Zero points; null for 0.</param>
    /// <param name="run">Elements in a row that have one scale; 0 when it is not as simple.</param>
    /// <param name="target">Numbers.</param>
    /// <returns>Whether it was done.</returns>
    public static bool TryDequantise(Tensor source, ReadOnlySpan<float> scales, Tensor? zeros, int run, Span<float> target)
    {
        if (run < 1 || source.Type is not (OnnxElementType.UInt8 or OnnxElementType.Int8)) return false;
        bool isSigned = source.Type == OnnxElementType.Int8;
        var integers = source.Bytes;
        Span<int> points = scales.Length <= 256 ? stackalloc int[scales.Length] : new int[scales.Length];
        for (int i = 0; i < points.Length; i++) points[i] = zeros is null ? 0 : (int)zeros.Number(i);
        if (run == 1)
        {
            for (int row = 0; row < target.Length; row += scales.Length)
            {
                var from = integers.Slice(row, scales.Length);
                var to = target.Slice(row, scales.Length);
                if (isSigned)
                {
                    for (int i = 0; i < to.Length; i++) to[i] = ((sbyte)from[i] - points[i]) * scales[i];
                }
                else
                {
                    for (int i = 0; i < to.Length; i++) to[i] = (from[i] - points[i]) * scales[i];
                }
            }

            return true;
        }

        for (int start = 0, place = 0; start < target.Length; place = place + 1 == scales.Length ? 0 : place + 1)
        {
            int end = (int)Math.Min(target.Length, (long)start + run), point = points[place];
            float scale = scales[place];
            var from = integers[start..end];
            var to = target[start..end];
            if (isSigned)
            {
                for (int i = 0; i < to.Length; i++) to[i] = ((sbyte)from[i] - point) * scale;
            }
            else
            {
                for (int i = 0; i < to.Length; i++) to[i] = (from[i] - point) * scale;
            }

            start = end;
        }

        return true;
    }
}
