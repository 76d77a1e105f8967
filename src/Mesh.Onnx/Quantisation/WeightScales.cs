using System.Numerics;
using Mesh.Onnx.Graph;

namespace Mesh.Onnx.Quantisation;

/// <summary>Symmetric 8-bit weights with a scale per output channel.</summary>
internal static class WeightScales
{
    private const int Limit = 127;
    private const int ReducedLimit = 63;
    private const float SmallestScale = 1e-8f;

    /// <summary>Largest integer a weight becomes; the smallest is its negative.</summary>
    public static int LimitOf(QuantisationOptions options) => options.ReducedRange ? ReducedLimit : Limit;

    /// <summary>Axis of a layer's weights that counts its outputs; -1 where one scale has to do for all.</summary>
    public static int ChannelAxis(GraphNode node, IReadOnlyList<long> dimensions) => node.OperatorType switch
    {
        "Conv" => 0,
        // With groups the second axis is only the filters of one group.
        "ConvTranspose" => node.Int("group", 1) == 1 ? 1 : -1,
        "Gemm" => node.Int("transB", 0) != 0 ? 0 : 1,
        _ => dimensions.Count == 2 ? 1 : -1,
    };

    /// <summary>Scales at which the largest weight of each channel becomes the limit.</summary>
    public static float[] Choose(ReadOnlySpan<float> values, IReadOnlyList<long> dimensions, int axis, int limit)
    {
        var (channels, inner) = Layout(dimensions, axis, values.Length);
        var scales = new float[channels];
        if (inner == 1)
        {
            for (int row = 0; row < values.Length; row += channels) Widen(scales, values.Slice(row, channels));
        }
        else
        {
            for (int start = 0, channel = 0; start < values.Length; start += inner, channel = channel + 1 == channels ? 0 : channel + 1) scales[channel] = MathF.Max(scales[channel], Largest(values.Slice(start, inner)));
        }

        for (int i = 0; i < channels; i++) scales[i] = MathF.Max(scales[i] / limit, SmallestScale);
        return scales;
    }

    /// <summary>The integers, halves to the even neighbour.</summary>
    public static byte[] Quantise(ReadOnlySpan<float> values, IReadOnlyList<long> dimensions, int axis, ReadOnlySpan<float> scales, int limit)
    {
        var (channels, inner) = Layout(dimensions, axis, values.Length);
        byte[] integers = new byte[values.Length];
        if (inner == 1)
        {
            for (int i = 0, channel = 0; i < integers.Length; i++, channel = channel + 1 == channels ? 0 : channel + 1) integers[i] = Round(values[i], scales[channel], limit);
            return integers;
        }

        for (int start = 0, channel = 0; start < integers.Length; start += inner, channel = channel + 1 == channels ? 0 : channel + 1)
        {
            float scale = scales[channel];
            for (int i = start; i < start + inner; i++) integers[i] = Round(values[i], scale, limit);
        }

        return integers;
    }

    private static byte Round(float value, float scale, int limit) => (byte)(sbyte)Math.Clamp(MathF.Round(value / scale, MidpointRounding.ToEven), -limit, limit);

    private static (int Channels, int Inner) Layout(IReadOnlyList<long> dimensions, int axis, int count)
    {
        if (axis < 0) return (1, Math.Max(1, count));
        long inner = 1;
        for (int i = axis + 1; i < dimensions.Count; i++) inner *= dimensions[i];
        return ((int)dimensions[axis], (int)inner);
    }

    private static float Largest(ReadOnlySpan<float> values)
    {
        int i = 0;
        float largest = 0;
        if (values.Length >= Vector<float>.Count)
        {
            var widest = Vector<float>.Zero;
            for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count) widest = Vector.Max(widest, Vector.Abs(new Vector<float>(values[i..])));
            for (int lane = 0; lane < Vector<float>.Count; lane++) largest = MathF.Max(largest, widest[lane]);
        }

        for (; i < values.Length; i++) largest = MathF.Max(largest, MathF.Abs(values[i]));
        return largest;
    }

    private static void Widen(Span<float> largest, ReadOnlySpan<float> row)
    {
        int i = 0;
        for (; i <= row.Length - Vector<float>.Count; i += Vector<float>.Count) Vector.Max(new Vector<float>(largest[i..]), Vector.Abs(new Vector<float>(row[i..]))).CopyTo(largest[i..]);
        for (; i < row.Length; i++) largest[i] = MathF.Max(largest[i], MathF.Abs(row[i]));
    }
}
