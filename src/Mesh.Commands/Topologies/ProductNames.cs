using System.Globalization;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Maintenance;
using Mesh.Model;
using Mesh.Streaming.Ingest;
using Mesh.Streaming.Topologies;

namespace Mesh.Commands.Topologies;

/// <summary>
/// Names of data products: those the topologies give; any other table is a product under its own name. Where several versions of a topology
/// are in force, a product's name means the table of the lowest one, so that nobody who reads it is moved by a newer version coming in, until
/// somebody lets it mean another; <c>PRODUCT@N</c> is version N, also when its topology is not in force any more. Safe for concurrent use;
/// <see cref="Replace"/> and <see cref="Remember"/> take effect at once.
/// </summary>
public sealed class ProductNames
{
    private readonly Lock gate = new();
    private IReadOnlyCollection<Topology> inForce;
    private IReadOnlyCollection<Topology> retired = [];
    private IReadOnlyDictionary<string, int> meant = new Dictionary<string, int>();
    private volatile Names names;

    private ProductNames(IReadOnlyCollection<Topology> topologies)
    {
        inForce = topologies;
        names = Names.Of(topologies, retired, meant);
    }

    /// <summary>The names of one topology.</summary>
    public static ProductNames Of(Topology topology) => Of([topology]);

    /// <summary>The names of several topologies.</summary>
    public static ProductNames Of(IReadOnlyCollection<Topology> topologies) => new(topologies);

    /// <summary>From here on the names of other topologies; those of retired ones, whose tables are still there, where they are not given anew.</summary>
    public void Replace(IReadOnlyCollection<Topology> topologies, IReadOnlyCollection<Topology> once)
    {
        lock (gate)
        {
            (inForce, retired) = (topologies, once);
            names = Names.Of(inForce, retired, meant);
        }
    }

    /// <summary>From here on also the names of topologies that were in force once, and other meanings of names.</summary>
    /// <param name="once">Topologies that are not in force any more.</param>
    /// <param name="versions">The version that a product's name means, by product; others mean what they mean by themselves.</param>
    public void Remember(IReadOnlyCollection<Topology> once, IReadOnlyDictionary<string, int> versions)
    {
        lock (gate)
        {
            (retired, meant) = (once, versions);
            names = Names.Of(inForce, retired, meant);
        }
    }

    /// <summary>Table of a product, of a product's version (<c>chassis.imu@2</c>), or of a table's own name; null when it is none of them.</summary>
    public TableIdentifier? TableOf(string product)
    {
        var current = names;
        if (current.Tables.TryGetValue(product, out var table)) return table;
        try
        {
            return TableIdentifier.Parse(product) is { } identifier && current.Namespaces.Contains(identifier.Namespace) ? identifier : null;
        }
        catch (MeshException)
        {
            return null;
        }
    }

    /// <summary>Tier rules of a table's product; none when it has none.</summary>
    public IReadOnlyList<TierRule> TiersOf(TableIdentifier table) => names.Tiers.GetValueOrDefault(table) ?? [];

    /// <summary>What the topologies say of a table's product; null when none names it.</summary>
    public ProductDeclaration? DeclarationOf(TableIdentifier table) => names.Declarations.GetValueOrDefault(table) is { } known
        ? known with { Versions = names.Versions.GetValueOrDefault(known.Product) } : null;

    /// <summary>Name under which a table is known.</summary>
    public string NameOf(TableIdentifier table) => names.Products.TryGetValue(table, out string? name) ? name : table.ToString();

    private sealed class Names
    {
        public Dictionary<string, TableIdentifier> Tables { get; } = new(StringComparer.Ordinal);

        public Dictionary<TableIdentifier, string> Products { get; } = [];

        public Dictionary<TableIdentifier, IReadOnlyList<TierRule>> Tiers { get; } = [];

        public Dictionary<TableIdentifier, ProductDeclaration> Declarations { get; } = [];

        public Dictionary<string, int> Versions { get; } = new(StringComparer.Ordinal);

        public HashSet<string> Namespaces { get; } = [TableNames.RawNamespace, TableNames.SystemNamespace];

        public static Names Of(IReadOnlyCollection<Topology> inForce, IReadOnlyCollection<Topology> retired, IReadOnlyDictionary<string, int> meant)
        {
            var names = new Names();
            foreach (var topology in inForce.OrderBy(topology => topology.VersionNumber).Concat(retired.OrderByDescending(topology => topology.VersionNumber)))
            {
                names.Namespaces.Add(topology.Tables.Namespace);
                foreach (var entry in ProductsSection.Read(topology)) names.Add(topology, entry);
            }

            foreach (var (product, version) in meant) names.Switch(product, version);
            return names;
        }

        private void Switch(string product, int version)
        {
            if (!Tables.TryGetValue(string.Create(CultureInfo.InvariantCulture, $"{product}@{version}"), out var table)) return;
            if (Tables.TryGetValue(product, out var before) && Products.GetValueOrDefault(before) == product)
            {
                Products[before] = Tables.First(named => named.Value == before && named.Key != product && named.Key.StartsWith(product + "@", StringComparison.Ordinal)).Key;
            }

            Tables[product] = table;
            Products[table] = product;
        }

        private void Add(Topology topology, ProductEntry entry)
        {
            var table = entry.TableIn(topology.Tables);
            string versioned = string.Create(CultureInfo.InvariantCulture, $"{entry.Name}@{topology.VersionNumber}");
            Tables.TryAdd(versioned, table);
            Products.TryAdd(table, Tables.TryAdd(entry.Name, table) ? entry.Name : versioned);
            if (entry.Tiers.Count > 0) Tiers.TryAdd(table, entry.Tiers);
            Declarations.TryAdd(table, new ProductDeclaration(entry.Name, topology.Owner, entry.Freshness, 0));
            Versions[entry.Name] = Versions.GetValueOrDefault(entry.Name) + 1;
        }
    }
}
