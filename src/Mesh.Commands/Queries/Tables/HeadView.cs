using System.Text.Json;

namespace Mesh.Commands.Queries.Tables;

/// <summary>Rows of a product, with what it took to find them.</summary>
/// <param name="Product">The product.</param>
/// <param name="SnapshotId">The snapshot they were read from; null when the table is empty.</param>
/// <param name="Columns">Names of the columns.</param>
/// <param name="Rows">The rows, each an object; values as subscribers see them.</param>
/// <param name="Scan">What was read and what was left out.</param>
public sealed record HeadView(string Product, long? SnapshotId, IReadOnlyList<string> Columns, IReadOnlyList<JsonElement> Rows, ScanView Scan);
