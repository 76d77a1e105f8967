namespace Mesh.Commands.CommandLines;

/// <summary>What the pages of jobs, runs, studies and models show.</summary>
public sealed class LearnPageLines : IPageLines
{
    private LearnPageLines()
    {
    }

    /// <inheritdoc/>
    public static string Page => "/models/NAME/VERSION";

    /// <inheritdoc/>
    public static IReadOnlyList<CommandLine> Samples { get; } =
    [
        LearnLines.Jobs,
        LearnLines.Pools,
        LearnLines.Of("jobs", "show", "6287777cf342c229"),
        LearnLines.Of("jobs", "logs", "6287777cf342c229"),
        LearnLines.Runs(null, null, null),
        LearnLines.Runs("night drives", null, null),
        LearnLines.Runs("it's", "metrics.`accuracy` > 0.8 AND params.lr = '0.1'", "metrics.`accuracy` DESC"),
        LearnLines.Runs(null, null, "metrics.`f1 score` DESC"),
        LearnLines.Of("runs", "show", "-odd name"),
        LearnLines.Compare(["4f2a91c0", "run with blanks"]),
        LearnLines.Studies,
        LearnLines.Of("studies", "show", "rates"),
        LearnLines.Models,
        LearnLines.Of("models", "status", "manoeuvre@released"),
        LearnLines.Of("models", "history", "manoeuvre"),
        LearnLines.Of("models", "variants", "manoeuvre@2"),
        LearnLines.Of("models", "lineage", "manoeuvre@2"),
        CommandLine.Of("audit", "list").Option("--subject", "manoeuvre@2"),
        CommandLine.Of("models", "show").Argument("manoeuvre").Option("--version", "2"),
        CommandLine.Of("identity", "create").Argument("NAME").Option("--roles", "release-manager"),
        CommandLine.Of("jobs", "budgets"),
        CommandLine.Of("triggers", "list"),
        CommandLine.Of("studies", "run").Argument("study.yaml"),
        CommandLine.Of("runs", "log").Option("--experiment", "first").Option("--metric", "accuracy=0.8"),
        CommandLine.Of("models", "verify").Argument("BUNDLE").Option("--trust", "trust.json"),
        GovernanceLines.Gates("manoeuvre@2"),
        GovernanceLines.HandOver("manoeuvre@2", "manoeuvre-2"),
    ];
}
