using System.Text.Json;
using Mesh.Training.Handoff.Bom;
using Mesh.Training.Models;

namespace Mesh.Training.Governance.Gates;

/// <summary>Reads what a trainer reported of a version, for people to look at. Gates read the same file by themselves.</summary>
public static class EvaluationReader
{
    private const string Accuracy = "accuracy";
    private const string Count = "count";

    /// <summary>Reads the file of a version; empty when it is not on this machine.</summary>
    public static EvaluationView Read(ModelEntry model)
    {
        var file = EvaluationFile.Of(model);
        var slices = Members(file.Find("slices")).SelectMany(by => Members(by.Value).Select(slice => SliceOf(by.Name, slice))).ToList();
        var holdouts = Members(file.Find("holdouts")).ToDictionary(holdout => holdout.Name, holdout => (IReadOnlyDictionary<string, double>)Numbers(file.Find("holdouts", holdout.Name, "metrics")));
        return new EvaluationView(file.Sha256, [.. slices.Take(EvaluationView.MaxSlices)], slices.Count, Numbers(file.Find("robustness")), holdouts);
    }

    private static EvaluatedSlice SliceOf(string by, JsonProperty slice)
    {
        var metrics = Numbers(slice.Value);
        long samples = metrics.Remove(Count, out double count) ? (long)Math.Clamp(count, 0, long.MaxValue / 2) : 0;
        bool hasInterval = samples > 0 && metrics.TryGetValue(Accuracy, out double accuracy) && accuracy is >= 0 and <= 1;
        if (!hasInterval) return new EvaluatedSlice(by, slice.Name, samples, metrics);
        var (low, high) = Wilson.Interval(metrics[Accuracy], samples);
        return new EvaluatedSlice(by, slice.Name, samples, metrics) { AccuracyInterval = [low, high] };
    }

    private static IEnumerable<JsonProperty> Members(JsonElement? element) => element is { ValueKind: JsonValueKind.Object } known ? known.EnumerateObject() : [];

    private static SortedDictionary<string, double> Numbers(JsonElement? element)
    {
        var numbers = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var member in Members(element))
        {
            if (member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetDouble(out double number) && double.IsFinite(number)) numbers[member.Name] = number;
        }

        return numbers;
    }
}
