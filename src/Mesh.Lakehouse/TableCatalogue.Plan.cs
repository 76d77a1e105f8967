using System.Runtime.CompilerServices;
using System.Text;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Manifests;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Lakehouse.Reading;
using Mesh.Model;

namespace Mesh.Lakehouse;

public sealed partial class TableCatalogue
{
    /// <summary>
    /// Data files that a scan has to read, with the deletes that apply to them, oldest commits first. One manifest is held in memory at a time,
    /// beside the table's delete files.
    /// </summary>
    /// <exception cref="MeshException"><c>MESH8105</c> when a snapshot or reference is unknown, or not an ancestor of the one read.</exception>
    public async IAsyncEnumerable<PlannedFile> PlanAsync(
        TableIdentifier identifier, ScanOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var state = await LoadStateAsync(identifier, cancellationToken).ConfigureAwait(false);
        var access = options.IsRead ? Access : null;
        access?.Read(state.Metadata.TableUuid);
        await foreach (var file in PlanAsync(state, options, cancellationToken).ConfigureAwait(false))
        {
            // Whoever asks for the files opens them.
            access?.FileOpened(state.Metadata.TableUuid);
            yield return file;
        }
    }

    internal async IAsyncEnumerable<PlannedFile> PlanAsync(TableState state, ScanOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (SnapshotOf(state, options) is not { } snapshot) yield break;
        var after = options.AfterSnapshotId is { } id ? FindSnapshot(state, id) : null;
        var added = after is null ? null : SnapshotsBetween(state, after, snapshot);
        if (after is not null && FindReplacement(state, after, snapshot) is { } replacement)
        {
            // Files that compaction has replaced are only in the snapshots before it. Those are asked one by one: their rows as they were added.
            var before = state.Metadata.FindSnapshot(replacement.ParentSnapshotId!.Value)!;
            if (before.SnapshotId != after.SnapshotId)
            {
                await foreach (var file in PlanAsync(state, options with { SnapshotId = before.SnapshotId, Reference = null, AsOf = null }, cancellationToken).ConfigureAwait(false)) yield return file;
            }

            if (replacement.SnapshotId == snapshot.SnapshotId) yield break;
            options = options with { AfterSnapshotId = replacement.SnapshotId };
            after = replacement;
            added = SnapshotsBetween(state, after, snapshot);
        }

        var statistics = options.Statistics ?? new ScanStatistics();
        var list = await ReadManifestListAsync(snapshot, cancellationToken).ConfigureAwait(false);
        statistics.ManifestsTotal += list.Count;

        var pruning = options.Filter is null ? null : new FilePruning(state.Metadata, options.Filter);
        Func<int, bool>? metricsOf = options.IncludeMetrics ? static _ => true : pruning is null ? null : pruning.Needs;

        // A delete file lies in the partition of what it deletes from, so one that cannot match deletes nothing that is read.
        bool MayHold(ManifestFile manifest) => manifest.MayHoldLiveFiles && (pruning is null || pruning.MayMatch(manifest));
        var deletes = new DeleteIndex();
        foreach (var manifest in list)
        {
            if (manifest.Content == 0) continue;
            if (!MayHold(manifest))
            {
                statistics.ManifestsSkipped++;
                continue;
            }

            statistics.ManifestsRead++;
            await ReadDeletesAsync(state.Metadata, manifest, deletes, cancellationToken).ConfigureAwait(false);
        }

        foreach (var manifest in list)
        {
            if (manifest.Content != 0) continue;

            // A manifest is never newer than its own number, merged ones included: older ones cannot list a newer file.
            if ((after is not null && manifest.SequenceNumber <= after.SequenceNumber) || !MayHold(manifest))
            {
                statistics.ManifestsSkipped++;
                continue;
            }

            statistics.ManifestsRead++;
            var entries = await ReadManifestAsync(state.Metadata, manifest, cancellationToken, metricsOf).ConfigureAwait(false);
            foreach (var entry in entries)
            {
                if (entry.Status == ManifestEntryStatus.Deleted) continue;
                if ((added is not null && !added.Contains(entry.SnapshotId!.Value)) || (pruning is not null && !pruning.MayMatch(entry.File, manifest.PartitionSpecId)))
                {
                    statistics.FilesSkipped++;
                    continue;
                }

                statistics.FilesKept++;
                long sequence = entry.SequenceNumber ?? throw new MeshException("MESH8120", $"'{manifest.Path}' lists a file without a sequence number. Rewrite the table's manifests.");
                var file = options.IncludeMetrics || pruning is null ? entry.File : entry.File with { Columns = [] };
                yield return new PlannedFile(file, deletes.Find(entry.File, sequence, manifest.PartitionSpecId), sequence, manifest.PartitionSpecId);
            }
        }
    }

    private async ValueTask ReadDeletesAsync(TableMetadata metadata, ManifestFile manifest, DeleteIndex deletes, CancellationToken cancellationToken)
    {
        int fields = PartitionLayout.Of(metadata, manifest.PartitionSpecId).Types.Count;
        var entries = await ReadManifestAsync(metadata, manifest, cancellationToken, static fieldId => fieldId == ReservedFields.FilePath.Id).ConfigureAwait(false);
        foreach (var entry in entries)
        {
            if (entry.Status == ManifestEntryStatus.Deleted) continue;
            var file = entry.File;

            // Bounds of the path that agree name the one file as well as the field of version 3 does, unless they were shortened.
            if (file is { Content: DataFileContent.PositionDeletes, ReferencedDataFile: null, Columns: [{ LowerBound: { } lower, UpperBound: { } upper }] }
                && lower.AsSpan().SequenceEqual(upper))
            {
                file = file with { ReferencedDataFile = Encoding.UTF8.GetString(lower) };
            }

            deletes.Add(file, entry.SequenceNumber ?? manifest.SequenceNumber, manifest.PartitionSpecId, fields);
        }
    }

    /// <summary>The snapshot that is to be read; null when the table was empty.</summary>
    private static Snapshot? SnapshotOf(TableState state, ScanOptions options)
    {
        int given = (options.SnapshotId is null ? 0 : 1) + (options.Reference is null ? 0 : 1) + (options.AsOf is null ? 0 : 1);
        if (given > 1) throw new ArgumentException("A scan is of a snapshot, a reference or a time, not of two of them.", nameof(options));
        if (options.SnapshotId is { } wanted) return FindSnapshot(state, wanted);
        if (options.AsOf is { } time)
        {
            var entry = state.Metadata.SnapshotLog.LastOrDefault(entry => entry.TimestampMs <= time.ToUnixTimeMilliseconds());
            return entry is null ? null : FindSnapshot(state, entry.SnapshotId);
        }

        if (options.Reference is not { } name) return state.Metadata.CurrentSnapshot;
        return state.Metadata.Refs.TryGetValue(name, out var reference) ? FindSnapshot(state, reference.SnapshotId) : throw UnknownReference(state, name);
    }
}
