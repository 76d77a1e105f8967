using Mesh.Model;

namespace Mesh.Onnx.Quantisation;

/// <summary>
/// Watches the values of one tensor. First its limits, then, where the method needs it, a histogram between them, so that nothing is binned
/// twice; values themselves are not kept.
/// </summary>
public sealed class RangeObserver(string name)
{
    private const int Bins = 2048;
    private const int EntropyLevels = 128;
    private const int EntropyStep = 4;
    private const int MseCandidates = 100;
    private const float SmallestRadius = 1e-6f;

    private readonly long[] counts = new long[Bins];
    private float min = float.PositiveInfinity;
    private float max = float.NegativeInfinity;
    private float radius;
    private long seen;

    /// <summary>Whether any value was seen.</summary>
    public bool HasSeen => min <= max;

    /// <summary>First pass: widens the limits.</summary>
    /// <exception cref="MeshException"><c>MESH9831</c> when a value is not finite.</exception>
    public void Limit(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value)) throw new MeshException("MESH9831", $"Tensor '{name}' holds {value} on a calibration sample. Check the samples, or keep the nodes that use it in float.");
            min = MathF.Min(min, value);
            max = MathF.Max(max, value);
        }

        radius = MathF.Max(SmallestRadius, MathF.Max(MathF.Abs(min), MathF.Abs(max)));
    }

    /// <summary>Second pass: counts.</summary>
    public void Count(ReadOnlySpan<float> values)
    {
        float perUnit = Bins / (2 * radius);
        foreach (float value in values) counts[Math.Clamp((int)((value + radius) * perUnit), 0, Bins - 1)]++;
        seen += values.Length;
    }

    /// <summary>The range to keep.</summary>
    public ValueRange Choose(QuantisationOptions options) => options.Method switch
    {
        CalibrationMethod.MinMax => new ValueRange(min, max),
        CalibrationMethod.Percentile => Percentile(options.Percentile / 100),
        CalibrationMethod.Entropy => Entropy(),
        _ => LeastError(options),
    };

    private float Edge(int bin) => -radius + (bin * 2 * radius / Bins);

    private ValueRange Percentile(double share)
    {
        long tail = (long)(seen * (1 - share) / 2);
        int low = 0, high = Bins - 1;
        for (long outside = counts[low]; outside <= tail && low < high; outside += counts[low]) low++;
        for (long outside = counts[high]; outside <= tail && high > low; outside += counts[high]) high--;
        return new ValueRange(MathF.Max(min, Edge(low)), MathF.Min(max, Edge(high + 1)));
    }

    /// <summary>Of the absolute values: the threshold at which the distribution clipped there and the one of 128 levels differ least.</summary>
    private ValueRange Entropy()
    {
        const int half = Bins / 2;
        var sizes = new double[half];
        for (int i = 0; i < half; i++) sizes[i] = counts[half + i] + counts[half - 1 - i];
        // The spike of zeros that Relu leaves says nothing about where to clip.
        sizes[0] = sizes[1];
        double least = double.PositiveInfinity;
        int best = half;
        for (int threshold = EntropyLevels; threshold <= half; threshold += EntropyStep)
        {
            double divergence = Divergence(sizes, threshold);
            if (divergence < least) (least, best) = (divergence, threshold);
        }

        float limit = best * radius / half;
        return new ValueRange(MathF.Max(min, -limit), MathF.Min(max, limit));
    }

    private static double Divergence(double[] sizes, int threshold)
    {
        double[] clipped = sizes[..threshold], levels = new double[threshold];
        for (int i = threshold; i < sizes.Length; i++) clipped[threshold - 1] += sizes[i];
        double clippedSum = clipped.Sum(), levelSum = 0, divergence = 0;
        for (int level = 0; level < EntropyLevels; level++)
        {
            int start = level * threshold / EntropyLevels, end = (level + 1) * threshold / EntropyLevels, filled = 0;
            double sum = 0;
            for (int i = start; i < end; i++)
            {
                sum += sizes[i];
                if (clipped[i] > 0) filled++;
            }

            for (int i = start; i < end; i++)
            {
                if (clipped[i] > 0) levelSum += levels[i] = sum / filled;
            }
        }

        if (clippedSum == 0 || levelSum == 0) return double.PositiveInfinity;
        for (int i = 0; i < threshold; i++)
        {
            if (clipped[i] > 0) divergence += clipped[i] / clippedSum * Math.Log(clipped[i] / clippedSum / Math.Max(levels[i] / levelSum, 1e-10));
        }

        return divergence;
    }

    private ValueRange LeastError(QuantisationOptions options)
    {
        var best = new ValueRange(min, max);
        double least = double.PositiveInfinity;
        for (int candidate = MseCandidates; candidate > 0; candidate--)
        {
            var range = new ValueRange(min * candidate / MseCandidates, max * candidate / MseCandidates);
            var parameters = QuantisationParameters.Cover(range, options.Flavour, options.ActivationBits);
            double error = 0;
            for (int i = 0; i < Bins && error < least; i++)
            {
                if (counts[i] == 0) continue;
                float centre = (Edge(i) + Edge(i + 1)) / 2;
                double miss = parameters.Dequantise(parameters.Quantise(centre)) - centre;
                error += counts[i] * miss * miss;
            }

            if (error < least) (least, best) = (error, range);
        }

        return best;
    }
}
