using Mesh.Commands.Replay;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Topologies;
using Mesh.Model;
using Mesh.Streaming.Topologies;

namespace Mesh.Commands.Topologies;

/// <summary>
/// Keeps names in step with the metadata database: the versions of topologies that are or were in force, and which version a product's name
/// means. Servers that share a database see each other's switches.
/// </summary>
/// <param name="database">Where topologies and switches are kept.</param>
/// <param name="names">The names that are kept in step.</param>
/// <param name="tables">Tables of the versions.</param>
/// <param name="time">Clock.</param>
public sealed class ProductVersions(MetadataDatabase database, ProductNames names, TableCatalogue tables, TimeProvider time)
{
    private readonly TopologyStore topologies = new(database);
    private readonly ProductAliasStore aliases = new(database, time);
    private string seen = "";

    /// <summary>Takes over what has changed since the last time.</summary>
    public async ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        var known = await topologies.ListAsync(cancellationToken).ConfigureAwait(false);
        var meant = await aliases.ListAsync(cancellationToken).ConfigureAwait(false);
        string now = string.Join('\n', [.. known.Select(topology => $"{topology.FullName} {topology.Digest} {topology.IsActive}"), .. meant.Select(alias => $"{alias.Key}={alias.Value}")]);
        if (now == seen) return;
        names.Remember([.. known.Where(topology => !topology.IsActive).Select(topology => Topology.Parse(topology.Yaml, topology.FileName))], meant);
        seen = now;
    }

    /// <summary>The versions of a product; null when no topology has ever had it.</summary>
    public async ValueTask<ProductVersionsView?> FindAsync(string product, CancellationToken cancellationToken)
    {
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
        var current = names.TableOf(product);
        var versions = new List<ProductVersionView>();
        foreach (var stored in await topologies.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            var topology = Topology.Parse(stored.Yaml, stored.FileName);
            foreach (var entry in ProductsSection.Read(topology).Where(entry => entry.Name == product))
            {
                var identifier = entry.TableIn(topology.Tables);
                var table = await tables.FindAsync(identifier, cancellationToken).ConfigureAwait(false);
                versions.Add(new ProductVersionView(stored.Version, stored.FullName, identifier.ToString(), table is null ? null : table.CurrentSnapshot?.TotalRows ?? 0, identifier == current));
            }
        }

        if (versions.Count == 0) return null;
        versions.Sort((one, other) => one.Version.CompareTo(other.Version));
        return new ProductVersionsView(
            product, versions.Find(version => version.IsCurrent)?.Version ?? versions[0].Version, versions, await aliases.ListChangesAsync(product, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Lets a product's name mean another version.</summary>
    /// <exception cref="MeshException"><c>MESH11031</c>: no such product; <c>MESH2371</c>: no such version, or nothing in it.</exception>
    public async ValueTask<ProductVersionsView> SwitchAsync(string product, ProductSwitchRequest request, CancellationToken cancellationToken)
    {
        var view = await FindAsync(product, cancellationToken).ConfigureAwait(false)
            ?? throw new MeshException("MESH11031", $"There is no data product '{product}' that a topology declares; tables by their own name have no versions.");
        var wanted = view.Versions.FirstOrDefault(version => version.Version == request.To)
            ?? throw new MeshException("MESH2371", $"{product} has no version {request.To}. There are: {string.Join(", ", view.Versions.Select(version => version.Version))}.");
        if (wanted.Rows is null) throw new MeshException("MESH2371", $"Version {request.To} of {product} has no table yet, so that its readers would find nothing. Fill it first: `mesh replay start --topology {wanted.Topology}`.");
        if (view.Current == request.To) return view;
        await aliases.SwitchAsync(product, view.Current, request, cancellationToken).ConfigureAwait(false);
        return (await FindAsync(product, cancellationToken).ConfigureAwait(false))!;
    }
}
