using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Lakehouse.Metadata;

namespace Mesh.Lakehouse;

/// <summary>A change of a table that is prepared but not yet visible.</summary>
/// <param name="Metadata">The whole new metadata; made with <c>TableCatalogue.Succeed</c>.</param>
/// <param name="WrittenUris">Objects written for it, deleted again when the attempt is lost.</param>
internal sealed record TableChange(TableMetadata Metadata, IReadOnlyList<string> WrittenUris)
{
    /// <summary>Called in the transaction that swaps the pointer, with the table as it is then.</summary>
    public Func<MetadataTransaction, Table, Task>? InTransaction { get; init; }
}
