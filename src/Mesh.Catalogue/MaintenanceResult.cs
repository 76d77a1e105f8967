namespace Mesh.Catalogue;

/// <summary>The last time a task of maintenance ended for a table.</summary>
/// <param name="Table">The table.</param>
/// <param name="Task"><c>compact</c>, <c>manifests</c>, <c>expire</c>, <c>orphans</c>, <c>tier</c> or <c>delete</c>.</param>
/// <param name="At">When it ended.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Done">What it did, for people; empty when there was nothing to do or it failed.</param>
/// <param name="Error">Code and message when it failed; null when it did not.</param>
public sealed record MaintenanceResult(string Table, string Task, DateTimeOffset At, double Seconds, string Done, string? Error);
