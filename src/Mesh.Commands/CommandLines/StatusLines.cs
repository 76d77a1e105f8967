namespace Mesh.Commands.CommandLines;

/// <summary>The questions of the console's first page.</summary>
public sealed class StatusLines : IPageLines
{
    private StatusLines()
    {
    }

    /// <inheritdoc/>
    public static string Page => "/";

    /// <inheritdoc/>
    public static IReadOnlyList<CommandLine> Samples { get; } =
    [
        Status,
        CommandLine.Of("recordings", "list").Option("--limit", "20"),
        CommandLine.Of("recordings", "show").Argument("4f2a91c0"),
        CommandLine.Of("deadletters", "list").Option("--state", "open"),
        CommandLine.Of("jobs", "list"),
        CommandLine.Of("doctor"),
    ];

    /// <summary><c>mesh status</c>.</summary>
    public static CommandLine Status => CommandLine.Of("status");
}
