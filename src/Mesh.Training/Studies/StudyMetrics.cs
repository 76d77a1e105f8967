using System.Diagnostics.Metrics;
using Mesh.Training.Search;

namespace Mesh.Training.Studies;

/// <summary>Meter <c>Mesh.Training</c>, the studies' part.</summary>
internal static class StudyMetrics
{
    private static readonly Meter Meter = new("Mesh.Training");

    private static readonly Counter<long> Trials = Meter.CreateCounter<long>("mesh.training.trials", "{trial}", "Trials of studies that have ended, by state.");

    public static void Ended(TrialState state) => Trials.Add(1, new KeyValuePair<string, object?>("mesh.training.trial.state", state.ToString().ToLowerInvariant()));
}
