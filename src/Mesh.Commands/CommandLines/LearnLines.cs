namespace Mesh.Commands.CommandLines;

/// <summary>Questions about jobs, runs, studies and models, as command lines.</summary>
public static class LearnLines
{
    /// <summary><c>mesh jobs list</c>.</summary>
    public static CommandLine Jobs => CommandLine.Of("jobs", "list");

    /// <summary><c>mesh jobs pools</c>.</summary>
    public static CommandLine Pools => CommandLine.Of("jobs", "pools");

    /// <summary><c>mesh runs list</c>, or <c>mesh runs search</c> when there is something to search by.</summary>
    /// <param name="experiment">Only of this experiment; null for all.</param>
    /// <param name="filter">Conditions in MLflow's language; null for none.</param>
    /// <param name="order">What to sort by, in MLflow's language; null for the newest first.</param>
    public static CommandLine Runs(string? experiment, string? filter, string? order) => filter is null && order is null
        ? CommandLine.Of("runs", "list").Option("--experiment", experiment)
        : CommandLine.Of("runs", "search").Argument(filter ?? "").Option("--experiment", experiment).Option("--order-by", order);

    /// <summary><c>mesh runs compare</c>.</summary>
    public static CommandLine Compare(IEnumerable<string> runs) => CommandLine.Of("runs", "compare").Arguments(runs);

    /// <summary><c>mesh studies list</c>.</summary>
    public static CommandLine Studies => CommandLine.Of("studies", "list");

    /// <summary><c>mesh models list</c>.</summary>
    public static CommandLine Models => CommandLine.Of("models", "list");

    /// <summary>A question about one thing, such as <c>mesh models lineage NAME@2</c>.</summary>
    /// <param name="of"><c>jobs</c>, <c>runs</c>, <c>studies</c> or <c>models</c>.</param>
    /// <param name="verb">The question.</param>
    /// <param name="name">The thing.</param>
    public static CommandLine Of(string of, string verb, string name) => CommandLine.Of(of, verb).Argument(name);
}
