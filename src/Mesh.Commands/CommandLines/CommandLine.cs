namespace Mesh.Commands.CommandLines;

/// <summary>
/// A command of <c>mesh</c> as a person can paste it into a shell, built word by word and quoted for POSIX shells. Immutable: each method
/// answers a longer line.
/// </summary>
/// <remarks>
/// Whatever the words are, the command line reads them back as they were given: a value that looks like an option is joined to its option, an
/// argument that does follows <c>--</c>. The words of a request come from its <c>ToCommandLine</c>; a page's question is built in place.
/// </remarks>
public sealed class CommandLine
{
    private readonly string[] verbs;
    private readonly Word[] options;
    private readonly string[] arguments;

    private CommandLine(string[] verbs, Word[] options, string[] arguments) => (this.verbs, this.options, this.arguments) = (verbs, options, arguments);

    /// <summary>What follows <c>mesh</c>, one element a word, unquoted. In place of a secret stands the reference to its variable.</summary>
    public IReadOnlyList<string> Words => [.. All().Select(word => word.Text)];

    /// <summary>Begins a line.</summary>
    /// <param name="verbs">The command, such as <c>recordings</c>, <c>list</c>.</param>
    public static CommandLine Of(params string[] verbs) => new(verbs, [], []);

    /// <summary>Adds an argument; null adds nothing.</summary>
    public CommandLine Argument(string? value) => value is null ? this : new(verbs, options, [.. arguments, value]);

    /// <summary>Adds several arguments.</summary>
    public CommandLine Arguments(IEnumerable<string>? values) => new(verbs, options, [.. arguments, .. values ?? []]);

    /// <summary>Adds an option and its value; null adds nothing.</summary>
    public CommandLine Option(string name, string? value) => value is null ? this
        : IsMisread(value) ? With(new Word($"{name}={value}"))
        : With(new Word(name), new Word(value));

    /// <summary>Adds an option as many times as there are values.</summary>
    public CommandLine Options(string name, IEnumerable<string>? values) => (values ?? []).Aggregate(this, (line, value) => line.Option(name, value));

    /// <summary>Adds an option without a value, when it is wanted.</summary>
    public CommandLine Flag(string name, bool isGiven = true) => isGiven ? With(new Word(name)) : this;

    /// <summary>Adds an option whose value nobody is to see: the line takes it from a variable of the shell.</summary>
    public CommandLine Secret(string name, string variable) => With(new Word(name), new Word($"${variable}", IsVariable: true));

    /// <summary>The line as a shell takes it.</summary>
    public static implicit operator string(CommandLine line)
    {
        ArgumentNullException.ThrowIfNull(line);
        return line.ToString();
    }

    /// <summary>The line as a shell takes it.</summary>
    public override string ToString() => string.Join(' ', All().Select(word => word.IsVariable ? $"\"{word.Text}\"" : ShellWord.Quote(word.Text)).Prepend("mesh"));

    private CommandLine With(params Word[] more) => new(verbs, [.. options, .. more], arguments);

    private IEnumerable<Word> All()
    {
        var given = arguments.Select(argument => new Word(argument));
        var first = verbs.Select(verb => new Word(verb));
        return arguments.Any(IsMisread) ? [.. first, .. options, new Word("--"), .. given] : [.. first, .. given, .. options];
    }

    // The command line takes a word that begins with a hyphen for an option, and one that begins with @ for a file of words.
    private static bool IsMisread(string word) => word.Length > 0 && word[0] is '-' or '@';

    private readonly record struct Word(string Text, bool IsVariable = false);
}
