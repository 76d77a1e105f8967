namespace Mesh.Trigger;

/// <summary>Where a rule stands for a product, or for all products of a join.</summary>
public sealed record TriggerStatus
{
    /// <summary>The rule.</summary>
    public required string Rule { get; init; }

    /// <summary>Its topology, <c>NAME@VERSION</c>.</summary>
    public required string Topology { get; init; }

    /// <summary>The product; those of a join with <c> + </c> between.</summary>
    public required string Product { get; init; }

    /// <summary><c>ready</c> (would fire now) or an outcome as of a <see cref="TriggerDecision"/>, or <c>unknown</c>: no table holds the product.</summary>
    public required string State { get; init; }

    /// <summary>How far the nearest combination of conditions is, 0 to 100.</summary>
    public required int Percent { get; init; }

    /// <summary>For people.</summary>
    public required string Reason { get; init; }

    /// <summary>Condition by condition.</summary>
    public required IReadOnlyList<ConditionProgress> Measured { get; init; }

    /// <summary>What it would fire for.</summary>
    public required IReadOnlyList<TriggerRange> Ranges { get; init; }

    /// <summary>The earliest time at which a rule that is held back can fire; null when that is not known.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>When the rule last fired, for any product; null when it never did.</summary>
    public DateTimeOffset? LastFiredAt { get; init; }
}
