using System.Text.Json;
using Mesh.Model;
using Mesh.Training.Jobs;

namespace Mesh.Training.Models;

/// <summary>Conditions a model must meet to be registered.</summary>
internal static class Gates
{
    /// <summary>Reads the gates of a request.</summary>
    /// <exception cref="MeshException"><c>MESH9001</c>.</exception>
    public static IReadOnlyDictionary<string, JobGate> Parse(string json)
    {
        if (json.Length == 0) return new Dictionary<string, JobGate>();
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, JobGate>>(json, TrainingJson.Options) ?? [];
        }
        catch (JsonException exception)
        {
            throw new MeshException("MESH9001", $"The gates are not of the form {{\"accuracy\":{{\"min\":0.8}}}}: {exception.Message}", innerException: exception);
        }
    }

    /// <summary>
    /// Evaluates gates. A metric the trainer did not report is not evaluated and blocks; a comparison with a version that does not exist is
    /// not evaluated either but does not block, or no model could ever be the first.
    /// </summary>
    public static IReadOnlyList<GateResult> Evaluate(
        IReadOnlyDictionary<string, JobGate> gates, IReadOnlyDictionary<string, double> metrics, ModelEntry? previous)
    {
        var results = new List<GateResult>();
        foreach (var (metric, gate) in gates.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            double? value = metrics.TryGetValue(metric, out double found) && double.IsFinite(found) ? found : null;
            if (gate.Min is { } min) results.Add(EvaluateMin(metric, min, value));
            if (gate.MaxRegression is not { } regression) continue;
            double? baseline = previous is not null && previous.Metrics.TryGetValue(metric, out double before) ? before : null;
            results.Add(EvaluateRegression(metric, regression, value, baseline, previous));
        }

        return results;
    }

    private static GateResult EvaluateMin(string metric, double min, double? value)
    {
        var (outcome, reason) = value switch
        {
            null => (GateOutcome.NotEvaluated, $"the trainer reported no {metric}"),
            { } known when known >= min => (GateOutcome.Passed, $"{metric} {known:0.####} reaches {min:0.####}"),
            { } known => (GateOutcome.Failed, $"{metric} {known:0.####} is below {min:0.####}"),
        };
        return new GateResult(metric, "min", min, value, null, outcome, outcome != GateOutcome.Passed, reason);
    }

    private static GateResult EvaluateRegression(string metric, double regression, double? value, double? baseline, ModelEntry? previous)
    {
        var (outcome, blocks, reason) = (value, baseline) switch
        {
            (null, _) => (GateOutcome.NotEvaluated, true, $"the trainer reported no {metric}"),
            (_, null) when previous is null => (GateOutcome.NotEvaluated, false, "there is no earlier version to compare with"),
            (_, null) => (GateOutcome.NotEvaluated, false, $"version {previous.Version} has no {metric} to compare with"),
            ({ } now, { } before) when now >= before - regression =>
                (GateOutcome.Passed, false, $"{metric} {now:0.####} is within {regression:0.####} of version {previous!.Version}'s {before:0.####}"),
            ({ } now, { } before) =>
                (GateOutcome.Failed, true, $"{metric} {now:0.####} is more than {regression:0.####} below version {previous!.Version}'s {before:0.####}"),
        };
        return new GateResult(metric, "max_regression", regression, value, baseline, outcome, blocks, reason);
    }
}
