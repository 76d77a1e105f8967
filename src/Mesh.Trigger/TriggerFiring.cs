namespace Mesh.Trigger;

/// <summary>A rule that fired for a range of a product; append-only.</summary>
public sealed record TriggerFiring
{
    /// <summary>Identity (<see cref="Mesh.Trigger.TriggerId"/>).</summary>
    public required string TriggerId { get; init; }

    /// <summary>The rule.</summary>
    public required string Rule { get; init; }

    /// <summary>The product.</summary>
    public required string Product { get; init; }

    /// <summary>Its table.</summary>
    public required string Table { get; init; }

    /// <summary>Exclusive; 0 from the beginning.</summary>
    public required long FromSnapshotId { get; init; }

    /// <summary>Inclusive.</summary>
    public required long ToSnapshotId { get; init; }

    /// <summary>Rows in the range, as far as events told.</summary>
    public required long NewRows { get; init; }

    /// <summary>Recorded time in the range.</summary>
    public required TimeSpan NewDuration { get; init; }

    /// <summary>Why, for people.</summary>
    public required string Reason { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset FiredAt { get; init; }
}
