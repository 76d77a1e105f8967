using Mesh.Model;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Mesh.Training.Reference;

/// <summary>
/// The training loop. Everything random comes from the seed and the epoch's number, so that a run resumed from a checkpoint ends with the
/// same weights as one that was never interrupted.
/// </summary>
internal sealed class ManoeuvreTraining
{
    private readonly WindowSet set;
    private readonly Split split;
    private readonly ManoeuvreOptions options;
    private readonly float[] inputs;
    private readonly float[] classWeights;
    private int epochsDone;
    private int steps;

    public ManoeuvreTraining(WindowSet set, Split split, ManoeuvreOptions options)
    {
        this.set = set;
        this.split = split;
        this.options = options;
        var (mean, deviation) = ManoeuvreClassifier.Measure(set, split.Training);
        Classifier = new ManoeuvreClassifier(set, options, mean, deviation);
        inputs = new float[set.Windows.Count * set.InputLength];
        for (int i = 0; i < set.Windows.Count; i++) Classifier.Normalise(set.InputOf(i), inputs.AsSpan(i * set.InputLength, set.InputLength));
        classWeights = WeighClasses();
    }

    public ManoeuvreClassifier Classifier { get; }

    /// <summary>Trains to the last epoch.</summary>
    /// <param name="checkpoint">File that is written now and then and when cancelled, and continued from when it fits.</param>
    /// <param name="onEpoch">Told after each epoch.</param>
    /// <param name="cancellationToken">Ends the training after the current batch; the checkpoint holds the last whole epoch.</param>
    public void Run(string checkpoint, Action<EpochReport> onEpoch, CancellationToken cancellationToken)
    {
        const int epochsPerCheckpoint = 10;
        byte[] fingerprint = Fingerprint();
        Load(checkpoint, fingerprint);
        int[] order = new int[split.Training.Length];
        float[] noisy = new float[set.InputLength];
        while (epochsDone < options.Epochs)
        {
            split.Training.CopyTo(order, 0);
            var random = new SplitMix((ulong)options.Seed * 1_000_003 + (ulong)epochsDone + 1);
            random.Shuffle(order);
            float learningRate = LearningRateOf(epochsDone);
            double loss = 0;
            int right = 0;
            for (int start = 0; start < order.Length; start += options.BatchSize)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int end = Math.Min(order.Length, start + options.BatchSize);
                for (int i = start; i < end; i++)
                {
                    AddNoise(InputOf(order[i]), noisy, ref random);
                    int label = set.Windows[order[i]].Class;
                    var (sampleLoss, isRight) = Classifier.Network.Learn(
                        noisy, label, (float)options.LabelSmoothing, classWeights[label] / (end - start));
                    loss += sampleLoss;
                    if (isRight) right++;
                }

                Classifier.Network.Step(++steps, learningRate, (float)options.WeightDecay);
            }

            epochsDone++;
            if (epochsDone % epochsPerCheckpoint == 0) Save(checkpoint, fingerprint);
            onEpoch(new EpochReport(epochsDone, steps, loss / order.Length, (double)right / order.Length, Evaluate(split.HeldOut).Accuracy));
        }
    }

    /// <summary>Examines the classifier on some windows.</summary>
    public Evaluation Evaluate(int[] windows) => Evaluate(windows, window => InputOf(window));

    /// <summary>Examines it on windows with normal noise on every value; the noise is the same at every call.</summary>
    /// <param name="windows">The windows.</param>
    /// <param name="deviation">Standard deviation of the noise, in those of the signals.</param>
    public Evaluation EvaluateWithNoise(int[] windows, double deviation)
    {
        var random = new SplitMix((ulong)options.Seed);
        float[] noisy = new float[set.InputLength];
        return Evaluate(windows, window =>
        {
            var input = InputOf(window);
            for (int i = 0; i < input.Length; i++) noisy[i] = input[i] + (float)deviation * random.NextNormal();
            return noisy;
        });
    }

    /// <summary>Examines it on windows in which one signal stands at its mean.</summary>
    public Evaluation EvaluateWithout(int[] windows, int channel)
    {
        float[] without = new float[set.InputLength];
        return Evaluate(windows, window =>
        {
            InputOf(window).CopyTo(without);
            // Normalised values: the mean is zero.
            for (int i = channel; i < without.Length; i += FrameColumns.Channels.Count) without[i] = 0;
            return without;
        });
    }

    private Evaluation Evaluate(int[] windows, InputOfWindow inputOf)
    {
        int classes = set.Classes.Count;
        var confusion = new int[classes][];
        for (int i = 0; i < classes; i++) confusion[i] = new int[classes];
        foreach (int window in windows)
        {
            int predicted = MultilayerPerceptron.ArgMax(Classifier.Network.Forward(inputOf(window)));
            confusion[set.Windows[window].Class][predicted]++;
        }

        return new Evaluation(set.Classes, confusion);
    }

    private Span<float> InputOf(int window) => inputs.AsSpan(window * set.InputLength, set.InputLength);

    private void AddNoise(ReadOnlySpan<float> input, Span<float> noisy, ref SplitMix random)
    {
        float noise = (float)options.Noise;
        for (int i = 0; i < input.Length; i++) noisy[i] = input[i] + noise * random.NextNormal();
    }

    private float LearningRateOf(int epoch)
    {
        double progress = options.Epochs == 1 ? 0 : (double)epoch / (options.Epochs - 1);
        return (float)(options.LearningRate * (0.01 + 0.99 * 0.5 * (1 + Math.Cos(Math.PI * progress))));
    }

    // Rare manoeuvres count more, by the square root so that single windows do not dominate; the mean weight is 1.
    private float[] WeighClasses()
    {
        int[] counts = new int[set.Classes.Count];
        foreach (int window in split.Training) counts[set.Windows[window].Class]++;
        double[] raw = [.. counts.Select(count => count == 0 ? 0 : 1 / Math.Sqrt(count))];
        double mean = raw.Zip(counts, (weight, count) => weight * count).Sum() / Math.Max(1, split.Training.Length);
        return [.. raw.Select(weight => (float)(weight / Math.Max(mean, double.Epsilon)))];
    }

    private byte[] Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(options.Describe()));
        hash.AppendData(Encoding.UTF8.GetBytes(string.Join('\n', set.Classes)));
        hash.AppendData(MemoryMarshal.AsBytes(split.Training.AsSpan()));
        foreach (var window in set.Windows) hash.AppendData(BitConverter.GetBytes(window.Class));
        hash.AppendData(MemoryMarshal.AsBytes(inputs.AsSpan()));
        return hash.GetHashAndReset();
    }

    private IEnumerable<float[]> State() => Classifier.Network.Layers.SelectMany(layer => (float[][])[layer.Weights, layer.Biases, .. layer.Moments]);

    private void Save(string path, byte[] fingerprint)
    {
        using var content = new MemoryStream();
        content.Write(fingerprint);
        content.Write(BitConverter.GetBytes(epochsDone));
        content.Write(BitConverter.GetBytes(steps));
        foreach (float[] values in State()) content.Write(MemoryMarshal.AsBytes(values.AsSpan()));
        byte[] body = content.ToArray();
        AtomicFile.Write(path, [.. body, .. SHA256.HashData(body)]);
    }

    // A checkpoint of other data, other options or with damage is as good as none.
    private void Load(string path, byte[] fingerprint)
    {
        const int hash = SHA256.HashSizeInBytes;
        const int header = hash + 2 * sizeof(int);
        long expected = header + State().Sum(values => (long)values.Length * sizeof(float)) + hash;
        var file = new FileInfo(path);
        if (!file.Exists || file.Length != expected) return;
        byte[] content = File.ReadAllBytes(path);
        var body = content.AsSpan(..^hash);
        if (!body[..hash].SequenceEqual(fingerprint) || !SHA256.HashData(body).AsSpan().SequenceEqual(content.AsSpan(^hash..))) return;
        epochsDone = BitConverter.ToInt32(body[hash..]);
        steps = BitConverter.ToInt32(body[(hash + sizeof(int))..]);
        int position = header;
        foreach (float[] values in State())
        {
            int bytes = values.Length * sizeof(float);
            body.Slice(position, bytes).CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
            position += bytes;
        }
    }

    private delegate ReadOnlySpan<float> InputOfWindow(int window);

    /// <summary>How an epoch went.</summary>
    internal readonly record struct EpochReport(int Epoch, int Step, double TrainLoss, double TrainAccuracy, double HeldOutAccuracy);
}
