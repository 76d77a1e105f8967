using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Manifests;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Model;

namespace Mesh.Lakehouse;

public sealed partial class TableCatalogue
{
    /// <summary>Code of the error when files to replace have changed since they were read.</summary>
    public const string ReplacementConflict = "MESH8115";

    /// <summary>
    /// Puts files in the place of others with the same rows (operation <c>replace</c>). Rows that others add meanwhile do not matter: the change
    /// is repeated on top of theirs.
    /// </summary>
    /// <returns>The new snapshot.</returns>
    /// <exception cref="MeshException">
    /// <c>MESH8115</c> when a file to remove is gone, or newer deletes touch one: read again and start over. <c>MESH8106</c> when a file to add
    /// is missing or does not fit. <c>MESH8107</c> (transient) when others kept changing the table. Nothing has been committed then.
    /// </exception>
    public async ValueTask<Snapshot> ReplaceFilesAsync(TableIdentifier identifier, FileReplacement replacement, CancellationToken cancellationToken)
    {
        Snapshot? snapshot = null;
        await ChangeAsync(identifier, async state =>
        {
            var current = state.Metadata.CurrentSnapshot;
            if (current is null) throw Gone(identifier, replacement.RemovedUris);
            var read = state.Metadata.FindSnapshot(replacement.ReadSnapshotId)
                ?? throw Conflict(identifier, $"snapshot {replacement.ReadSnapshotId}, at which its files were read, has expired");
            var added = await CheckFilesAsync(state, replacement.Added, cancellationToken).ConfigureAwait(false);
            var writer = new SnapshotWriter(this, lake, options, state, NowMs(state.Metadata));
            try
            {
                snapshot = await writer.WriteAsync(
                    new SnapshotChange
                    {
                        Operation = "replace",
                        Added = [.. added.Select(file => AddedFile.Of(file, state.Metadata))],
                        RemovedUris = replacement.RemovedUris.ToHashSet(StringComparer.Ordinal),
                        Likely = LikelyManifests(state.Metadata, added),
                        Summary = replacement.Summary,
                    },
                    current, cancellationToken).ConfigureAwait(false);
                await RefuseNewerDeletesAsync(state, current, read, writer.Removed, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                await TryDeleteAsync(writer.WrittenUris).ConfigureAwait(false);
                throw;
            }

            return new TableChange(WithSnapshot(Succeed(state), snapshot), writer.WrittenUris);
        }, cancellationToken).ConfigureAwait(false);
        return snapshot!;
    }

    /// <summary>A file that a change needs is not in the table any more.</summary>
    internal static MeshException Gone(TableIdentifier identifier, IEnumerable<string> uris)
    {
        var some = uris.Order(StringComparer.Ordinal).Take(3).ToList();
        return Conflict(identifier, $"{string.Join(", ", some.Select(uri => $"'{uri}'"))} {(some.Count == 1 ? "is" : "are")} no longer in it");
    }

    /// <summary>Metadata with one snapshot more, to which <c>main</c> points.</summary>
    private static TableMetadata WithSnapshot(TableMetadata metadata, Snapshot snapshot) => metadata with
    {
        LastSequenceNumber = snapshot.SequenceNumber,
        NextRowId = metadata.NextRowId + (snapshot.AssignedRowIds ?? 0),
        CurrentSnapshotId = snapshot.SnapshotId,
        Snapshots = [.. metadata.Snapshots, snapshot],
        SnapshotLog = [.. metadata.SnapshotLog, new SnapshotLogEntry(metadata.LastUpdatedMs, snapshot.SnapshotId)],
    };

    private static MeshException Conflict(TableIdentifier identifier, string what) => new(
        ReplacementConflict, $"The files of table {identifier} cannot be replaced: {what}. Read the table again and repeat the work on what is there now.");

    /// <summary>Manifests whose partitions meet those of the added files: rows mostly stay in their partition.</summary>
    private static Func<ManifestFile, bool>? LikelyManifests(TableMetadata metadata, IReadOnlyList<DataFile> added)
    {
        if (added.Count == 0 || metadata.DefaultSpec.Fields.Count == 0 || added.Any(file => AddedFile.Of(file, metadata).PartitionSpecId != metadata.DefaultSpecId)) return null;
        var layout = PartitionLayout.Of(metadata, metadata.DefaultSpec);
        return manifest => manifest.PartitionSpecId == metadata.DefaultSpecId && added.Any(file => MayHold(manifest, layout, file.Partition));
    }

    /// <summary>Whether a manifest's summary allows for files of a partition.</summary>
    private static bool MayHold(ManifestFile manifest, PartitionLayout layout, IReadOnlyList<object?> partition)
    {
        if (manifest.Partitions.Count != layout.Types.Count) return true;
        for (int i = 0; i < partition.Count; i++)
        {
            var summary = manifest.Partitions[i];
            if (partition[i] is null)
            {
                if (!summary.ContainsNull) return false;
                continue;
            }

            object value = SingleValues.Widen(partition[i], layout.Types[i])!;
            if (value is float.NaN or double.NaN) continue;
            if (summary.LowerBound is null || summary.UpperBound is null) return summary.ContainsNan is null;
            object? lower = SingleValues.Decode(summary.LowerBound, layout.Types[i]);
            object? upper = SingleValues.Decode(summary.UpperBound, layout.Types[i]);
            if (lower is not null && SingleValues.Compare(value, lower) < 0) return false;
            if (upper is not null && SingleValues.Compare(value, upper) > 0) return false;
        }

        return true;
    }

    /// <summary>Deletes that came after the rows were read are not in the new files: they would bring those rows back.</summary>
    private async ValueTask RefuseNewerDeletesAsync(
        TableState state, Snapshot current, Snapshot read, IReadOnlyList<(ManifestEntry Entry, int PartitionSpecId)> removed, CancellationToken cancellationToken)
    {
        var data = removed.Where(file => file.Entry.File.Content == DataFileContent.Data).ToList();
        if (data.Count == 0) return;
        var uris = data.Select(file => file.Entry.File.Uri).ToHashSet(StringComparer.Ordinal);
        var partitions = data.Select(file => new PartitionKey(file.PartitionSpecId, file.Entry.File.Partition)).ToHashSet();
        foreach (var manifest in await ReadManifestListAsync(current, cancellationToken).ConfigureAwait(false))
        {
            if (manifest.Content == 0 || manifest.SequenceNumber <= read.SequenceNumber) continue;
            foreach (var entry in await ReadManifestAsync(state.Metadata, manifest, cancellationToken).ConfigureAwait(false))
            {
                if (entry.Status == ManifestEntryStatus.Deleted || entry.SequenceNumber <= read.SequenceNumber) continue;
                bool touches = entry.File.ReferencedDataFile is { } only
                    ? uris.Contains(only)
                    : partitions.Contains(new PartitionKey(manifest.PartitionSpecId, entry.File.Partition))
                        || (entry.File.Content == DataFileContent.EqualityDeletes && entry.File.Partition.Count == 0);
                if (touches) throw Conflict(state.Identifier, $"rows of its files were deleted after snapshot {read.SnapshotId} was read");
            }
        }
    }
}
