namespace Mesh.Commands.Maintenance;

/// <summary>Removal of files that nothing refers to, as a command or over HTTP.</summary>
public sealed record OrphansRequest
{
    /// <summary>Whether only the plan is wanted.</summary>
    public bool DryRun { get; init; }

    /// <summary>Age in seconds below which a file is left alone; null for the server's setting.</summary>
    public double? GraceSeconds { get; init; }
}
