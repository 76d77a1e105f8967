using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Manifests;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Model;
using Mesh.Storage;

namespace Mesh.Lakehouse.Maintenance;

/// <summary>
/// Arranges the manifests of a table by partition, in manifests of the target size, so that a scan with a partition filter reads few of them.
/// No file changes; commits that come in between keep their own manifests.
/// </summary>
/// <param name="catalogue">The tables.</param>
/// <param name="lake">Their objects.</param>
/// <param name="options">Sizes.</param>
public sealed class ManifestRewrite(TableCatalogue catalogue, IObjectStore lake, ManifestRewriteOptions options)
{
    private const int MaxAttempts = 3;

    /// <summary>Rewrites the manifests of one table.</summary>
    /// <param name="identifier">The table.</param>
    /// <param name="dryRun">Whether only the plan is wanted; nothing is changed then.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="MeshException"><c>MESH8102</c> no such table; <c>MESH8107</c> (transient) when others kept changing it.</exception>
    public async ValueTask<ManifestRewriteReport> RunAsync(TableIdentifier identifier, bool dryRun, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            var state = await catalogue.LoadStateAsync(identifier, cancellationToken).ConfigureAwait(false);
            var report = new ManifestRewriteReport { Table = identifier.ToString(), DryRun = dryRun, ManifestsBefore = 0, ManifestsAfter = 0 };
            if (state.Metadata.CurrentSnapshot is not { } snapshot) return report;

            var all = await catalogue.ReadManifestListAsync(snapshot, cancellationToken).ConfigureAwait(false);
            var data = all.Where(manifest => manifest.Content == 0).ToList();
            report = report with { ManifestsBefore = data.Count, ManifestsAfter = data.Count };
            var clusters = new List<ManifestClusters>();
            foreach (var group in data.GroupBy(manifest => manifest.PartitionSpecId))
            {
                var clustered = new ManifestClusters(catalogue, state.Metadata, [.. group], options.TargetManifestBytes);
                if (await clustered.PlanAsync(cancellationToken).ConfigureAwait(false)) clusters.Add(clustered);
            }

            if (clusters.Count == 0) return report;
            int inputs = clusters.Sum(cluster => cluster.Inputs.Count);
            report = report with { Rewritten = inputs, Entries = clusters.Sum(cluster => cluster.Entries), ManifestsAfter = data.Count - inputs + clusters.Sum(cluster => cluster.Bins) };
            if (dryRun) return report;

            var written = await WriteAsync(state, clusters, cancellationToken).ConfigureAwait(false);
            CrashPoint.Reach("maintenance.before-swap");
            if (await CommitAsync(identifier, [.. clusters.SelectMany(cluster => cluster.Inputs)], written, cancellationToken).ConfigureAwait(false))
            {
                CrashPoint.Reach("maintenance.after-swap");
                return report with { ManifestsAfter = data.Count - inputs + written.Count };
            }

            // A commit in between has merged or replaced some of the manifests: what was written describes a table that is no more.
            foreach (var manifest in written) await lake.DeleteAsync(lake.KeyOf(manifest.Path), CancellationToken.None).ConfigureAwait(false);
            if (attempt == MaxAttempts)
            {
                throw new MeshException("MESH8107", $"Others kept changing the manifests of table {identifier}; try again when less is committed.", isTransient: true);
            }
        }
    }

    private async ValueTask<List<ManifestFile>> WriteAsync(TableState state, IReadOnlyList<ManifestClusters> clusters, CancellationToken cancellationToken)
    {
        var written = new List<ManifestFile>();
        string prefix = $"{lake.KeyOf(state.Metadata.Location)}/metadata/{Guid.NewGuid()}-clustered-";
        try
        {
            foreach (var cluster in clusters)
            {
                for (int first = 0; first < cluster.Bins; first += options.OpenManifests)
                {
                    int last = Math.Min(cluster.Bins, first + options.OpenManifests);
                    await foreach (var writer in cluster.RewriteAsync(first, last, cancellationToken).ConfigureAwait(false))
                    {
                        string key = $"{prefix}{written.Count}.avro";
                        var (bytes, manifest) = writer.Complete(lake.UriOf(key), 0, 0);
                        await lake.PutAsync(key, bytes, PutMode.IfAbsent, cancellationToken).ConfigureAwait(false);
                        written.Add(manifest);
                    }
                }
            }

            return written;
        }
        catch
        {
            foreach (var manifest in written) await lake.DeleteAsync(lake.KeyOf(manifest.Path), CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    /// <returns>False when some of the inputs are no longer in the table.</returns>
    private async ValueTask<bool> CommitAsync(
        TableIdentifier identifier, IReadOnlyList<ManifestFile> inputs, IReadOnlyList<ManifestFile> written, CancellationToken cancellationToken)
    {
        bool isCurrent = true;
        var gone = inputs.Select(manifest => manifest.Path).ToHashSet(StringComparer.Ordinal);
        await catalogue.ChangeAsync(
            identifier,
            async state =>
            {
                var parent = state.Metadata.CurrentSnapshot;
                var current = parent is null ? [] : await catalogue.ReadManifestListAsync(parent, cancellationToken).ConfigureAwait(false);
                isCurrent = current.Count(manifest => gone.Contains(manifest.Path)) == gone.Count;
                if (!isCurrent) return null;

                long id = SnapshotWriter.NewSnapshotId(state.Metadata);
                long sequence = state.Metadata.LastSequenceNumber + 1;
                var metadata = catalogue.Succeed(state);
                bool hasRowIds = metadata.FormatVersion >= 3;
                var manifests = written.Select(manifest => manifest with { SequenceNumber = sequence, AddedSnapshotId = id, FirstRowId = hasRowIds ? metadata.NextRowId : null })
                    .Concat(current.Where(manifest => !gone.Contains(manifest.Path))).ToList();
                string listKey = $"{lake.KeyOf(metadata.Location)}/metadata/snap-{id}-{Guid.NewGuid()}.avro";
                await lake.PutAsync(
                    listKey, ManifestListFile.Write(manifests, id, parent!.SnapshotId, sequence, metadata.FormatVersion, hasRowIds ? metadata.NextRowId : null), PutMode.IfAbsent,
                    cancellationToken).ConfigureAwait(false);
                var snapshot = new Snapshot(
                    id, parent.SnapshotId, sequence, DateTimeOffset.FromUnixTimeMilliseconds(metadata.LastUpdatedMs), lake.UriOf(listKey),
                    Summarise(parent, inputs.Count, written, manifests.Count), metadata.CurrentSchemaId)
                {
                    FirstRowId = hasRowIds ? metadata.NextRowId : null,
                    AssignedRowIds = hasRowIds ? 0 : null,
                };
                return new TableChange(
                    metadata with
                    {
                        LastSequenceNumber = sequence,
                        CurrentSnapshotId = id,
                        Snapshots = [.. metadata.Snapshots, snapshot],
                        SnapshotLog = [.. metadata.SnapshotLog, new SnapshotLogEntry(metadata.LastUpdatedMs, id)],
                    },
                    [lake.UriOf(listKey)]);
            },
            cancellationToken).ConfigureAwait(false);
        return isCurrent;
    }

    /// <summary>The totals are the parent's: no file has changed.</summary>
    private static Dictionary<string, string> Summarise(Snapshot parent, int replaced, IReadOnlyList<ManifestFile> created, int total)
    {
        var summary = parent.Summary.Where(pair => pair.Key.StartsWith("total-", StringComparison.Ordinal)).ToDictionary(StringComparer.Ordinal);
        summary["operation"] = "replace";
        summary["manifests-created"] = $"{created.Count}";
        summary["manifests-replaced"] = $"{replaced}";
        summary["manifests-kept"] = $"{total - created.Count}";
        summary["entries-processed"] = $"{created.Sum(manifest => (long)manifest.ExistingFiles)}";
        summary["mesh.maintenance"] = "manifests";
        return summary;
    }
}
