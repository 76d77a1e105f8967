using System.CommandLine;
using Mesh.Cli.Help;

namespace Mesh.Cli.Completion;

/// <summary>Finds what the last word of an unfinished command line could become: commands, options, their values.</summary>
internal static class CompletionFinder
{
    private static readonly string[] FileNames = ["FILE", "IN", "OUT", "FILE[@N]", "FILE.tgz", "NAME|FILE"];

    /// <summary>Finds them.</summary>
    /// <param name="root">The command line.</param>
    /// <param name="words">Its words behind <c>mesh</c>, up to the cursor; the last one may be empty.</param>
    public static IReadOnlyList<Completion> Find(RootCommand root, IReadOnlyList<string> words)
    {
        string last = words.Count > 0 ? words[^1] : "";
        Command command = root;
        Option? pending = null;
        bool isBehindDashes = false;
        int arguments = 0;
        var given = new HashSet<string>(StringComparer.Ordinal);
        foreach (string word in words.Take(words.Count - 1))
        {
            if (pending is not null) pending = null;
            else if (isBehindDashes) arguments++;
            else if (word == "--") isBehindDashes = true;
            else if (word.StartsWith('-'))
            {
                string name = word.Split('=')[0];
                given.Add(OptionOf(root, command, name)?.Name ?? name);
                if (OptionOf(root, command, name) is { } option && SymbolText.TakesValue(option) && !word.Contains('=', StringComparison.Ordinal)) pending = option;
            }
            else if (command.Subcommands.FirstOrDefault(child => child.Name == word) is { } child) command = child;
            else if (command.Subcommands.Count > 0) return [];
            else arguments++;
        }

        if (pending is not null) return Values(pending, last, "");
        if (!isBehindDashes && last.StartsWith('-'))
        {
            return last.IndexOf('=', StringComparison.Ordinal) is > 0 and int at
                ? OptionOf(root, command, last[..at]) is { } option ? Values(option, last[(at + 1)..], last[..(at + 1)]) : []
                : Options(command, last, given);
        }

        List<Completion> found = [.. command.Subcommands.Where(child => !child.Hidden && Begins(child.Name, last)).Select(child => new Completion(child.Name, FirstSentence(child.Description)))];
        if (command.Arguments.Count > 0 && Argument(command, arguments) is { } argument) found.AddRange(Values(SymbolText.Choices(argument), argument.Name, last, ""));
        return found;
    }

    private static Option? OptionOf(RootCommand root, Command command, string name) =>
        command.Options.FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name)) ?? root.Options.FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));

    private static Argument? Argument(Command command, int index)
    {
        if (index < command.Arguments.Count) return command.Arguments[index];
        return command.Arguments[^1].Arity.MaximumNumberOfValues > 1 ? command.Arguments[^1] : null;
    }

    private static IReadOnlyList<Completion> Options(Command command, string last, HashSet<string> given) =>
    [
        .. command.Options.Where(option => !option.Hidden && (!given.Contains(option.Name) || option.Arity.MaximumNumberOfValues > 1) && Begins(option.Name, last))
            .Select(option => new Completion(option.Name, FirstSentence(option.Description))),
        .. Begins("--help", last) && !command.Options.Any(option => option.Name == "--help") ? [new Completion("--help", "Show how it is used.")] : (ReadOnlySpan<Completion>)[],
    ];

    private static IReadOnlyList<Completion> Values(Option option, string last, string prefix) => Values(SymbolText.Choices(option), option.HelpName ?? "", last, prefix);

    private static IReadOnlyList<Completion> Values(IReadOnlyList<string> known, string name, string last, string prefix)
    {
        if (known.Count > 0) return [.. known.Where(label => Begins(label, last)).Select(label => new Completion(prefix + label))];
        return FileNames.Contains(name) ? [new Completion(Completion.Files)] : name == "DIR" ? [new Completion(Completion.Folders)] : [];
    }

    private static bool Begins(string candidate, string word) => candidate.StartsWith(word, StringComparison.Ordinal);

    private static string FirstSentence(string? text)
    {
        if (text is null) return "";
        int end = text.IndexOfAny(['.', ':', ';']);
        return end > 0 ? text[..end] : text;
    }
}
