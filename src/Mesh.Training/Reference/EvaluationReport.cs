using Mesh.Training.Jobs;

namespace Mesh.Training.Reference;

/// <summary>Everything that was examined after the training: the hold-out as a whole, its slices, disturbed inputs, frozen hold-outs.</summary>
internal sealed record EvaluationReport
{
    /// <summary>Standard deviation of the noise, in standard deviations of each signal.</summary>
    private const double NoiseDeviation = 0.3;

    /// <summary>The trainer's own hold-out.</summary>
    public required Evaluation HeldOut { get; init; }

    /// <summary>Its parts, by column and value.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, Evaluation>> Slices { get; init; }

    /// <summary>Accuracy on disturbed inputs of the hold-out, by name.</summary>
    public required IReadOnlyDictionary<string, double> Robustness { get; init; }

    /// <summary>Frozen hold-outs, by name, with their digests.</summary>
    public required IReadOnlyDictionary<string, (string Digest, Evaluation Result)> Holdouts { get; init; }

    /// <summary>Examines a trained classifier; the same classifier and windows give the same report.</summary>
    public static EvaluationReport Make(ManoeuvreTraining training, WindowSet set, Split split, IReadOnlyList<JobHoldout> holdouts)
    {
        var slices = new SortedDictionary<string, IReadOnlyDictionary<string, Evaluation>>(StringComparer.Ordinal);
        for (int column = 0; column < FrameColumns.SliceNames.Count; column++)
        {
            var values = new SortedDictionary<string, Evaluation>(StringComparer.Ordinal);
            foreach (var group in split.HeldOut.GroupBy(window => set.SliceOf(window, column)))
            {
                if (group.Key is { } value) values[value] = training.Evaluate([.. group]);
            }

            if (values.Count > 0) slices[FrameColumns.SliceNames[column]] = values;
        }

        var frozen = new SortedDictionary<string, (string, Evaluation)>(StringComparer.Ordinal);
        foreach (var holdout in holdouts)
        {
            var recordings = holdout.Recordings.ToHashSet();
            int[] windows = [.. Enumerable.Range(0, set.Windows.Count).Where(window => recordings.Contains(set.Windows[window].Recording))];
            if (windows.Length > 0) frozen[holdout.Name] = (holdout.Digest, training.Evaluate(windows));
        }

        return new EvaluationReport
        {
            HeldOut = training.Evaluate(split.HeldOut),
            Slices = slices,
            Robustness = new SortedDictionary<string, double>(StringComparer.Ordinal)
            {
                ["accuracy_with_noise"] = training.EvaluateWithNoise(split.HeldOut, NoiseDeviation).Accuracy,
                ["accuracy_without_worst_channel"] = Enumerable.Range(0, FrameColumns.Channels.Count).Min(channel => training.EvaluateWithout(split.HeldOut, channel).Accuracy),
            },
            Holdouts = frozen,
        };
    }
}
