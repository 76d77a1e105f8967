using Mesh.Columnar;

namespace Mesh.Lakehouse.Iceberg;

/// <summary>Which rows of a table to read. At most one of <see cref="SnapshotId"/>, <see cref="Reference"/> and <see cref="AsOf"/> is given.</summary>
public sealed record ScanOptions
{
    /// <summary>Only rows added after this snapshot; null for all.</summary>
    public long? AfterSnapshotId { get; init; }

    /// <summary>The snapshot to read; null for the current one.</summary>
    public long? SnapshotId { get; init; }

    /// <summary>The branch or tag to read; null for <c>main</c>.</summary>
    public string? Reference { get; init; }

    /// <summary>Read what was current at this time; null for now.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>Top-level columns; null for all.</summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>Only rows that match; null for all. Manifests, files, row groups and pages that cannot hold any are not read.</summary>
    public Predicate? Filter { get; init; }

    /// <summary>Whether planned files come with the metrics of their columns (default: false; they are most of a manifest).</summary>
    public bool IncludeMetrics { get; init; }

    /// <summary>Whether planning counts as a read of the table (default: true): tier rules may keep what is read where it is. Looking at files is no read.</summary>
    public bool IsRead { get; init; } = true;

    /// <summary>Takes the counts of what planning looked at; null when nobody asks.</summary>
    public ScanStatistics? Statistics { get; init; }
}
