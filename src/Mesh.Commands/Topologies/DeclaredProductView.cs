using Mesh.Streaming.Topologies;

namespace Mesh.Commands.Topologies;

/// <summary>What a topology says of a product.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Schema">Message schema whose table it is; null when it is made by a synchronised group.</param>
/// <param name="Synchronise">Synchronised group whose table it is; null when it is made from a schema.</param>
/// <param name="Table">Its table.</param>
/// <param name="Topic">Topic that has its rows too; null for none.</param>
/// <param name="Contract">Path of its contract as the file has it; null for none.</param>
/// <param name="FreshnessSeconds">Longest time without a commit before it counts as late; null when none is stated.</param>
public sealed record DeclaredProductView(string Name, string? Schema, string? Synchronise, string Table, string? Topic, string? Contract, double? FreshnessSeconds)
{
    internal static DeclaredProductView Of(ProductEntry product, Topology topology) => new(
        product.Name, product.Schema, product.Synchronise, product.TableIn(topology.Tables).ToString(), product.Topic?.Name, product.Contract, product.Freshness?.TotalSeconds);
}
