using System.Globalization;
using Mesh.Console.Components.Charts;
using Mesh.Training.Tracking;

namespace Mesh.Console.Pages.Runs;

/// <summary>Runs in words, and their metrics as charts.</summary>
internal static class RunText
{
    /// <summary>Kind of badge of a status.</summary>
    public static string Badge(RunStatus status) => status switch
    {
        RunStatus.Finished => "ok",
        RunStatus.Failed => "bad",
        RunStatus.Running => "info",
        RunStatus.Killed => "warn",
        _ => "idle",
    };

    /// <summary>Address of a run.</summary>
    public static string Url(string runId) => $"/runs/{Uri.EscapeDataString(runId)}";

    /// <summary>A value of a metric.</summary>
    public static string Value(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    /// <summary>A curve as a chart draws it: its mean as a line, what lies between smallest and largest as a band.</summary>
    public static ChartSeries Series(string name, MetricCurve curve) =>
        new(name, [.. curve.Columns.Select(column => new ChartPoint(column.Step, column.Min, column.Max, column.Mean))]);

    /// <summary>How a chart came about, for people.</summary>
    public static string Aggregation(IReadOnlyList<MetricCurve> curves)
    {
        long count = curves.Sum(curve => curve.Count), odd = curves.Sum(curve => curve.NotFinite);
        long width = curves.Count == 0 ? 1 : curves[0].StepsPerColumn;
        string drawn = curves.Sum(curve => curve.Columns.Count) >= count - odd
            ? $"{Components.Format.Count(count)} values, all drawn."
            : $"{Components.Format.Count(count)} values; {(width == 1 ? "a step" : $"{Components.Format.Count(width)} steps")} a column: the band goes from the smallest to the largest, the line is the mean.";
        return odd == 0 ? drawn : $"{drawn} {Components.Format.Count(odd)} {(odd == 1 ? "is" : "are")} no finite number and not drawn.";
    }
}
