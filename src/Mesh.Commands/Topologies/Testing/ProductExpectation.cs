using System.Text.Json.Nodes;

namespace Mesh.Commands.Topologies.Testing;

/// <summary>What a case expects of a product.</summary>
/// <param name="Rows">Number of its rows; null when it does not matter.</param>
/// <param name="MaxMatchErrorMs">Largest distance in time of a matched sample, milliseconds; null when it does not matter.</param>
/// <param name="Columns">Columns it has, dotted for those of structs.</param>
/// <param name="RowsLike">Rows of which there must be one each with these values, in any order; a dotted name is a field of a struct.</param>
public sealed record ProductExpectation(long? Rows, double? MaxMatchErrorMs, IReadOnlyList<string> Columns, IReadOnlyList<JsonObject> RowsLike);
