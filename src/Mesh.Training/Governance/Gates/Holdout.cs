namespace Mesh.Training.Governance.Gates;

/// <summary>Data set aside for comparing models: rows of a table at a snapshot. No job trains on its recordings from then on.</summary>
public sealed record Holdout
{
    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>The table.</summary>
    public required string Table { get; init; }

    /// <summary>The snapshot, which stays as long as the hold-out.</summary>
    public required string SnapshotId { get; init; }

    /// <summary>Condition on the rows; empty for all.</summary>
    public required string Filter { get; init; }

    /// <summary>The data files that hold the rows.</summary>
    public required IReadOnlyList<HoldoutFile> Files { get; init; }

    /// <summary>Digest of table, snapshot, filter, files and recordings: the same data has the same.</summary>
    public required string Digest { get; init; }

    /// <summary>Recordings the rows are from.</summary>
    public required IReadOnlyList<string> Recordings { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset FrozenAt { get; init; }
}
