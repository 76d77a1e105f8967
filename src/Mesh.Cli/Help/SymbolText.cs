using System.Collections;
using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;

namespace Mesh.Cli.Help;

/// <summary>Arguments and options as the help and the reference pages write them.</summary>
internal static class SymbolText
{
    /// <summary><c>FILE...</c>, <c>[TABLE]</c>.</summary>
    public static string Usage(Argument argument)
    {
        string name = argument.Arity.MaximumNumberOfValues > 1 ? argument.Name + "..." : argument.Name;
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}]" : name;
    }

    /// <summary><c>-o, --output FILE</c>.</summary>
    public static string Label(Option option)
    {
        string names = string.Join(", ", option.Aliases.Append(option.Name).OrderBy(name => name.Length).Distinct());
        return TakesValue(option) ? $"{names} {Placeholder(option)}" : names;
    }

    /// <summary>What it is for, what it must be, and what it is when it is left out.</summary>
    public static string About(Option option)
    {
        string text = option.Description ?? "";
        if (option.Required) text += " Required.";
        if (Choices(option) is { Count: > 0 } choices && !choices.All(choice => $"{text} {option.HelpName}".Contains(choice, StringComparison.OrdinalIgnoreCase))) text += $" One of: {string.Join(", ", choices)}.";
        if (Default(option) is { Length: > 0 } value && !text.Contains("(default", StringComparison.Ordinal)) text += $" (default: {value})";
        return text.Trim();
    }

    /// <summary>Whether a value follows it.</summary>
    public static bool TakesValue(Option option) => option.ValueType != typeof(bool) && option.Arity.MaximumNumberOfValues > 0;

    /// <summary>The only values it takes; empty when there are many.</summary>
    public static IReadOnlyList<string> Choices(Option option) => TakesValue(option) ? Known(option, option.ValueType) : [];

    /// <summary>The only values it takes; empty when there are many.</summary>
    public static IReadOnlyList<string> Choices(Argument argument) => Known(argument, argument.ValueType);

    // Words of an enumeration are read whatever their case, and written in lower case everywhere else.
    private static IReadOnlyList<string> Known(Symbol symbol, Type type) =>
        [.. symbol.GetCompletions(CompletionContext.Empty).Select(item => (Nullable.GetUnderlyingType(type) ?? type).IsEnum ? item.Label.ToLowerInvariant() : item.Label).Where(label => label is not ("true" or "false"))];

    private static string Placeholder(Option option) => option.HelpName
        ?? (Choices(option) is { Count: > 0 and < 6 } choices ? string.Join('|', choices) : option.Name.TrimStart('-').ToUpperInvariant());

    private static string? Default(Option option)
    {
        if (!option.HasDefaultValue || !TakesValue(option)) return null;
        return option.GetDefaultValue() switch
        {
            null => null,
            string text => text,
            Enum value => value.ToString().ToLowerInvariant(),
            IEnumerable => null,
            var value => Convert.ToString(value, CultureInfo.InvariantCulture),
        };
    }
}
