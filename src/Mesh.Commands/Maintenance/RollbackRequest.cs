namespace Mesh.Commands.Maintenance;

/// <summary>Going back to an earlier state of one table, as a command or over HTTP.</summary>
public sealed record RollbackRequest
{
    /// <summary>Whether only the plan is wanted.</summary>
    public bool DryRun { get; init; }

    /// <summary>Snapshot id, branch or tag of the state wanted; an ancestor of the current one.</summary>
    public string? To { get; init; }
}
