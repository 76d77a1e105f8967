using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Metadata;
using Mesh.Storage;

namespace Mesh.Lakehouse;

/// <summary>
/// The Iceberg tables of a lake. The pointer to a table's current metadata lives in the database and is swapped in the same transaction
/// as the ledger; everything else is immutable objects. Safe for concurrent use.
/// </summary>
public sealed class TableCatalogue
{
    /// <param name="database">Pointers and ledger.</param>
    /// <param name="lake">Metadata and data objects; tables live under <c>NAMESPACE/NAME</c>.</param>
    /// <param name="time">Clock for snapshot times.</param>
    public TableCatalogue(MetadataDatabase database, IObjectStore lake, TimeProvider time) => throw new NotSupportedException();

    /// <summary>All tables, by name.</summary>
    public ValueTask<IReadOnlyList<TableIdentifier>> ListAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>A table, or null when there is none.</summary>
    public ValueTask<Table?> FindAsync(TableIdentifier identifier, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>A table.</summary>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH8102</c> when there is none; names the similar ones.</exception>
    public ValueTask<Table> LoadAsync(TableIdentifier identifier, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>
    /// Creates the table or evolves its schema so that <paramref name="definition"/> fits, by compare-and-swap with retries.
    /// </summary>
    /// <returns>The table; its schema holds an id for every column of the definition (and may hold more columns).</returns>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH8103</c> when the policy forbids the change; names column and types.</exception>
    public ValueTask<Table> EnsureAsync(
        TableIdentifier identifier, TableDefinition definition, SchemaChangePolicy policy, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>
    /// Adds file sets in one snapshot, at most once per (table, ingest id, topology version), retrying conflicts. Writes no snapshot when
    /// nothing is left to add, but still records sets without files in the ledger and the source offsets.
    /// </summary>
    public ValueTask<AppendOutcome> AppendAsync(TableIdentifier identifier, AppendRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Data files of a table at a snapshot, optionally only those added after another.</summary>
    public ValueTask<IReadOnlyList<DataFile>> ListFilesAsync(TableIdentifier identifier, ScanOptions options, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Reads rows under the table's current schema, columns missing in older files as nulls.</summary>
    public IAsyncEnumerable<RecordBatch> ScanAsync(TableIdentifier identifier, ScanOptions options, CancellationToken cancellationToken) => throw new NotSupportedException();
}
