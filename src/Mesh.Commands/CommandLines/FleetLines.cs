using Mesh.Commands.Recordings;

namespace Mesh.Commands.CommandLines;

/// <summary>What is asked on the console's pages of recordings, vehicles and settings, and its overview.</summary>
public sealed class FleetLines : IPageLines
{
    private FleetLines()
    {
    }

    /// <inheritdoc/>
    public static string Page => "/recordings";

    /// <inheritdoc/>
    public static IReadOnlyList<CommandLine> Samples { get; } =
    [
        List, Settings, Doctor, Jobs, Budgets, Models, Maintenance, Job("-4f2a91c0"), Replay("4f2a91c0"), LettersOf("it's V7"),
        new PublishRequest { Files = ["drive 1.mcap"], Vehicle = "V7" }.ToCommandLine(),
    ];

    /// <summary><c>mesh recordings list</c>.</summary>
    public static CommandLine List => CommandLine.Of("recordings", "list");

    /// <summary><c>mesh config show</c>.</summary>
    public static CommandLine Settings => CommandLine.Of("config", "show");

    /// <summary><c>mesh doctor</c>.</summary>
    public static CommandLine Doctor => CommandLine.Of("doctor");

    /// <summary><c>mesh jobs list</c>.</summary>
    public static CommandLine Jobs => CommandLine.Of("jobs", "list");

    /// <summary><c>mesh jobs budgets</c>.</summary>
    public static CommandLine Budgets => CommandLine.Of("jobs", "budgets");

    /// <summary><c>mesh models list</c>.</summary>
    public static CommandLine Models => CommandLine.Of("models", "list");

    /// <summary><c>mesh catalogue tables</c>.</summary>
    public static CommandLine Maintenance => CommandLine.Of("catalogue", "tables");

    /// <summary><c>mesh jobs show</c>.</summary>
    public static CommandLine Job(string id) => CommandLine.Of("jobs", "show").Argument(id);

    /// <summary><c>mesh replay show</c>.</summary>
    public static CommandLine Replay(string id) => CommandLine.Of("replay", "show").Argument(id);

    /// <summary>Dead letters of a vehicle.</summary>
    public static CommandLine LettersOf(string vehicle) => CommandLine.Of("deadletters", "list").Option("--vehicle", vehicle);
}
