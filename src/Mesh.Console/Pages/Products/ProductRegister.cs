using Mesh.Commands.Topologies;

namespace Mesh.Console.Pages.Products;

/// <summary>What the topologies say of products: one question for all of a page.</summary>
public sealed class ProductRegister
{
    private readonly Dictionary<string, List<Entry>> entries = new(StringComparer.Ordinal);

    /// <param name="topologies">All that are or were in force.</param>
    public ProductRegister(IReadOnlyList<TopologyView> topologies)
    {
        foreach (var topology in topologies)
        {
            foreach (var product in topology.Declared)
            {
                if (!entries.TryGetValue(product.Name, out var known)) entries[product.Name] = known = [];
                known.Add(new Entry(topology, product));
            }
        }
    }

    /// <summary>Teams that own a product, by name.</summary>
    public IReadOnlyList<string> Owners => [.. entries.Values.SelectMany(known => known).Select(entry => entry.Topology.Owner).Where(owner => owner.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>Number of topology versions that have the product; 0 for a table that no topology names.</summary>
    public int CountVersions(string product) => entries.GetValueOrDefault(NameOf(product))?.Count ?? 0;

    /// <summary>What is said of a product, <c>NAME</c> or <c>NAME@VERSION</c>: by the version that writes its table, else by the newest; null when no topology names it.</summary>
    /// <param name="product">Its name.</param>
    /// <param name="table">Its table.</param>
    public Entry? Find(string product, string table) => entries.GetValueOrDefault(NameOf(product)) is not { } known ? null
        : known.Find(entry => entry.Product.Table == table && entry.Topology.State == "active") ?? known.Find(entry => entry.Product.Table == table) ?? known.MaxBy(entry => entry.Topology.Version);

    /// <summary>A product's name without a version.</summary>
    public static string NameOf(string product) => product.IndexOf('@', StringComparison.Ordinal) is > 0 and int at ? product[..at] : product;

    /// <summary>A product in a topology.</summary>
    /// <param name="Topology">The topology.</param>
    /// <param name="Product">What it says.</param>
    public sealed record Entry(TopologyView Topology, DeclaredProductView Product)
    {
        /// <summary>Longest time without a commit; null when none is stated.</summary>
        public TimeSpan? Limit => Product.FreshnessSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
    }
}
