namespace Mesh.Commands.Maintenance;

/// <summary>Expiry of old snapshots of one table, as a command or over HTTP. What is null follows the server's settings.</summary>
public sealed record ExpireRequest
{
    /// <summary>Whether only the plan is wanted.</summary>
    public bool DryRun { get; init; }

    /// <summary>Age in seconds from which snapshots may go.</summary>
    public double? OlderThanSeconds { get; init; }

    /// <summary>Newest snapshots of a branch that stay.</summary>
    public int? KeepLast { get; init; }

    /// <summary>Seconds for which files of expired snapshots are left for readers that had begun.</summary>
    public double? ReaderGraceSeconds { get; init; }
}
