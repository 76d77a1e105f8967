namespace Mesh.Commands.Topologies;

/// <summary>Which version of a topology is to be taken out of force.</summary>
/// <param name="Version">The version; null for the only one in force.</param>
public sealed record RetireRequest(int? Version = null);
