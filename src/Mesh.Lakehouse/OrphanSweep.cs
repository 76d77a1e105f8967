using Mesh.Storage;

namespace Mesh.Lakehouse;

/// <summary>
/// Finds and deletes objects of a table that no snapshot refers to: files of attempts that lost, of processes that died. An object
/// that is referred to is never deleted; one that cannot be decided about (a damaged manifest) stops the sweep of its table.
/// </summary>
/// <param name="catalogue">The tables.</param>
/// <param name="lake">Their objects.</param>
/// <param name="time">Clock for the grace period.</param>
public sealed class OrphanSweep(TableCatalogue catalogue, IObjectStore lake, TimeProvider time)
{
    /// <summary>
    /// Age below which an object is left alone, because its commit may be under way (default: 1 day). Must be longer than an upload
    /// can take from its first data file to its commit.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Sweeps one table.</summary>
    /// <param name="identifier">The table.</param>
    /// <param name="delete">Whether to delete what is found.</param>
    /// <param name="cancellationToken">Stops between two objects.</param>
    public async ValueTask<OrphanSweepReport> RunAsync(TableIdentifier identifier, bool delete, CancellationToken cancellationToken)
    {
        // First the objects, then what is referred to: a file committed in between is then in the second set. The lock keeps this
        // process's commits out from there until the deletes are done; those of others are what the grace period is for.
        var before = time.GetUtcNow() - Grace;
        var candidates = new List<ObjectEntry>();
        int examined = 0;
        await foreach (var entry in lake.ListAsync($"{identifier.Namespace}/{identifier.Name}/", cancellationToken).ConfigureAwait(false))
        {
            examined++;
            if (entry.ModifiedAt < before) candidates.Add(entry);
        }

        using var turn = await catalogue.LockAsync(identifier, cancellationToken).ConfigureAwait(false);
        var referenced = await ReferencedKeysAsync(identifier, cancellationToken).ConfigureAwait(false);
        candidates.RemoveAll(entry => referenced.Contains(entry.Key));
        if (delete)
        {
            foreach (var orphan in candidates) await lake.DeleteAsync(orphan.Key, cancellationToken).ConfigureAwait(false);
        }

        return new OrphanSweepReport(identifier, examined, candidates, delete);
    }

    private async ValueTask<HashSet<string>> ReferencedKeysAsync(TableIdentifier identifier, CancellationToken cancellationToken)
    {
        var state = await catalogue.LoadStateAsync(identifier, cancellationToken).ConfigureAwait(false);
        string metadataFolder = $"{identifier.Namespace}/{identifier.Name}/metadata";
        var keys = new HashSet<string>(StringComparer.Ordinal)
        {
            lake.KeyOf(state.MetadataUri),
            $"{metadataFolder}/version-hint.text",
            $"{metadataFolder}/v{state.Version}.metadata.json",
        };
        keys.UnionWith(state.Metadata.MetadataLog.Select(entry => lake.KeyOf(entry.MetadataUri)));
        foreach (var snapshot in state.Metadata.Snapshots)
        {
            keys.Add(lake.KeyOf(snapshot.ManifestListUri));
            foreach (var manifest in await catalogue.ReadManifestListAsync(snapshot, cancellationToken).ConfigureAwait(false))
            {
                if (!keys.Add(lake.KeyOf(manifest.Path))) continue;
                foreach (var entry in await catalogue.ReadManifestAsync(state.Metadata, manifest, cancellationToken).ConfigureAwait(false))
                {
                    keys.Add(lake.KeyOf(entry.File.Uri));
                }
            }
        }

        return keys;
    }
}
