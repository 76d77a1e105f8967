namespace Mesh.Commands.Queries.Tables;

/// <summary>Which rows of one snapshot of a product to read.</summary>
public sealed record ScanQuery
{
    /// <summary>Top-level columns, in this order; null for all.</summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>Condition on the rows, as <c>vehicle_id = 'V7' AND log_time >= '2026-01-05'</c>; null for all.</summary>
    public string? Where { get; init; }

    /// <summary>Snapshot id, branch or tag; null for the current snapshot.</summary>
    public string? At { get; init; }
}
