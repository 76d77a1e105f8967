using Mesh.Training.Tracking;

namespace Mesh.Console.Pages.Runs;

/// <summary>A chosen column of the list of runs: a metric or a parameter. In addresses it stands as <c>metric:NAME</c> or <c>param:NAME</c>.</summary>
/// <param name="IsMetric">Whether it is a metric.</param>
/// <param name="Name">Its name.</param>
public sealed record RunColumn(bool IsMetric, string Name)
{
    private const string Metric = "metric:";
    private const string Parameter = "param:";

    /// <summary>How it stands in an address.</summary>
    public string Key => (IsMetric ? Metric : Parameter) + Name;

    /// <summary>How MLflow's language names it.</summary>
    public string Term => $"{(IsMetric ? "metrics" : "params")}.{(Name.Contains('`', StringComparison.Ordinal) ? $"\"{Name}\"" : $"`{Name}`")}";

    /// <summary>Reads what stands in an address; null when it is none.</summary>
    public static RunColumn? Parse(string text) => text.StartsWith(Metric, StringComparison.Ordinal) && text.Length > Metric.Length ? new RunColumn(true, text[Metric.Length..])
        : text.StartsWith(Parameter, StringComparison.Ordinal) && text.Length > Parameter.Length ? new RunColumn(false, text[Parameter.Length..])
        : null;

    /// <summary>What runs have, metrics first, what most of them have first.</summary>
    public static IReadOnlyList<RunColumn> Of(IReadOnlyList<TrackedRun> runs) =>
    [
        .. runs.SelectMany(run => run.Metrics.Select(metric => new RunColumn(true, metric.Key)).Concat(run.Parameters.Keys.Select(key => new RunColumn(false, key))))
            .GroupBy(column => column).OrderByDescending(group => group.Key.IsMetric).ThenByDescending(group => group.Count()).ThenBy(group => group.Key.Name, StringComparer.Ordinal).Select(group => group.Key),
    ];

    /// <summary>The value of a run; null when it has none.</summary>
    public string? ValueOf(TrackedRun run) => !IsMetric ? run.Parameters.GetValueOrDefault(Name)
        : run.Metrics.FirstOrDefault(metric => metric.Key == Name) is { } found ? RunText.Value(found.Value) : null;
}
