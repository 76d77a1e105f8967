using Mesh.Commands.Queries;
using Mesh.Commands.Queries.Tables;
using Mesh.Console.Hosting;

namespace Mesh.Console.Pages.Products;

/// <summary>What every tab of a product's page knows.</summary>
/// <param name="Name">The product's name.</param>
/// <param name="Table">Its table, whole but for the files.</param>
/// <param name="Entry">What its topology says; null when no topology names it.</param>
/// <param name="Versions">Topology versions that have it.</param>
/// <param name="Freshness">How fresh it is.</param>
public sealed record ProductFacts(string Name, TableDetailsView Table, ProductRegister.Entry? Entry, int Versions, Freshness Freshness)
{
    /// <summary>Reads them.</summary>
    /// <exception cref="PageNotFoundException">There is no such product.</exception>
    public static async Task<ProductFacts> LoadAsync(ConsoleServices services, string name, CancellationToken cancellationToken)
    {
        var table = await services.Queries.FindTableAsync(name, cancellationToken).ConfigureAwait(false) ?? throw await MissingAsync(services, name, cancellationToken).ConfigureAwait(false);
        var register = new ProductRegister(await services.Topologies.ListAsync(cancellationToken).ConfigureAwait(false));
        var entry = register.Find(name, table.Summary.Table);
        return new ProductFacts(name, table, entry, register.CountVersions(name), Freshness.Of(table.Summary.UpdatedAt, entry?.Limit, services.Time.GetUtcNow()));
    }

    /// <summary>The current snapshot; null of an empty table.</summary>
    public TableSnapshotView? Current => Table.References.FirstOrDefault(reference => reference.Name == "main") is { } main ? Table.Snapshots.FirstOrDefault(snapshot => snapshot.SnapshotId == main.SnapshotId) : null;

    private static async Task<PageNotFoundException> MissingAsync(ConsoleServices services, string name, CancellationToken cancellationToken)
    {
        string[] words = name.Split('.', '_', '@');
        var near = await services.Queries.ListProductsAsync(new ProductQuery { Text = words.MaxBy(word => word.Length), PageSize = 10 }, cancellationToken).ConfigureAwait(false);
        return new PageNotFoundException($"There is no product or table '{name}'.", [.. near.Items.Select(product => (DataUrls.Product(product.Name), product.Name)), ("/products", "All products")]);
    }
}
