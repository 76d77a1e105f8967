namespace Mesh.Lakehouse.Iceberg;

/// <summary>What a reference is.</summary>
public enum SnapshotRefType
{
    /// <summary>Moves with commits.</summary>
    Branch,
    /// <summary>Stays where it is.</summary>
    Tag,
}

/// <summary>A named reference to a snapshot (Iceberg specification, "Snapshot Retention Policy"); <c>main</c> is the table's current state.</summary>
/// <param name="SnapshotId">The snapshot.</param>
/// <param name="Type">Branch or tag.</param>
public sealed record SnapshotRef(long SnapshotId, SnapshotRefType Type)
{
    /// <summary>Name of the branch that readers see by default.</summary>
    public const string Main = "main";

    /// <summary>Age in milliseconds from which the reference itself may go; null for the table's default. <c>main</c> never goes.</summary>
    public long? MaxRefAgeMs { get; init; }

    /// <summary>Age in milliseconds from which snapshots of the branch may go; null for the table's default, always null for a tag.</summary>
    public long? MaxSnapshotAgeMs { get; init; }

    /// <summary>Snapshots of the branch that stay whatever their age; null for the table's default, always null for a tag.</summary>
    public int? MinSnapshotsToKeep { get; init; }
}
