using Mesh.Lakehouse;
using Mesh.Lakehouse.Maintenance;
using Mesh.Streaming.Ingest;

namespace Mesh.Streaming.Topologies;

/// <summary>A product that a topology declares.</summary>
/// <param name="Name">Dotted name, <c>perception.frames</c>.</param>
/// <param name="Schema">Message schema whose table it is; null when it comes from a synchronised group.</param>
/// <param name="Synchronise">Synchronised group whose table it is; null when it comes from a schema.</param>
/// <param name="Contract">Path of its contract, relative to the topology file; null when it has none.</param>
public sealed record ProductEntry(string Name, string? Schema, string? Synchronise, string? Contract)
{
    /// <summary>Topic that its rows are put on, beside the table; null for none.</summary>
    public ProductTopic? Topic { get; init; }

    /// <summary>Longest time that may pass without a commit before the product counts as late; null when none is stated.</summary>
    public TimeSpan? Freshness { get; init; }

    /// <summary>Its table, as a topology names its tables.</summary>
    public TableIdentifier TableIn(TableNames tables) => Schema is null ? tables.OfSynchronised(Synchronise!) : tables.OfMessages(Schema, "");

    /// <summary>When its files move to colder storage classes; none when they stay.</summary>
    public IReadOnlyList<TierRule> Tiers { get; init; } = [];
}
