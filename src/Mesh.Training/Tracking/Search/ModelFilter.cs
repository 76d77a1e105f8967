using System.Text.RegularExpressions;

namespace Mesh.Training.Tracking.Search;

/// <summary>A filter on registered models: conditions on <c>name</c> and <c>run_id</c>, in the language of run searches.</summary>
public sealed class ModelFilter
{
    private readonly IReadOnlyList<FilterCondition> conditions;

    private ModelFilter(IReadOnlyList<FilterCondition> conditions) => this.conditions = conditions;

    /// <summary>Reads a filter.</summary>
    /// <exception cref="TrackingException"><c>MESH9308</c> with the place.</exception>
    public static ModelFilter Parse(string? filter) => new(FilterParser.Parse(filter, SearchScope.Models));

    /// <summary>Whether a version is let through.</summary>
    /// <param name="name">Name of its model.</param>
    /// <param name="runId">Run that made it; null when none is known.</param>
    public bool Lets(string name, string? runId) => conditions.All(condition => Holds(condition, condition.Key.Equals("name", StringComparison.OrdinalIgnoreCase) ? name : runId ?? ""));

    private static bool Holds(FilterCondition condition, string text) => condition.Operator switch
    {
        FilterOperator.Equal => text == condition.Texts[0],
        FilterOperator.NotEqual => text != condition.Texts[0],
        FilterOperator.In => condition.Texts.Contains(text),
        FilterOperator.NotIn => !condition.Texts.Contains(text),
        var op => Regex.IsMatch(
            text, $"\\A{string.Concat(condition.Texts[0].Select(letter => letter switch { '%' => ".*", '_' => ".", _ => Regex.Escape(letter.ToString()) }))}\\z",
            (op == FilterOperator.ILike ? RegexOptions.IgnoreCase : RegexOptions.None) | RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.NonBacktracking),
    };
}
