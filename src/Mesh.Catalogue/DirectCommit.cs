using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Storage;

namespace Mesh.Catalogue;

/// <summary>Commits what a worker announces where there is no log to announce it on, as <c>mesh topology test</c> does.</summary>
public static class DirectCommit
{
    /// <summary>Commits one event's files, stores its account and announces the snapshot through the outbox, in one transaction.</summary>
    public static async Task CommitAsync(
        TableCatalogue tables, RecordingStore recordings, MetadataDatabase database, IObjectStore lake, FilesWritten written, CancellationToken cancellationToken)
    {
        var id = IngestId.Parse(written.IngestId);
        var account = FileSet.AccountOf(written);
        if (written.Table.Length == 0)
        {
            await database.WriteAsync(transaction => recordings.SetAccountAsync(transaction, id, account), cancellationToken).ConfigureAwait(false);
            return;
        }

        IReadOnlyCollection<Kafka.Events.DataFile> files = written.Files;
        if (written.FilesUri.Length > 0)
        {
            var source = await lake.OpenAsync(lake.KeyOf(written.FilesUri), cancellationToken).ConfigureAwait(false);
            await using (source.ConfigureAwait(false))
            {
                byte[] bytes = new byte[source.Length];
                int read = await source.ReadAtAsync(0, bytes, cancellationToken).ConfigureAwait(false);
                files = FilesWritten.Parser.ParseFrom(bytes, 0, read).Files;
            }
        }

        await tables.AppendAsync(
            TableIdentifier.Parse(written.Table),
            new AppendRequest
            {
                Sets = [FileSet.SetOf(id, written, files)],
                OnCommitting = async (transaction, table, accepted) =>
                {
                    await recordings.SetAccountAsync(transaction, id, account).ConfigureAwait(false);
                    if (accepted.Count > 0 && files.Count > 0) await SnapshotAnnouncement.AddAsync(transaction, Describe(table, id, files)).ConfigureAwait(false);
                },
            },
            cancellationToken).ConfigureAwait(false);
    }

    private static SnapshotCommitted Describe(Table table, IngestId id, IReadOnlyCollection<Kafka.Events.DataFile> files)
    {
        var committed = SnapshotAnnouncement.Describe(table, table.CurrentSnapshot!);
        var timed = files.Where(file => file.RowCount > 0).ToList();
        committed.AddedRows = files.Sum(file => file.RowCount);
        committed.AddedFiles = files.Count;
        committed.AddedBytes = files.Sum(file => file.FileBytes);
        committed.AddedDurationUs = timed.Count == 0 ? 0 : timed.Max(file => file.MaxLogTimeUs) - timed.Min(file => file.MinLogTimeUs);
        committed.IngestIds.Add(id.ToString());
        return committed;
    }
}
