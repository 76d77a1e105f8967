using System.CommandLine;
using System.CommandLine.Parsing;
using Mesh.Streaming.Topologies;

namespace Mesh.Cli.Help;

/// <summary>Says what a command line that makes no sense probably meant.</summary>
internal static class UsageErrors
{
    /// <summary>A sentence per error, the remedy within; never empty.</summary>
    public static IReadOnlyList<string> Of(ParseResult parsed)
    {
        var node = CommandNode.Of(parsed.CommandResult.Command);
        if (parsed.UnmatchedTokens.FirstOrDefault(token => token != "--") is { } word)
        {
            if (IsOption(word)) return [Option(node, word)];
            if (!node.IsLeaf) return [Command(node, word)];
        }
        else if (!node.IsLeaf && node.Command.Action is null)
        {
            return [$"`{node.Line}` does nothing alone; it takes one of: {string.Join(", ", node.Children.Select(child => child.Command.Name))}."];
        }

        return [.. parsed.Errors.Select(Text).Distinct()];
    }

    private static string Text(ParseError error)
    {
        if (error.SymbolResult is not OptionResult { Tokens: [.., var given] } result || !error.Message.Contains($"'{given.Value}'", StringComparison.Ordinal)) return error.Message;
        var choices = SymbolText.Choices(result.Option);
        if (choices.Count > 0)
        {
            string hint = Nearest(given.Value, choices) is { } nearest ? $" Did you mean '{nearest}'?" : "";
            return $"`{result.Option.Name}` is '{given.Value}', but should be one of {string.Join(", ", choices)}.{hint}";
        }

        var type = Nullable.GetUnderlyingType(result.Option.ValueType) ?? result.Option.ValueType;
        return type.IsPrimitive ? $"`{result.Option.Name}` is '{given.Value}', but should be a {(type == typeof(double) ? "number" : "whole number")}." : error.Message;
    }

    private static string Option(CommandNode node, string word)
    {
        string name = word.Split('=')[0];
        var known = node.Command.Options.SelectMany(option => option.Aliases.Append(option.Name)).Where(alias => alias.Length > 2).Append("--help").ToList();
        string hint = Nearest(name, known) is { } nearest ? $" Did you mean `{nearest}`?" : "";
        return node.IsLeaf
            ? $"`{node.Line}` has no option `{name}`.{hint}"
            : $"`{node.Line}` has no option `{name}`.{hint} Its commands are: {string.Join(", ", node.Children.Select(child => child.Command.Name))}.";
    }

    private static string Command(CommandNode node, string word)
    {
        var names = node.Children.Select(child => child.Command.Name).ToList();
        if (Nearest(word, names) is { } nearest) return $"There is no command `{node.Line} {word}`. Did you mean `{node.Line} {nearest}`?";
        var root = node;
        while (root.Path.Length > 0) root = CommandNode.Of(root.Command.Parents.OfType<Command>().First());
        var elsewhere = root.All.Where(other => other.Path.Length > 0 && other.Command.Name.Equals(word, StringComparison.OrdinalIgnoreCase)).Select(other => $"`{other.Line}`").Take(4).ToList();
        string hint = elsewhere.Count > 0 ? $" There is {string.Join(", ", elsewhere)}." : node.Path.Length > 0 ? $" It takes one of: {string.Join(", ", names)}." : "";
        return $"There is no command `{node.Line} {word}`.{hint}";
    }

    private static string? Nearest(string word, IReadOnlyList<string> known) =>
        Spelling.Nearest(word, known) ?? (word.Length >= 3 && known.Where(name => name.StartsWith(word, StringComparison.OrdinalIgnoreCase)).ToList() is [var only] ? only : null);

    private static bool IsOption(string word) => word.Length > 1 && word[0] == '-';
}
