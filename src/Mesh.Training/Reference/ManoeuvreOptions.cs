using System.Globalization;
using Mesh.Model;

namespace Mesh.Training.Reference;

/// <summary>Hyperparameters of <c>builtin/manoeuvre</c>; the names in a topology are those of the properties in camelCase.</summary>
public sealed record ManoeuvreOptions
{
    /// <summary>Frames per window (default: 16, which is 1.6 s at 10 Hz).</summary>
    public int Window { get; init; } = 16;

    /// <summary>Frames between the starts of two windows (default: 4).</summary>
    public int Stride { get; init; } = 4;

    /// <summary>Passes over the training windows (default: 60).</summary>
    public int Epochs { get; init; } = 60;

    /// <summary>Windows per step (default: 32).</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Largest step size of AdamW; falls to a hundredth along half a cosine (default: 0.002).</summary>
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>Decoupled weight decay (default: 0.01).</summary>
    public double WeightDecay { get; init; } = 1e-2;

    /// <summary>Probability mass moved from the label to all classes (default: 0.05).</summary>
    public double LabelSmoothing { get; init; } = 0.05;

    /// <summary>Standard deviation of the noise added to normalised training inputs (default: 0.1).</summary>
    public double Noise { get; init; } = 0.1;

    /// <summary>Share of the windows held out for evaluation (default: 0.25).</summary>
    public double HeldOut { get; init; } = 0.25;

    /// <summary>Frames read at most; further ones are counted and left out (default: 2,000,000, about 64 MB).</summary>
    public int MaxFrames { get; init; } = 2_000_000;

    /// <summary>Seed of everything random (default: 7).</summary>
    public long Seed { get; init; } = 7;

    /// <summary>Reads hyperparameters.</summary>
    /// <exception cref="MeshException"><c>MESH9103</c>; names the known ones.</exception>
    public static ManoeuvreOptions Read(IReadOnlyDictionary<string, string> values)
    {
        var options = new ManoeuvreOptions();
        foreach (var (name, text) in values)
        {
            options = name switch
            {
                "window" => options with { Window = Integer(name, text, 4, 256) },
                "stride" => options with { Stride = Integer(name, text, 1, 256) },
                "epochs" => options with { Epochs = Integer(name, text, 1, 10_000) },
                "batchSize" => options with { BatchSize = Integer(name, text, 1, 4096) },
                "learningRate" => options with { LearningRate = Number(name, text, 1e-7, 1) },
                "weightDecay" => options with { WeightDecay = Number(name, text, 0, 1) },
                "labelSmoothing" => options with { LabelSmoothing = Number(name, text, 0, 0.5) },
                "noise" => options with { Noise = Number(name, text, 0, 10) },
                "heldOut" => options with { HeldOut = Number(name, text, 0.05, 0.5) },
                "maxFrames" => options with { MaxFrames = Integer(name, text, 1000, 50_000_000) },
                "seed" => options with { Seed = Integer(name, text, 0, int.MaxValue) },
                _ => throw new MeshException(
                    "MESH9103", $"builtin/manoeuvre has no hyperparameter '{name}'; there are: {string.Join(", ", options.Describe().Keys)}."),
            };
        }

        return options;
    }

    /// <summary>All values, defaults included, by name.</summary>
    public IReadOnlyDictionary<string, string> Describe() => new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["window"] = Text(Window),
        ["stride"] = Text(Stride),
        ["epochs"] = Text(Epochs),
        ["batchSize"] = Text(BatchSize),
        ["learningRate"] = Text(LearningRate),
        ["weightDecay"] = Text(WeightDecay),
        ["labelSmoothing"] = Text(LabelSmoothing),
        ["noise"] = Text(Noise),
        ["heldOut"] = Text(HeldOut),
        ["maxFrames"] = Text(MaxFrames),
        ["seed"] = Text(Seed),
    };

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);

    private static int Integer(string name, string text, int min, int max) =>
        int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int value) && value >= min && value <= max
            ? value
            : throw new MeshException("MESH9103", $"Hyperparameter {name} is '{text}', expected a whole number from {min} to {max}.");

    private static double Number(string name, string text, double min, double max) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= min && value <= max
            ? value
            : throw new MeshException("MESH9103", $"Hyperparameter {name} is '{text}', expected a number from {Text(min)} to {Text(max)}.");
}
