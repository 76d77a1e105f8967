namespace Mesh.Commands.CommandLines;

/// <summary>Questions about trigger rules.</summary>
public sealed class RuleLines : IPageLines
{
    private RuleLines()
    {
    }

    /// <inheritdoc/>
    public static string Page => "/rules";

    /// <inheritdoc/>
    public static IReadOnlyList<CommandLine> Samples { get; } = [List, Explain("retrain-manoeuvre"), Explain("retrain-manoeuvre", 100)];

    /// <summary><c>mesh triggers list</c>.</summary>
    public static CommandLine List => CommandLine.Of("triggers", "list");

    /// <summary><c>mesh triggers explain</c>.</summary>
    /// <param name="rule">Name of the rule.</param>
    /// <param name="limit">Most decisions; null for the default.</param>
    public static CommandLine Explain(string rule, int? limit = null) => CommandLine.Of("triggers", "explain").Argument(rule).Option("--limit", LineText.Number(limit));
}
