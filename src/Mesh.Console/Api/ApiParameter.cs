namespace Mesh.Console.Api;

/// <summary>A query parameter, as the description of the interface shows it.</summary>
/// <param name="Name">Name in the URL.</param>
/// <param name="Type"><c>string</c>, <c>integer</c> or <c>boolean</c>.</param>
/// <param name="Description">What it does.</param>
/// <param name="Values">The values there are; empty for any.</param>
/// <param name="Format">Format in JSON Schema's words; null for none.</param>
public sealed record ApiParameter(string Name, string Type, string Description, IReadOnlyList<string> Values, string? Format = null);
