using System.Globalization;
using Mesh.Commands.Queries.Tables;
using Mesh.Console.Components;

namespace Mesh.Console.Pages.Products;

/// <summary>Something about the quality of a product that the metrics of its files tell.</summary>
/// <param name="Column">The column.</param>
/// <param name="What">What its rows are.</param>
/// <param name="Rows">How many.</param>
/// <param name="Share">Of all.</param>
/// <param name="Range">What values there are, for people; may be empty.</param>
public sealed record QualityFact(string Column, string What, long Rows, double Share, string Range)
{
    private const double NsPerMs = 1e6;

    /// <summary>The facts: what matching and clocks did first, then absent values and NaNs.</summary>
    public static IReadOnlyList<QualityFact> Of(TableProfileView profile)
    {
        var matching = new List<QualityFact>();
        var others = new List<QualityFact>();
        foreach (var column in profile.Columns.Where(column => column.Values > 0))
        {
            string leaf = column.Name[(column.Name.LastIndexOf('.') + 1)..];
            if (leaf == "match_error_ns") matching.Add(Part(column, "without a sample near enough", column.Nulls, "match error " + Milliseconds(column)));
            else if (leaf == "missing_reason") matching.Add(Part(column, "with a reason why a sample is missing", column.Values - column.Nulls, column.Min is null ? "" : column.Min == column.Max ? column.Min : $"reasons from {column.Min} to {column.Max}"));
            else if (leaf == "clock_error_ns") matching.Add(Part(column, "without a clock model", column.Nulls, "clock error " + Milliseconds(column)));
            else if (column.Nulls > 0) others.Add(Part(column, "absent", column.Nulls, ""));
            if (column.NotNumbers > 0) others.Add(Part(column, "not a number", column.NotNumbers, ""));
        }

        return [.. matching, .. others.OrderByDescending(fact => fact.Share)];
    }

    private static QualityFact Part(ColumnProfileView column, string what, long rows, string range) => new(column.Name, what, rows, (double)rows / column.Values, range);

    private static string Milliseconds(ColumnProfileView column) =>
        double.TryParse(column.Min, CultureInfo.InvariantCulture, out double min) && double.TryParse(column.Max, CultureInfo.InvariantCulture, out double max)
            ? $"{Format.Number(min / NsPerMs)} to {Format.Number(max / NsPerMs)} ms"
            : "not told";
}
