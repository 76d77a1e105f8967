using Mesh.Lakehouse.Maintenance;

namespace Mesh.Streaming.Topologies;

/// <summary>A product that a topology declares.</summary>
/// <param name="Name">Dotted name, <c>perception.frames</c>.</param>
/// <param name="Schema">Message schema whose table it is; null when it comes from a synchronised group.</param>
/// <param name="Synchronise">Synchronised group whose table it is; null when it comes from a schema.</param>
/// <param name="Contract">Path of its contract, relative to the topology file; null when it has none.</param>
public sealed record ProductEntry(string Name, string? Schema, string? Synchronise, string? Contract)
{
    /// <summary>When its files move to colder storage classes; none when they stay.</summary>
    public IReadOnlyList<TierRule> Tiers { get; init; } = [];
}
