using Mesh.Lakehouse;
using Mesh.Lakehouse.Maintenance;
using Mesh.Model;
using Mesh.Streaming.Ingest;
using Mesh.Streaming.Topologies;

namespace Mesh.Commands.Topologies;

/// <summary>Names of data products: those a topology gives; any other table is a product under its own name.</summary>
public sealed class ProductNames
{
    private readonly Dictionary<string, TableIdentifier> tables = new(StringComparer.Ordinal);
    private readonly Dictionary<TableIdentifier, string> names = [];
    private readonly Dictionary<TableIdentifier, IReadOnlyList<TierRule>> tiers = [];

    private ProductNames()
    {
    }

    /// <summary>The names of a topology.</summary>
    public static ProductNames Of(Topology topology)
    {
        var products = new ProductNames();
        foreach (var entry in ProductsSection.Read(topology))
        {
            var table = entry.Schema is null ? TableNames.OfSynchronised(entry.Synchronise!) : TableNames.OfMessages(entry.Schema, "");
            products.tables[entry.Name] = table;
            products.names.TryAdd(table, entry.Name);
            if (entry.Tiers.Count > 0) products.tiers.TryAdd(table, entry.Tiers);
        }

        return products;
    }

    /// <summary>Table of a product, or of a table's own name; null when it is neither.</summary>
    public TableIdentifier? TableOf(string product)
    {
        if (tables.TryGetValue(product, out var table)) return table;
        try
        {
            return TableIdentifier.Parse(product) is { Namespace: TableNames.RawNamespace } raw ? raw : null;
        }
        catch (MeshException)
        {
            return null;
        }
    }

    /// <summary>Tier rules of a table's product; none when it has none.</summary>
    public IReadOnlyList<TierRule> TiersOf(TableIdentifier table) => tiers.GetValueOrDefault(table) ?? [];

    /// <summary>Name under which a table is known.</summary>
    public string NameOf(TableIdentifier table) => names.TryGetValue(table, out string? name) ? name : table.ToString();
}
