using Mesh.Console.Components.Charts;
using Mesh.Training.Search;
using Mesh.Training.Studies;

namespace Mesh.Console.Pages.Studies;

/// <summary>Studies in words, and their trials as a chart.</summary>
internal static class StudyText
{
    /// <summary>Address of a study.</summary>
    public static string Url(string name) => $"/studies/{Uri.EscapeDataString(name)}";

    /// <summary>Kind of badge of a study.</summary>
    public static string Badge(StudyState state) => state switch { StudyState.Finished => "ok", StudyState.Running => "info", _ => "warn" };

    /// <summary>Kind of badge of a trial.</summary>
    public static string Badge(TrialState state) => state switch { TrialState.Complete => "ok", TrialState.Running => "info", TrialState.Failed => "bad", TrialState.Pruned => "warn", _ => "idle" };

    /// <summary>What is better.</summary>
    public static string Direction(SearchDirection direction) => direction == SearchDirection.Maximise ? "more is better" : "less is better";

    /// <summary>How many trials are how far.</summary>
    public static string Counts(StudyView study) => study.Counts.Count == 0 ? "–" : string.Join(", ", study.Counts.Where(pair => pair.Value > 0).Select(pair => $"{pair.Value} {pair.Key.ToLowerInvariant()}"));

    /// <summary>Values of the trials, and the best so far.</summary>
    public static IReadOnlyList<ChartSeries> BestSoFar(StudyView study)
    {
        var values = study.Trials.Where(trial => trial is { State: TrialState.Complete, Value: not null } && double.IsFinite(trial.Value.Value)).OrderBy(trial => trial.Number).ToList();
        var best = new List<ChartPoint>();
        foreach (var trial in values)
        {
            double before = best.Count == 0 ? trial.Value!.Value : best[^1].Value;
            best.Add(new ChartPoint(trial.Number, study.Direction == SearchDirection.Maximise ? Math.Max(before, trial.Value!.Value) : Math.Min(before, trial.Value!.Value)));
        }

        return
        [
            new ChartSeries("best so far", best) { IsStairs = true },
            new ChartSeries("trials", [.. values.Select(trial => new ChartPoint(trial.Number, trial.Value!.Value))]) { IsDots = true },
        ];
    }
}
