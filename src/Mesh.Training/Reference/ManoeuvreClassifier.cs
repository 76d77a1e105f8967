using System.Globalization;
using Mesh.Onnx;

namespace Mesh.Training.Reference;

/// <summary>A network with the normalisation it was trained under.</summary>
internal sealed class ManoeuvreClassifier
{
    private const int FirstHidden = 64;
    private const int SecondHidden = 32;

    public ManoeuvreClassifier(WindowSet set, ManoeuvreOptions options, float[] mean, float[] deviation)
    {
        Frames = set.Frames;
        Classes = set.Classes;
        Mean = mean;
        Deviation = deviation;
        Network = new MultilayerPerceptron([set.InputLength, FirstHidden, SecondHidden, set.Classes.Count], options.Seed);
    }

    public int Frames { get; }

    public IReadOnlyList<string> Classes { get; }

    /// <summary>Per channel, over the training windows.</summary>
    public float[] Mean { get; }

    /// <summary>Per channel, over the training windows.</summary>
    public float[] Deviation { get; }

    public MultilayerPerceptron Network { get; }

    /// <summary>Normalises a window.</summary>
    public void Normalise(ReadOnlySpan<float> window, Span<float> normalised)
    {
        for (int i = 0; i < window.Length; i++)
        {
            int channel = i % Mean.Length;
            normalised[i] = (window[i] - Mean[channel]) / Deviation[channel];
        }
    }

    /// <summary>Mean and standard deviation per channel over some windows.</summary>
    public static (float[] Mean, float[] Deviation) Measure(WindowSet set, int[] windows)
    {
        int channels = FrameColumns.Channels.Count;
        double[] sums = new double[channels];
        double[] squares = new double[channels];
        foreach (int window in windows)
        {
            var values = set.InputOf(window);
            for (int i = 0; i < values.Length; i++)
            {
                sums[i % channels] += values[i];
                squares[i % channels] += (double)values[i] * values[i];
            }
        }

        double count = (double)windows.Length * set.Frames;
        float[] mean = [.. sums.Select(sum => (float)(sum / count))];
        // A constant channel carries nothing; dividing by its deviation would only blow noise up.
        float[] deviation = [.. squares.Select((square, i) => (float)Math.Max(1e-3, Math.Sqrt(Math.Max(0, square / count - sums[i] / count * (sums[i] / count)))))];
        return (mean, deviation);
    }

    /// <summary>
    /// The model's file: input <c>window</c> (batch, frames, channels) as in the table, normalisation inside, outputs <c>logits</c> and
    /// <c>probabilities</c>. Depends on the weights and options alone, so that equal training gives equal bytes.
    /// </summary>
    public byte[] Export(ManoeuvreOptions options)
    {
        int channels = Mean.Length;
        var builder = new OnnxModelBuilder("manoeuvre", "1")
            .AddInput("window", Frames, channels)
            .AddInitializer("mean", Mean, channels)
            .AddInitializer("deviation", Deviation, channels)
            .AddNode("Sub", ["window", "mean"], "centred")
            .AddNode("Div", ["centred", "deviation"], "normalised")
            .AddNode("Flatten", ["normalised"], "layer0", ("axis", 1));
        for (int i = 0; i < Network.Layers.Length; i++)
        {
            var layer = Network.Layers[i];
            bool isLast = i + 1 == Network.Layers.Length;
            builder.AddInitializer($"weights{i}", layer.Weights, layer.Outputs, layer.Inputs).AddInitializer($"biases{i}", layer.Biases, layer.Outputs);
            builder.AddNode("Gemm", [$"layer{i}", $"weights{i}", $"biases{i}"], isLast ? "logits" : $"sum{i}", ("transB", 1));
            if (!isLast) builder.AddNode("Relu", [$"sum{i}"], $"layer{i + 1}");
        }

        return builder
            .AddNode("Softmax", ["logits"], "probabilities", ("axis", 1))
            .AddOutput("logits", Classes.Count)
            .AddOutput("probabilities", Classes.Count)
            .AddMetadata("labels", string.Join('\n', Classes))
            .AddMetadata("channels", string.Join('\n', FrameColumns.Channels))
            .AddMetadata("window", Frames.ToString(CultureInfo.InvariantCulture))
            .AddMetadata("stride", options.Stride.ToString(CultureInfo.InvariantCulture))
            .Build();
    }
}
