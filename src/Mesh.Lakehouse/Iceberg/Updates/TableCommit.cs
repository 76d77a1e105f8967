namespace Mesh.Lakehouse.Iceberg.Updates;

/// <summary>A commit to one table: what must hold, and what then changes.</summary>
internal sealed record TableCommit(TableIdentifier Table, IReadOnlyList<TableRequirement> Requirements, IReadOnlyList<TableUpdate> Updates);
