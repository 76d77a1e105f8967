using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Manifests;
using Mesh.Lakehouse.Reading;
using Mesh.Model;

namespace Mesh.Lakehouse;

public sealed partial class TableCatalogue
{
    /// <summary>
    /// Deletes the rows that match, as of the moment of the commit: files that others add meanwhile are looked at too. Files of which every row
    /// matches are dropped unread when partition values and bounds say so.
    /// </summary>
    /// <exception cref="MeshException"><c>MESH8109</c> when a column is unknown; <c>MESH8107</c> (transient) when others kept changing the table.</exception>
    public ValueTask<DeleteOutcome> DeleteRowsAsync(TableIdentifier identifier, Predicate where, DeleteOptions options, CancellationToken cancellationToken) =>
        OverwriteAsync(identifier, where, [], options, cancellationToken);

    /// <summary>Deletes the rows that match and adds files in their place, in one snapshot (operation <c>overwrite</c>).</summary>
    /// <param name="identifier">The table.</param>
    /// <param name="where">Rows to delete; rows of the added files are not looked at.</param>
    /// <param name="added">Files to add, under the table's current partition spec.</param>
    /// <param name="options">How rows are deleted.</param>
    /// <param name="cancellationToken">Stops reading and writing.</param>
    /// <exception cref="MeshException">As in <see cref="DeleteRowsAsync"/>; <c>MESH8106</c> when a file to add is missing or does not fit.</exception>
    public async ValueTask<DeleteOutcome> OverwriteAsync(
        TableIdentifier identifier, Predicate where, IReadOnlyList<DataFile> added, DeleteOptions options, CancellationToken cancellationToken)
    {
        var done = new Dictionary<string, RowDeletion>(StringComparer.Ordinal);
        for (int attempt = 1; ; attempt++)
        {
            // The work is done beside other commits; when one has come in between, only what it brought is looked at once more.
            var state = await LoadStateAsync(identifier, cancellationToken).ConfigureAwait(false);
            var deletions = new List<RowDeletion>();
            if (state.Metadata.CurrentSnapshot is not null)
            {
                var worker = new RowDeleter(lake, state.Metadata, where, options.Rewrite || state.Metadata.FormatVersion >= 3);
                await foreach (var planned in PlanAsync(state, new ScanOptions { Filter = where, IncludeMetrics = true }, cancellationToken).ConfigureAwait(false))
                {
                    if (!done.TryGetValue(planned.File.Uri, out var deletion) || !deletion.IsOf(planned))
                    {
                        done[planned.File.Uri] = deletion = await worker.DeleteAsync(planned, cancellationToken).ConfigureAwait(false);
                    }

                    if (deletion.DeletedRows > 0) deletions.Add(deletion);
                }
            }

            if (deletions.Count == 0 && added.Count == 0) return new DeleteOutcome(state.Table, null, 0, [], 0, 0);
            var (committed, snapshot) = await TryOverwriteAsync(state, deletions, added, options, cancellationToken).ConfigureAwait(false);
            if (snapshot is null)
            {
                await BackOffAsync(identifier, attempt, cancellationToken).ConfigureAwait(false);
                continue;
            }

            var used = deletions.Select(deletion => deletion.Written?.File.Uri).OfType<string>().ToHashSet(StringComparer.Ordinal);
            await TryDeleteAsync(done.Values.Select(deletion => deletion.Written?.File.Uri).OfType<string>().Where(uri => !used.Contains(uri))).ConfigureAwait(false);
            return new DeleteOutcome(
                committed.Table, snapshot, deletions.Sum(deletion => deletion.DeletedRows),
                [.. deletions.Where(deletion => deletion.DropsFile).Select(deletion => deletion.Planned.File.Uri)],
                deletions.Count(deletion => deletion.Written is { File.Content: DataFileContent.Data }),
                deletions.Count(deletion => deletion.Written is { File.Content: not DataFileContent.Data }));
        }
    }

    /// <summary>Commits when the table is still what the work was done on; else says that it is not.</summary>
    private async ValueTask<(TableState State, Snapshot? Snapshot)> TryOverwriteAsync(
        TableState read, IReadOnlyList<RowDeletion> deletions, IReadOnlyList<DataFile> added, DeleteOptions options, CancellationToken cancellationToken)
    {
        Snapshot? snapshot = null;
        var dropped = deletions.Where(deletion => deletion.DropsFile).Select(deletion => deletion.Planned).ToList();
        var removed = dropped.Select(planned => planned.File.Uri).ToHashSet(StringComparer.Ordinal);

        // Position deletes of a file alone have nothing to delete any more once it is gone.
        removed.UnionWith(dropped.SelectMany(planned => planned.Deletes).Where(file => file.ReferencedDataFile is not null).Select(file => file.Uri));
        var written = deletions.Where(deletion => deletion.Written is not null).Select(deletion => deletion.Written!.Value).ToList();
        bool rewrites = written.Any(file => file.File.Content == DataFileContent.Data);
        var state = await ChangeAsync(read.Identifier, async current =>
        {
            snapshot = null;
            if (current.Metadata.CurrentSnapshotId != read.Metadata.CurrentSnapshotId) return null;
            var checkedFiles = await CheckFilesAsync(current, added, cancellationToken).ConfigureAwait(false);
            var writer = new SnapshotWriter(this, lake, this.options, current, NowMs(current.Metadata));
            snapshot = await writer.WriteAsync(
                new SnapshotChange
                {
                    Operation = added.Count > 0 || rewrites ? "overwrite" : "delete",
                    Added = [.. checkedFiles.Select(file => AddedFile.Of(file, current.Metadata)), .. written],
                    RemovedUris = removed,
                    Summary = added.Count > 0 ? options.Summary : new Dictionary<string, string>(options.Summary) { [Snapshot.NewRowsProperty] = "false" },
                },
                current.Metadata.CurrentSnapshot, cancellationToken).ConfigureAwait(false);
            var made = snapshot;
            return new TableChange(WithSnapshot(Succeed(current), made), writer.WrittenUris)
            {
                InTransaction = options.Announce is { } announce ? (transaction, table) => announce(transaction, table, made) : null,
            };
        }, cancellationToken).ConfigureAwait(false);
        return (state, snapshot);
    }
}
