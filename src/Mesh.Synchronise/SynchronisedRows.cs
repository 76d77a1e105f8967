using Mesh.Columnar;

namespace Mesh.Synchronise;

/// <summary>Rows for one of a group's tables.</summary>
/// <param name="Table">Which.</param>
/// <param name="Batch">The rows.</param>
public sealed record SynchronisedRows(SynchronisedTable Table, RecordBatch Batch);
