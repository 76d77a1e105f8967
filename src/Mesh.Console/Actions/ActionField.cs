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

    /// <summary>Whether it is a box to tick.</summary>
    public bool IsFlag { get; init; }

    /// <summary>Values to choose from, with what they are called; empty for any.</summary>
    public IReadOnlyList<(string Value, string Text)> Choices { get; init; } = [];
}
