namespace Mesh.Training.Loading;

/// <summary>A column that becomes no tensor.</summary>
/// <param name="Name">Its path.</param>
/// <param name="Type">Kind of its values in lower case: utf8, decimal128, map.</param>
/// <param name="Reason">Why.</param>
public sealed record LeftOutColumn(string Name, string Type, string Reason);
