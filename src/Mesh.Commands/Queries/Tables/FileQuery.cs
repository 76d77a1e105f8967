namespace Mesh.Commands.Queries.Tables;

/// <summary>Which files of a table.</summary>
public sealed record FileQuery
{
    /// <summary>Snapshot id, branch or tag; null for the current snapshot.</summary>
    public string? At { get; init; }

    /// <summary>Only files that may hold rows for which this is true; null for all.</summary>
    public string? Where { get; init; }

    /// <summary>Most files to return (default: 1,000).</summary>
    public int Limit { get; init; } = 1_000;
}
