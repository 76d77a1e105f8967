using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mesh.Training.Reference;

/// <summary>
/// A fully connected layer with its gradients and AdamW state (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", algorithm 2).
/// Sums run over eight lanes in a fixed order on every machine, so that the same seed gives the same weights everywhere.
/// </summary>
internal sealed class DenseLayer
{
    private const float Beta1 = 0.9f;
    private const float Beta2 = 0.999f;
    private const float Epsilon = 1e-8f;

    private readonly float[] weightGradients;
    private readonly float[] biasGradients;

    public DenseLayer(int inputs, int outputs, ref SplitMix random)
    {
        Inputs = inputs;
        Outputs = outputs;
        Weights = new float[inputs * outputs];
        Biases = new float[outputs];
        weightGradients = new float[Weights.Length];
        biasGradients = new float[outputs];
        Moments = [new float[Weights.Length], new float[Weights.Length], new float[outputs], new float[outputs]];
        float limit = MathF.Sqrt(6f / inputs);
        for (int i = 0; i < Weights.Length; i++) Weights[i] = (random.NextSingle() * 2 - 1) * limit;
    }

    public int Inputs { get; }

    public int Outputs { get; }

    /// <summary>Row per output.</summary>
    public float[] Weights { get; }

    public float[] Biases { get; }

    /// <summary>First and second moments of weights, then of biases.</summary>
    public float[][] Moments { get; }

    public void Forward(ReadOnlySpan<float> input, Span<float> output)
    {
        for (int i = 0; i < Outputs; i++) output[i] = Dot(Weights.AsSpan(i * Inputs, Inputs), input) + Biases[i];
    }

    /// <summary>Adds one sample's gradients; gives the gradient of the input when <paramref name="inputGradient"/> is not empty.</summary>
    public void Backward(ReadOnlySpan<float> input, ReadOnlySpan<float> outputGradient, Span<float> inputGradient)
    {
        inputGradient.Clear();
        for (int i = 0; i < Outputs; i++)
        {
            float gradient = outputGradient[i];
            if (gradient == 0) continue;
            biasGradients[i] += gradient;
            AddScaled(gradient, input, weightGradients.AsSpan(i * Inputs, Inputs));
            if (!inputGradient.IsEmpty) AddScaled(gradient, Weights.AsSpan(i * Inputs, Inputs), inputGradient);
        }
    }

    /// <summary>Applies and clears the gathered gradients.</summary>
    public void Step(int step, float learningRate, float weightDecay)
    {
        float correction1 = 1 - MathF.Pow(Beta1, step);
        float correction2 = 1 - MathF.Pow(Beta2, step);
        Update(Weights, weightGradients, Moments[0], Moments[1], learningRate, weightDecay, correction1, correction2);
        Update(Biases, biasGradients, Moments[2], Moments[3], learningRate, 0, correction1, correction2);
    }

    private static void Update(
        float[] values, float[] gradients, float[] first, float[] second, float learningRate, float weightDecay, float correction1, float correction2)
    {
        int i = 0;
        int width = Vector256<float>.Count;
        for (; i + width <= values.Length; i += width)
        {
            var gradient = Vector256.LoadUnsafe(ref gradients[i]);
            var value = Vector256.LoadUnsafe(ref values[i]);
            var m = Vector256.LoadUnsafe(ref first[i]) * Beta1 + gradient * (1 - Beta1);
            var v = Vector256.LoadUnsafe(ref second[i]) * Beta2 + gradient * gradient * (1 - Beta2);
            m.StoreUnsafe(ref first[i]);
            v.StoreUnsafe(ref second[i]);
            var change = m / Vector256.Create(correction1) / (Vector256.Sqrt(v / Vector256.Create(correction2)) + Vector256.Create(Epsilon)) + value * weightDecay;
            (value - change * learningRate).StoreUnsafe(ref values[i]);
        }

        for (; i < values.Length; i++)
        {
            float m = first[i] = first[i] * Beta1 + gradients[i] * (1 - Beta1);
            float v = second[i] = second[i] * Beta2 + gradients[i] * gradients[i] * (1 - Beta2);
            values[i] -= (m / correction1 / (MathF.Sqrt(v / correction2) + Epsilon) + values[i] * weightDecay) * learningRate;
        }

        Array.Clear(gradients);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        ref float left = ref MemoryMarshal.GetReference(a);
        ref float right = ref MemoryMarshal.GetReference(b);
        int width = Vector256<float>.Count;
        var sum = Vector256<float>.Zero;
        int i = 0;
        for (; i + width <= a.Length; i += width) sum += Vector256.LoadUnsafe(ref left, (nuint)i) * Vector256.LoadUnsafe(ref right, (nuint)i);
        // Summed by hand: the library's own order depends on the machine's widest vectors.
        float total = (sum[0] + sum[4]) + (sum[1] + sum[5]) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
        for (; i < a.Length; i++) total += a[i] * b[i];
        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddScaled(float factor, ReadOnlySpan<float> from, Span<float> to)
    {
        ref float source = ref MemoryMarshal.GetReference(from);
        ref float target = ref MemoryMarshal.GetReference(to);
        int width = Vector256<float>.Count;
        var factors = Vector256.Create(factor);
        int i = 0;
        for (; i + width <= from.Length; i += width)
        {
            (Vector256.LoadUnsafe(ref target, (nuint)i) + factors * Vector256.LoadUnsafe(ref source, (nuint)i)).StoreUnsafe(ref target, (nuint)i);
        }

        for (; i < from.Length; i++) to[i] += factor * from[i];
    }
}
