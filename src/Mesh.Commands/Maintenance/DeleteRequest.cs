namespace Mesh.Commands.Maintenance;

/// <summary>Erasure of rows of one table, as a command or over HTTP.</summary>
public sealed record DeleteRequest
{
    /// <summary>Whether only the plan is wanted.</summary>
    public bool DryRun { get; init; }

    /// <summary>Which rows, as <see cref="Mesh.Columnar.PredicateParser"/> reads it. There is no default: without one nothing is deleted.</summary>
    public string? Where { get; init; }

    /// <summary>
    /// Whether files that hold other rows too are kept and their deleted rows only marked. Otherwise they are written again, so that the rows
    /// are physically gone once the old snapshots expire.
    /// </summary>
    public bool KeepFiles { get; init; }
}
