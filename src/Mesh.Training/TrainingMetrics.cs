using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Mesh.Training;

/// <summary>Meter <c>Mesh.Training</c>.</summary>
internal static class TrainingMetrics
{
    private static readonly Meter Meter = new("Mesh.Training");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "mesh.training.attempt.duration", "s", "Duration of attempts at jobs, by result.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 24 * 3600] });

    public static void Ended(string result, long started) =>
        Duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, new KeyValuePair<string, object?>("mesh.training.result", result));
}
