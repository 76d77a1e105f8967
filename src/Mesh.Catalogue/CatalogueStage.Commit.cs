using System.Diagnostics;
using Google.Protobuf;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Catalogue;

/// <summary>Committing the events of one table.</summary>
public sealed partial class CatalogueStage
{
    private async Task CommitTableAsync(string table, IReadOnlyList<ConsumedEvent<FilesWritten>> events, CancellationToken stopping)
    {
        using var activity = events.StartProcessing(Group);
        activity.SetTag("mesh.table", table);
        long started = Stopwatch.GetTimestamp();
        List<FileSet> sets = [];
        foreach (var consumed in events)
        {
            try
            {
                var files = await RetryAsync("Reading a list of files", () => ReadFilesAsync(consumed.Value!), stopping).ConfigureAwait(false);
                sets.Add(FileSet.From(consumed, files));
            }
            catch (MeshException exception)
            {
                await DeadLetterAsync(consumed, exception, stopping).ConfigureAwait(false);
            }
        }

        if (sets.Count == 0) return;
        try
        {
            await AppendAsync(table, sets, stopping).ConfigureAwait(false);
            metrics.Ended(started);
        }
        catch (MeshException) when (sets.Count > 1)
        {
            // One of them cannot be committed; the others do not suffer for it.
            foreach (var set in sets) await AppendAloneAsync(table, set, stopping).ConfigureAwait(false);
        }
        catch (MeshException exception)
        {
            await DeadLetterAsync(sets[0].Consumed, exception, stopping).ConfigureAwait(false);
        }
    }

    private async Task AppendAloneAsync(string table, FileSet set, CancellationToken stopping)
    {
        try
        {
            await AppendAsync(table, [set], stopping).ConfigureAwait(false);
        }
        catch (MeshException exception)
        {
            await DeadLetterAsync(set.Consumed, exception, stopping).ConfigureAwait(false);
        }
    }

    private async Task AppendAsync(string table, IReadOnlyList<FileSet> sets, CancellationToken stopping)
    {
        CrashPoint.Reach("catalogue.before-commit");
        if (table.Length == 0)
        {
            await RetryAsync("Storing accounts", () => StoreAccountsAsync(sets), stopping).ConfigureAwait(false);
        }
        else
        {
            var identifier = TableIdentifier.Parse(table);
            var request = RequestFor(sets);
            // What has been begun is finished: nothing is committed by halves, and stopping is not delayed for long.
            var outcome = await RetryAsync($"Committing to {table}", () => catalogue.AppendAsync(identifier, request, CancellationToken.None), stopping)
                .ConfigureAwait(false);
            metrics.Dropped(table, outcome.Duplicates.Count);
            if (outcome.Snapshot is { } snapshot)
            {
                Log.Committed(logger, table, snapshot.SnapshotId, snapshot.AddedRows, outcome.Accepted.Count, outcome.Duplicates.Count);
                Activity.Current?.SetTag("mesh.snapshot.id", snapshot.SnapshotId);
                Count(table, sets, outcome);
            }
            else if (outcome.Duplicates.Count > 0)
            {
                Log.NothingNew(logger, table, outcome.Duplicates.Count);
            }
        }

        Heartbeat.Beat();
        CrashPoint.Reach("catalogue.after-commit");
    }

    private void Count(string table, IReadOnlyList<FileSet> sets, AppendOutcome outcome)
    {
        var accepted = sets.Where(set => outcome.Accepted.Contains(set.Set.IngestId)).ToList();
        var files = accepted.SelectMany(set => set.Set.Files).ToList();
        metrics.Committed(table, files.Sum(file => file.RowCount), files.Count, files.Sum(file => file.FileBytes));
        foreach (var set in accepted) metrics.Reached(set.Set.Topology, set.MaxLogTimeUs);
    }

