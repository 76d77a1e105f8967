using System.CommandLine;

namespace Mesh.Cli.Help;

/// <summary>A command and the way to it.</summary>
/// <param name="Path">Its words without <c>mesh</c>, such as <c>recordings list</c>; empty for the root.</param>
/// <param name="Command">The command.</param>
internal sealed record CommandNode(string Path, Command Command)
{
    // Most commands have these, so they stand behind their own.
    private static readonly string[] Common = ["--server", "--data", "--token", "--config", "--json", "--help"];

    /// <summary>The node of a command.</summary>
    public static CommandNode Of(Command command)
    {
        var names = new List<string>();
        for (var at = command; at is not RootCommand; at = at.Parents.OfType<Command>().First()) names.Insert(0, at.Name);
        return new CommandNode(string.Join(' ', names), command);
    }

    /// <summary>Its words, from <c>mesh</c> on.</summary>
    public string Line => Path.Length == 0 ? "mesh" : $"mesh {Path}";

    /// <summary>Its commands that are shown.</summary>
    public IReadOnlyList<CommandNode> Children => [.. Command.Subcommands.Where(child => !child.Hidden).Select(child => new CommandNode(Path.Length == 0 ? child.Name : $"{Path} {child.Name}", child))];

    /// <summary>Whether it does something itself.</summary>
    public bool IsLeaf => Command.Subcommands.Count == 0;

    /// <summary>It and everything below it, in the order of the help.</summary>
    public IEnumerable<CommandNode> All => Children.SelectMany(child => child.All).Prepend(this);

    /// <summary>What it is about, in a line or two.</summary>
    public string Description => Command.Description ?? "";

    /// <summary>Its own arguments.</summary>
    public IReadOnlyList<Argument> Arguments => [.. Command.Arguments.Where(argument => !argument.Hidden)];

    /// <summary>Options of its own.</summary>
    public IReadOnlyList<Option> OwnOptions => [.. Command.Options.Where(option => !option.Hidden && !Common.Contains(option.Name))];

    /// <summary>Options that most commands have.</summary>
    public IReadOnlyList<Option> CommonOptions => [.. Command.Options.Where(option => !option.Hidden && Common.Contains(option.Name)).OrderBy(option => Array.IndexOf(Common, option.Name))];

    /// <summary>How it is written, such as <c>mesh recordings show ID [options]</c>.</summary>
    public string Usage => string.Join(' ', ((string[])[Line]).Concat(IsLeaf ? Arguments.Select(SymbolText.Usage) : ["COMMAND"]).Append("[options]"));
}
