namespace Mesh.Training.Reference;

/// <summary>Dense layers with ReLU between them, trained by cross entropy. One thread: the result depends on nothing but its inputs.</summary>
internal sealed class MultilayerPerceptron
{
    private readonly float[][] activations;
    private readonly float[][] gradients;

    /// <param name="sizes">Inputs, hidden units, classes.</param>
    /// <param name="seed">Of the initial weights.</param>
    public MultilayerPerceptron(IReadOnlyList<int> sizes, long seed)
    {
        var random = new SplitMix((ulong)seed);
        Layers = new DenseLayer[sizes.Count - 1];
        for (int i = 0; i < Layers.Length; i++) Layers[i] = new DenseLayer(sizes[i], sizes[i + 1], ref random);
        activations = [.. sizes.Select(size => new float[size])];
        gradients = [.. sizes.Select(size => new float[size])];
    }

    public DenseLayer[] Layers { get; }

    /// <summary>Logits of an input; valid until the next call.</summary>
    public ReadOnlySpan<float> Forward(ReadOnlySpan<float> input)
    {
        input.CopyTo(activations[0]);
        for (int i = 0; i < Layers.Length; i++)
        {
            Layers[i].Forward(activations[i], activations[i + 1]);
            if (i + 1 == Layers.Length) break;
            foreach (ref float value in activations[i + 1].AsSpan()) value = MathF.Max(value, 0);
        }

        return activations[^1];
    }

    /// <summary>Adds the gradients of one sample.</summary>
    /// <param name="input">The sample.</param>
    /// <param name="label">Its class.</param>
    /// <param name="smoothing">Probability mass spread over all classes.</param>
    /// <param name="weight">Weight of the sample, divided by the batch's size.</param>
    /// <returns>Loss of the sample, and whether it was classified right.</returns>
    public (double Loss, bool IsRight) Learn(ReadOnlySpan<float> input, int label, float smoothing, float weight)
    {
        var logits = Forward(input);
        int classes = logits.Length;
        int best = ArgMax(logits);
        float max = logits[best];
        float sum = 0;
        var gradient = gradients[^1];
        for (int i = 0; i < classes; i++) sum += gradient[i] = MathF.Exp(logits[i] - max);
        double loss = 0;
        for (int i = 0; i < classes; i++)
        {
            float target = smoothing / classes + (i == label ? 1 - smoothing : 0);
            loss -= target * (logits[i] - max - MathF.Log(sum));
            gradient[i] = (gradient[i] / sum - target) * weight;
        }

        for (int i = Layers.Length - 1; i >= 0; i--)
        {
            Layers[i].Backward(activations[i], gradients[i + 1], i == 0 ? [] : gradients[i]);
            if (i == 0) break;
            for (int unit = 0; unit < gradients[i].Length; unit++)
            {
                if (activations[i][unit] <= 0) gradients[i][unit] = 0;
            }
        }

        return (loss, best == label);
    }

    /// <summary>Applies the gathered gradients.</summary>
    public void Step(int step, float learningRate, float weightDecay)
    {
        foreach (var layer in Layers) layer.Step(step, learningRate, weightDecay);
    }

    /// <summary>Index of the largest value, the first on a tie.</summary>
    public static int ArgMax(ReadOnlySpan<float> values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            if (values[i] > values[best]) best = i;
        }

        return best;
    }
}
