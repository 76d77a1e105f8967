using Mesh.Commands.Queries;

namespace Mesh.Commands.Maintenance;

/// <summary>A table after its columns were changed.</summary>
/// <param name="Table">The table.</param>
/// <param name="SchemaId">Its current schema.</param>
/// <param name="Columns">The columns of that.</param>
public sealed record AlterReport(string Table, int SchemaId, IReadOnlyList<ProductColumnView> Columns);
