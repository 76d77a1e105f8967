using System.Runtime.CompilerServices;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Manifests;
using Mesh.Lakehouse.Iceberg.Metadata;

namespace Mesh.Lakehouse.Maintenance;

/// <summary>
/// Finds the files that only some snapshots of a table have. Reads the manifests that only they have, and of the others those that may list the
/// same files: a manifest whose sequence numbers are all younger cannot.
/// </summary>
internal sealed class UnreachableFiles(TableCatalogue catalogue, TableMetadata before, TableMetadata retained)
{
    private readonly List<string> manifests = [];

    /// <summary>Manifests that only those snapshots have; complete after <see cref="FindDataAsync"/>.</summary>
    public IReadOnlyList<string> Manifests => manifests;

    /// <summary>Data and delete files that only these snapshots have. What stays is read whole before the first is returned.</summary>
    public async IAsyncEnumerable<DataFile> FindDataAsync(IReadOnlyList<Snapshot> gone, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var live = new Dictionary<string, ManifestFile>(StringComparer.Ordinal);
        foreach (var snapshot in retained.Snapshots)
        {
            foreach (var manifest in await catalogue.ReadManifestListAsync(snapshot, cancellationToken).ConfigureAwait(false)) live.TryAdd(manifest.Path, manifest);
        }

        var dead = new Dictionary<string, ManifestFile>(StringComparer.Ordinal);
        foreach (var snapshot in gone)
        {
            foreach (var manifest in await catalogue.ReadManifestListAsync(snapshot, cancellationToken).ConfigureAwait(false))
            {
                if (!live.ContainsKey(manifest.Path)) dead.TryAdd(manifest.Path, manifest);
            }
        }

        manifests.AddRange(dead.Keys);
        if (dead.Count == 0) yield break;

        // A file keeps its sequence number whatever manifest lists it, so it can only be in manifests that begin at or below it.
        long newestDead = dead.Values.Max(manifest => manifest.SequenceNumber);
        var kept = new UriSet();
        foreach (var manifest in live.Values.Where(manifest => manifest.MinSequenceNumber <= newestDead))
        {
            foreach (var entry in await catalogue.ReadManifestAsync(before, manifest, cancellationToken).ConfigureAwait(false))
            {
                if (entry.Status != ManifestEntryStatus.Deleted) kept.Add(entry.File.Uri);
            }
        }

        var found = new UriSet();
        foreach (var manifest in dead.Values)
        {
            foreach (var entry in await catalogue.ReadManifestAsync(before, manifest, cancellationToken).ConfigureAwait(false))
            {
                if (!kept.Contains(entry.File.Uri) && found.Add(entry.File.Uri)) yield return entry.File;
            }
        }
    }
}
