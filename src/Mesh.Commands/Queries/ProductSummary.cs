using System.Text.Json.Serialization;

namespace Mesh.Commands.Queries;

/// <summary>A data product in a list: figures of its current snapshot. <see cref="ProductView"/> has its columns and snapshots.</summary>
/// <param name="Name">Name: given by the topology, else the table's.</param>
/// <param name="Table">Table that holds it.</param>
/// <param name="LocationUri">Where its files are.</param>
/// <param name="SnapshotId">Current snapshot; null when it has none. Text in JSON, because it exceeds what JavaScript's numbers hold.</param>
/// <param name="UpdatedAt">When the current snapshot was committed.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Files">Data files.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="Snapshots">Snapshots that are kept.</param>
public sealed record ProductSummary(
    string Name, string Table, string LocationUri,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] long? SnapshotId,
    DateTimeOffset? UpdatedAt, long Rows, long Files, long Bytes, long Snapshots);
