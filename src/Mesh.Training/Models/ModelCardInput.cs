using System.Text.Json.Serialization;

namespace Mesh.Training.Models;

/// <summary>Data a trainer read.</summary>
/// <param name="Product">The product.</param>
/// <param name="Table">Its table.</param>
/// <param name="SnapshotId">The snapshot.</param>
/// <param name="Rows">Rows read.</param>
/// <param name="IngestIds">Recordings those rows came from.</param>
public sealed record ModelCardInput(
    string Product,
    string Table,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] long SnapshotId,
    long Rows,
    IReadOnlyList<string> IngestIds);
