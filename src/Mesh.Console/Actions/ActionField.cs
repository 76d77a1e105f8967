namespace Mesh.Console.Actions;

/// <summary>Something a person fills in before an action can be planned.</summary>
/// <param name="Name">Name of the field.</param>
/// <param name="Label">What it is called.</param>
public sealed record ActionField(string Name, string Label)
{
    /// <summary>Help below it.</summary>
    public string? Hint { get; init; }

    /// <summary>Whether it must be filled in.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Whether it takes several lines.</summary>
    public bool IsLong { get; init; }

    /// <summary>Lines that are shown of a long one (default: 3).</summary>
    public int Rows { get; init; } = 3;

    /// <summary>Ends of the names of files that a long one can be taken from, <c>.yaml,.yml</c>; null for none.</summary>
    public string? FileTypes { get; init; }

    /// <summary>Whether it is a box to tick.</summary>
    public bool IsFlag { get; init; }

    /// <summary>Values to choose from, with what they are called; empty for any.</summary>
    public IReadOnlyList<(string Value, string Text)> Choices { get; init; } = [];
}