    /// <summary>
    /// Every set goes to the ledger, also one that lies below the table's own offset: offsets name a place in one log, and after a move to
    /// another cluster, or of a topic made anew, they begin at zero again. To drop by offset would then lose data; the ledger knows.
    /// </summary>
    private AppendRequest RequestFor(IReadOnlyList<FileSet> sets)
    {
        var offsets = sets.GroupBy(set => FileSet.SourceOf(set.Consumed.Position))
            .ToDictionary(source => source.Key, source => source.Max(set => set.Consumed.Position.Offset) + 1);
        var bySet = new Dictionary<IngestSet, FileSet>(ReferenceEqualityComparer.Instance);
        foreach (var set in sets) bySet[set.Set] = set;
        return new AppendRequest
        {
            Sets = [.. sets.Select(set => set.Set)],
            SourceOffsets = offsets,
            OnCommitting = (transaction, table, accepted) => AnnounceAsync(transaction, table, [.. accepted.Select(set => bySet[set])]),
        };
    }

    /// <summary>Runs in the transaction of the commit: what it writes is there exactly when the snapshot is.</summary>
    private async Task AnnounceAsync(MetadataTransaction transaction, Table table, IReadOnlyList<FileSet> accepted)
    {
        foreach (var set in accepted) await recordings.SetAccountAsync(transaction, set.Set.IngestId, set.Account).ConfigureAwait(false);

        // A commit that adds no file makes no snapshot.
        if (accepted.All(set => set.Set.Files.Count == 0)) return;
        await SnapshotAnnouncement.AddAsync(transaction, Describe(table, table.CurrentSnapshot!, accepted)).ConfigureAwait(false);
    }

    private static SnapshotCommitted Describe(Table table, Snapshot snapshot, IReadOnlyList<FileSet> accepted)
    {
        var files = accepted.SelectMany(set => set.Set.Files).ToList();
        var timed = accepted.Where(set => set.Set.Files.Any(file => file.RowCount > 0)).ToList();
        var committed = SnapshotAnnouncement.Describe(table, snapshot);
        committed.AddedRows = files.Sum(file => file.RowCount);
        committed.AddedFiles = files.Count;
        committed.AddedBytes = files.Sum(file => file.FileBytes);
        committed.MinLogTimeUs = timed.Count == 0 ? 0 : timed.Min(set => set.MinLogTimeUs);
        committed.MaxLogTimeUs = timed.Count == 0 ? 0 : timed.Max(set => set.MaxLogTimeUs);
        committed.AddedDurationUs = timed.Sum(set => set.MaxLogTimeUs - set.MinLogTimeUs);
        committed.IngestIds.Add(accepted.Select(set => set.Set.IngestId.ToString()));
        committed.Topologies.Add(accepted.Select(set => set.Set.Topology).Distinct());
        return committed;
    }

    private async ValueTask<bool> StoreAccountsAsync(IReadOnlyList<FileSet> sets) => await database.WriteAsync(
        async transaction =>
        {
            foreach (var set in sets) await recordings.SetAccountAsync(transaction, set.Set.IngestId, set.Account).ConfigureAwait(false);
            return true;
        },
        CancellationToken.None).ConfigureAwait(false);

    /// <exception cref="MeshException"><c>MESH5003</c> when the list is too long or damaged; <c>MESH8001</c>, <c>MESH8003</c> when it is elsewhere or gone.</exception>
    private async ValueTask<IReadOnlyCollection<Kafka.Events.DataFile>> ReadFilesAsync(FilesWritten written)
    {
        if (written.FilesUri.Length == 0) return written.Files;
        var source = await lake.OpenAsync(lake.KeyOf(written.FilesUri), CancellationToken.None).ConfigureAwait(false);
        await using (source.ConfigureAwait(false))
        {
            if (source.Length > options.MaxFileListBytes)
            {
                throw new MeshException("MESH5003", $"The list of files {written.FilesUri} has {source.Length:N0} bytes; at most {options.MaxFileListBytes:N0} are read. Raise catalogue.maxFileListBytes or write larger files.");
            }

            byte[] bytes = new byte[source.Length];
            int read = await source.ReadAtAsync(0, bytes, CancellationToken.None).ConfigureAwait(false);
            try
            {
                return FilesWritten.Parser.ParseFrom(bytes, 0, read).Files;
            }
            catch (InvalidProtocolBufferException exception)
            {
                throw new MeshException("MESH5003", $"The list of files {written.FilesUri} is damaged: {exception.Message} Ingest upload {written.IngestId} again.", innerException: exception);
            }
        }
    }
}
