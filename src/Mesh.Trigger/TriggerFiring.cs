namespace Mesh.Trigger;

/// <summary>A range that a rule fired for; append-only. A rule that joins products has one of each under the same <see cref="TriggerId"/>.</summary>
public sealed record TriggerFiring
{
    /// <summary>Identity of the firing (<see cref="Mesh.Trigger.TriggerId"/>).</summary>
    public required string TriggerId { get; init; }

    /// <summary>The rule.</summary>
    public required string Rule { get; init; }

    /// <summary>What it fired for.</summary>
    public required TriggerRange Range { get; init; }

    /// <summary>The product.</summary>
    public string Product => Range.Product;

    /// <summary>Its table.</summary>
    public string Table => Range.Table;

    /// <summary>Exclusive; 0 from the beginning.</summary>
    public long FromSnapshotId => Range.FromSnapshotId;

    /// <summary>Inclusive.</summary>
    public long ToSnapshotId => Range.ToSnapshotId;

    /// <summary>Rows in the range, as far as events told.</summary>
    public long NewRows => Range.NewRows;

    /// <summary>Why, for people.</summary>
    public required string Reason { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset FiredAt { get; init; }
}
