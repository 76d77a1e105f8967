using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Metadata;

namespace Mesh.Lakehouse;

/// <summary>
/// Announces a snapshot that has become part of a table's <c>main</c>, inside the transaction that makes it so: adds events to the outbox. May be
/// called again for the same snapshot when the transaction is repeated.
/// </summary>
/// <param name="transaction">The transaction.</param>
/// <param name="table">The table as the commit leaves it.</param>
/// <param name="snapshot">The snapshot.</param>
public delegate Task SnapshotAnnouncer(MetadataTransaction transaction, Table table, Snapshot snapshot);
