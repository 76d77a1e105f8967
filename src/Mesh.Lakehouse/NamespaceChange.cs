namespace Mesh.Lakehouse;

/// <summary>What an update of a namespace's properties did.</summary>
/// <param name="Updated">Keys set.</param>
/// <param name="Removed">Keys removed.</param>
/// <param name="Missing">Keys that were to be removed and are not there.</param>
public sealed record NamespaceChange(IReadOnlyList<string> Updated, IReadOnlyList<string> Removed, IReadOnlyList<string> Missing);
