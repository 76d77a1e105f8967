using System.Collections.Concurrent;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Manifests;
using Mesh.Lakehouse.Iceberg.Metadata;

namespace Mesh.Lakehouse.Maintenance;

/// <summary>
/// Counts the files of tables. Manifests never change, so each is read once: what a later call costs grows with what was committed since.
/// Safe for concurrent use.
/// </summary>
/// <param name="catalogue">The tables.</param>
/// <param name="smallFileBytes">Size in bytes below which a file is small.</param>
public sealed class TableStatisticsReader(TableCatalogue catalogue, long smallFileBytes)
{
    private readonly ConcurrentDictionary<TableIdentifier, Counted> tables = new();

    /// <summary>The statistics of one table.</summary>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH8102</c> no such table; <c>MESH8120</c> a damaged manifest.</exception>
    public async ValueTask<TableStatistics> ReadAsync(TableIdentifier identifier, CancellationToken cancellationToken)
    {
        var state = await catalogue.LoadStateAsync(identifier, cancellationToken).ConfigureAwait(false);
        tables.TryGetValue(identifier, out var known);
        if (known is not null && known.MetadataUri == state.MetadataUri) return known.Statistics;

        var metadata = state.Metadata;
        var counts = new Dictionary<string, ManifestCount>(StringComparer.Ordinal);
        var manifests = metadata.CurrentSnapshot is { } snapshot ? await catalogue.ReadManifestListAsync(snapshot, cancellationToken).ConfigureAwait(false) : [];
        foreach (var manifest in manifests)
        {
            if (known is null || !known.Manifests.TryGetValue(manifest.Path, out var count)) count = await CountAsync(metadata, manifest, cancellationToken).ConfigureAwait(false);
            counts[manifest.Path] = count;
        }

        var statistics = new TableStatistics
        {
            Table = identifier.ToString(),
            SnapshotId = metadata.CurrentSnapshotId,
            CommittedAt = metadata.CurrentSnapshot?.CommittedAt,
            Files = counts.Values.Sum(count => count.Files),
            Bytes = counts.Values.Sum(count => count.Bytes),
            Rows = counts.Values.Sum(count => count.Rows),
            SmallFiles = counts.Values.Sum(count => count.SmallFiles),
            SmallBytes = counts.Values.Sum(count => count.SmallBytes),
            DeleteFiles = counts.Values.Sum(count => count.DeleteFiles),
            Manifests = manifests.Count,
            ManifestBytes = manifests.Sum(manifest => manifest.Length),
            Snapshots = metadata.Snapshots.Count,
            OldestSnapshotAt = metadata.Snapshots.Count == 0 ? null : metadata.Snapshots.Min(old => old.CommittedAt),
            Refs = metadata.Refs.Keys.Count(name => name != SnapshotRef.Main),
        };
        tables[identifier] = new Counted(state.MetadataUri, statistics, counts);
        return statistics;
    }

    private async ValueTask<ManifestCount> CountAsync(TableMetadata metadata, ManifestFile manifest, CancellationToken cancellationToken)
    {
        long files = 0, bytes = 0, rows = 0, smallFiles = 0, smallBytes = 0, deletes = 0;
        var content = await catalogue.ReadObjectAsync(manifest.Path, cancellationToken).ConfigureAwait(false);
        ManifestReader.Visit(content, manifest, PartitionLayout.Of(metadata, manifest.PartitionSpecId), null, entry =>
        {
            if (entry.Status == ManifestEntryStatus.Deleted) return;
            if (entry.File.Content != DataFileContent.Data)
            {
                deletes++;
                return;
            }

            files++;
            bytes += entry.File.FileBytes;
            rows += entry.File.RowCount;
            if (entry.File.FileBytes >= smallFileBytes) return;
            smallFiles++;
            smallBytes += entry.File.FileBytes;
        });
        return new ManifestCount(files, bytes, rows, smallFiles, smallBytes, deletes);
    }

    private sealed record Counted(string MetadataUri, TableStatistics Statistics, IReadOnlyDictionary<string, ManifestCount> Manifests);

    private readonly record struct ManifestCount(long Files, long Bytes, long Rows, long SmallFiles, long SmallBytes, long DeleteFiles);
}
