namespace Mesh.Trigger;

/// <summary>A product that a rule watches.</summary>
public sealed record TriggerInput
{
    /// <summary>The product.</summary>
    public required string Product { get; init; }

    /// <summary>Which of its new rows count; null for all.</summary>
    public TriggerFilter? Filter { get; init; }

    /// <summary>What must have been added.</summary>
    public required TriggerCondition When { get; init; }
}
