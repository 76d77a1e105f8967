using Mesh.Training.Tracking;

namespace Mesh.Commands.Tracking;

/// <summary>Several runs side by side.</summary>
/// <param name="Runs">The runs, in the order asked for.</param>
/// <param name="Parameters">Their parameters.</param>
/// <param name="Metrics">Their last metrics.</param>
/// <param name="Tags">Their tags.</param>
public sealed record RunComparison(IReadOnlyList<TrackedRun> Runs, IReadOnlyList<ComparedValue> Parameters, IReadOnlyList<ComparedValue> Metrics, IReadOnlyList<ComparedValue> Tags)
{
    /// <summary>Compares runs.</summary>
    public static RunComparison Of(IReadOnlyList<TrackedRun> runs) => new(
        runs,
        Compare(runs, run => run.Parameters),
        Compare(runs, run => run.Metrics.ToDictionary(metric => metric.Key, metric => metric.Value.ToString("G6", System.Globalization.CultureInfo.InvariantCulture))),
        Compare(runs, run => run.Tags));

    private static IReadOnlyList<ComparedValue> Compare(IReadOnlyList<TrackedRun> runs, Func<TrackedRun, IReadOnlyDictionary<string, string>> valuesOf)
    {
        var values = runs.Select(valuesOf).ToList();
        return
        [
            .. values.SelectMany(each => each.Keys).Distinct().Order(StringComparer.Ordinal).Select(key =>
            {
                string?[] row = [.. values.Select(each => each.GetValueOrDefault(key))];
                return new ComparedValue(key, row, row.Distinct().Count() > 1);
            }),
        ];
    }
}
