namespace Mesh.Commands.Maintenance;

/// <summary>A task without settings of its own, as a command or over HTTP.</summary>
/// <param name="DryRun">Whether only the plan is wanted.</param>
public sealed record DryRunRequest(bool DryRun);
