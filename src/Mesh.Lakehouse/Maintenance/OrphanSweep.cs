using Mesh.Lakehouse.Iceberg;
using Mesh.Model;
using Mesh.Storage;

namespace Mesh.Lakehouse.Maintenance;

/// <summary>
/// Finds and deletes objects of a table that no snapshot refers to: files of attempts that lost, of processes that died. An object
/// that is referred to is never deleted; one that cannot be decided about (a damaged manifest) stops the sweep of its table.
/// </summary>
/// <param name="catalogue">The tables.</param>
/// <param name="lake">Their objects.</param>
/// <param name="time">Clock for the grace period.</param>
public sealed class OrphanSweep(TableCatalogue catalogue, IObjectStore lake, TimeProvider time)
{
    private const int MaxDeletesAtOnce = 16;

    /// <summary>
    /// Age below which an object is left alone, because its commit may be under way (default: 1 day). Must be longer than an upload
    /// can take from its first data file to its commit.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Sweeps one table. Takes 32 bytes of memory for each file of the table, and an entry for each orphan.</summary>
    /// <param name="identifier">The table.</param>
    /// <param name="delete">Whether to delete what is found.</param>
    /// <param name="cancellationToken">Stops between objects.</param>
    /// <exception cref="MeshException"><c>MESH8102</c> no such table; <c>MESH8120</c> a manifest cannot be read, and nothing has been deleted.</exception>
    public async ValueTask<OrphanSweepReport> RunAsync(TableIdentifier identifier, bool delete, CancellationToken cancellationToken)
    {
        var state = await catalogue.LoadStateAsync(identifier, cancellationToken).ConfigureAwait(false);
        string folder = lake.KeyOf(state.Metadata.Location) + "/";
        var referenced = new References(catalogue, lake);
        await referenced.AddAsync(await NeighboursAsync(folder, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

        var before = time.GetUtcNow() - Grace;
        var orphans = new List<ObjectEntry>();
        long examined = 0;
        await foreach (var entry in lake.ListAsync(folder, cancellationToken).ConfigureAwait(false))
        {
            examined++;
            if (entry.ModifiedAt < before && !referenced.Contains(entry.Key)) orphans.Add(entry);
        }

        // What was committed while the listing ran is looked at again. The lock keeps this process's commits out from there until the
        // deletes are done; those of others are what the grace period is for.
        using var turn = await catalogue.LockAsync(identifier, cancellationToken).ConfigureAwait(false);
        await referenced.AddAsync(await NeighboursAsync(folder, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        orphans.RemoveAll(entry => referenced.Contains(entry.Key));
        if (delete) await DeleteAsync(orphans, cancellationToken).ConfigureAwait(false);
        return new OrphanSweepReport(identifier.ToString(), examined, orphans, delete);
    }

    /// <summary>
    /// Sweeps the folders of tables that are no more. Dropping a table leaves its files, so that a slip can be undone by registering it again:
    /// they go only when somebody asks for this, and only when everything in the folder is older than the grace period.
    /// </summary>
    /// <param name="delete">Whether to delete what is found.</param>
    /// <param name="cancellationToken">Stops between objects.</param>
    public async ValueTask<IReadOnlyList<OrphanSweepReport>> RunDroppedAsync(bool delete, CancellationToken cancellationToken)
    {
        // First the objects, then the tables: one that is created in between is then among the tables.
        var before = time.GetUtcNow() - Grace;
        var found = new Dictionary<string, List<ObjectEntry>>(StringComparer.Ordinal);
        var known = await FoldersAsync(cancellationToken).ConfigureAwait(false);
        await foreach (var entry in lake.ListAsync("", cancellationToken).ConfigureAwait(false))
        {
            // A table's folder is NAMESPACE/NAME with metadata/ and data/ in it; what else lies in the lake is not a table's.
            if (entry.Key.Split('/', 4) is not [var ns, var name, "data" or "metadata", _]) continue;
            string folder = $"{ns}/{name}/";
            if (known.Contains(folder)) continue;
            if (!found.TryGetValue(folder, out var entries)) found.Add(folder, entries = []);
            entries.Add(entry);
        }

        known = await FoldersAsync(cancellationToken).ConfigureAwait(false);
        var reports = new List<OrphanSweepReport>();
        foreach (var (folder, entries) in found)
        {
            if (known.Contains(folder) || entries.Any(entry => entry.ModifiedAt >= before)) continue;
            if (delete) await DeleteAsync(entries, cancellationToken).ConfigureAwait(false);
            reports.Add(new OrphanSweepReport(folder.TrimEnd('/').Replace('/', '.'), entries.Count, entries, delete) { IsDroppedTable = true });
        }

        return reports;
    }

    private async ValueTask DeleteAsync(IReadOnlyList<ObjectEntry> orphans, CancellationToken cancellationToken)
    {
        foreach (var some in orphans.Chunk(MaxDeletesAtOnce))
        {
            await Task.WhenAll(some.Select(orphan => lake.DeleteAsync(orphan.Key, cancellationToken).AsTask())).ConfigureAwait(false);
        }
    }

    /// <summary>The tables with files in or around a folder: one that was renamed keeps the folder it was created in.</summary>
    private async ValueTask<List<TableState>> NeighboursAsync(string folder, CancellationToken cancellationToken)
    {
        var neighbours = new List<TableState>();
        foreach (var identifier in await catalogue.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            var state = await catalogue.LoadStateAsync(identifier, cancellationToken).ConfigureAwait(false);
            string other = state.Metadata.Location.StartsWith(lake.RootUri + "/", StringComparison.Ordinal) ? lake.KeyOf(state.Metadata.Location) + "/" : "";
            if (other.StartsWith(folder, StringComparison.Ordinal) || folder.StartsWith(other, StringComparison.Ordinal)) neighbours.Add(state);
        }

        return neighbours;
    }

    private async ValueTask<HashSet<string>> FoldersAsync(CancellationToken cancellationToken)
    {
        var folders = new HashSet<string>(StringComparer.Ordinal);
        foreach (var identifier in await catalogue.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            folders.Add($"{identifier.Namespace}/{identifier.Name}/");
            var state = await catalogue.LoadStateAsync(identifier, cancellationToken).ConfigureAwait(false);
            if (state.Metadata.Location.StartsWith(lake.RootUri + "/", StringComparison.Ordinal)) folders.Add(lake.KeyOf(state.Metadata.Location) + "/");
        }

        return folders;
    }

    /// <summary>Keys that tables refer to. Manifests are read once, however often their tables are added.</summary>
    private sealed class References(TableCatalogue catalogue, IObjectStore lake)
    {
        private readonly UriSet uris = new();
        private readonly HashSet<long> snapshots = [];

        public bool Contains(string key) => uris.Contains(lake.UriOf(key));

        public async ValueTask AddAsync(IReadOnlyList<TableState> states, CancellationToken cancellationToken)
        {
            foreach (var state in states)
            {
                var metadata = state.Metadata;
                uris.Add(state.MetadataUri);
                uris.Add($"{metadata.Location}/metadata/version-hint.text");
                uris.Add($"{metadata.Location}/metadata/v{state.Version}.metadata.json");
                foreach (var entry in metadata.MetadataLog) uris.Add(entry.MetadataUri);
                foreach (var statistics in metadata.Statistics) uris.Add(statistics.Uri);
                foreach (var statistics in metadata.PartitionStatistics) uris.Add(statistics.Uri);
                foreach (var snapshot in metadata.Snapshots)
                {
                    if (snapshots.Add(snapshot.SnapshotId)) await AddAsync(state, snapshot, cancellationToken).ConfigureAwait(false);
                }
            }
        }

        private async ValueTask AddAsync(TableState state, Snapshot snapshot, CancellationToken cancellationToken)
        {
            uris.Add(snapshot.ManifestListUri);
            foreach (var manifest in await catalogue.ReadManifestListAsync(snapshot, cancellationToken).ConfigureAwait(false))
            {
                if (!uris.Add(manifest.Path)) continue;
                foreach (var entry in await catalogue.ReadManifestAsync(state.Metadata, manifest, cancellationToken).ConfigureAwait(false)) uris.Add(entry.File.Uri);
            }
        }
    }
}
