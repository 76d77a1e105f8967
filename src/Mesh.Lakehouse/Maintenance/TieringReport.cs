namespace Mesh.Lakehouse.Maintenance;

/// <summary>What tiering did to a table, or would do.</summary>
public sealed record TieringReport
{
    /// <summary>The table.</summary>
    public required string Table { get; init; }

    /// <summary>Whether this is only the plan.</summary>
    public required bool DryRun { get; init; }

    /// <summary>Files and bytes that are due, by class they are in and class they move to.</summary>
    public required IReadOnlyList<TierTotal> Due { get; init; }

    /// <summary>Files that were moved or marked for the store to move.</summary>
    public long Moved { get; init; }

    /// <summary>Why nothing can be moved although files are due; null when it can.</summary>
    public string? Hindrance { get; init; }
}

/// <summary>Files that move from one class to another.</summary>
/// <param name="From">The class they are in.</param>
/// <param name="To">The class they move to.</param>
/// <param name="Files">How many.</param>
/// <param name="Bytes">Their bytes.</param>
public sealed record TierTotal(string From, string To, long Files, long Bytes);
