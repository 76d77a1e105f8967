namespace Mesh.Commands.Governance;

/// <summary>Data to set aside.</summary>
/// <param name="Name">Name of the hold-out.</param>
/// <param name="Table">Table, by its own name or its product's.</param>
/// <param name="Snapshot">Snapshot id, branch or tag; null for the current one.</param>
/// <param name="Filter">Condition on the rows; null for all.</param>
public sealed record FreezeRequest(string Name, string Table, string? Snapshot, string? Filter);
