using Mesh.Lakehouse;
using Mesh.Lakehouse.Maintenance;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Streaming.Ingest;
using Microsoft.Extensions.Logging;

namespace Mesh.Catalogue;

/// <summary>
/// Maintains all tables from time to time, one after the other: small files become large ones, manifests few, old snapshots expire, files of
/// attempts that lost are deleted, old files move to colder storage. What fails for one table keeps no other from its turn.
/// </summary>
/// <param name="maintenance">The tasks.</param>
/// <param name="tables">The tables.</param>
/// <param name="lake">Their objects.</param>
/// <param name="database">Gives the duty to one process at a time.</param>
/// <param name="access">When tables were read.</param>
/// <param name="tiers">Tier rules of a table.</param>
/// <param name="logger">Says what was done.</param>
/// <param name="time">Clock.</param>
public sealed class MaintenanceService(
    LakeMaintenance maintenance, TableCatalogue tables, IObjectStore lake, MetadataDatabase database, TableAccess access, Func<TableIdentifier, IReadOnlyList<TierRule>> tiers, ILogger logger, TimeProvider time)
{
    /// <summary>Age from which a file set that an event referred to is of no more use: its event was committed or given up long ago.</summary>
    private static readonly TimeSpan FileSetRetention = TimeSpan.FromDays(30);

    private static readonly TimeSpan AccessFlushInterval = TimeSpan.FromMinutes(1);

    /// <summary>Runs until cancelled. Of the processes that share a catalogue one maintains the tables; each notes what it reads.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] tasks = [RunRoundsAsync(stop.Token), NoteReadsAsync(stop.Token)];
        await Task.WhenAny(tasks).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(tasks).ConfigureAwait(false);
    }

    private async Task RunRoundsAsync(CancellationToken cancellationToken)
    {
        var duty = await database.HoldAsync("maintenance", cancellationToken).ConfigureAwait(false);
        await using var _ = duty.ConfigureAwait(false);

        // What a dead process left can go at once; the rest has time, and a server that has just started has better things to do.
        await SweepAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            await Task.Delay(maintenance.Options.Interval, time, cancellationToken).ConfigureAwait(false);
            await duty.ConfirmAsync(cancellationToken).ConfigureAwait(false);
            await RunRoundAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task NoteReadsAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(AccessFlushInterval, time, cancellationToken).ConfigureAwait(false);
                await access.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            await access.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>One round over all tables.</summary>
    public async Task RunRoundAsync(CancellationToken cancellationToken)
    {
        if (maintenance.Options.Enabled)
        {
            long bytesLeft = maintenance.Options.BytesPerRound;
            var expired = new List<(TableIdentifier Table, PendingExpiry Expiry)>();
            foreach (var table in await tables.ListAsync(cancellationToken).ConfigureAwait(false))
            {
                bytesLeft -= await MaintainAsync(table, bytesLeft, expired, cancellationToken).ConfigureAwait(false);
            }

            // One grace for all tables: readers of a snapshot that has just expired finish meanwhile.
            if (expired.Count > 0) await Task.Delay(maintenance.Options.ReaderGrace, time, cancellationToken).ConfigureAwait(false);
            foreach (var (table, expiry) in expired)
            {
                await TryAsync(table, "expire", async () =>
                {
                    var report = await maintenance.FinishExpiryAsync(table, expiry, cancellationToken).ConfigureAwait(false);
                    Log.SnapshotsExpired(logger, table.ToString(), report.Expired.Count, report.DataFiles, report.DataBytes);
                }).ConfigureAwait(false);
            }
        }

        await SweepAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <returns>Bytes of files that were rewritten.</returns>
    private async Task<long> MaintainAsync(TableIdentifier table, long bytesLeft, List<(TableIdentifier Table, PendingExpiry Expiry)> expired, CancellationToken cancellationToken)
    {
        long rewritten = 0;
        if (bytesLeft > 0)
        {
            await TryAsync(table, "compact", async () =>
            {
                var report = await maintenance.CompactAsync(table, maintenance.Compaction with { MaxBytes = bytesLeft }, dryRun: false, cancellationToken).ConfigureAwait(false);
                rewritten = report.BytesRemoved;
                if (report.Commits > 0) Log.Compacted(logger, table.ToString(), report.FilesRemoved, report.FilesAdded, report.Rows);
            }).ConfigureAwait(false);
        }

        await TryAsync(table, "manifests", () => maintenance.RewriteManifestsAsync(table, dryRun: false, cancellationToken)).ConfigureAwait(false);
        await TryAsync(table, "expire", async () =>
        {
            var expiry = await maintenance.BeginExpiryAsync(table, maintenance.Expiry, dryRun: false, cancellationToken).ConfigureAwait(false);
            if (expiry.Report.Expired.Count > 0) expired.Add((table, expiry));
        }).ConfigureAwait(false);
        if (tiers(table) is { Count: > 0 } rules)
        {
            await TryAsync(table, "tier", async () =>
            {
                var uuid = (await tables.LoadAsync(table, cancellationToken).ConfigureAwait(false)).Uuid;
                var reads = await access.ListAsync(time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
                await maintenance.TierAsync(table, rules, reads.GetValueOrDefault(uuid)?.LastReadAt, dryRun: false, cancellationToken).ConfigureAwait(false);
            }).ConfigureAwait(false);
        }

        return rewritten;
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        foreach (var table in await tables.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            await TryAsync(table, "orphans", async () =>
            {
                var report = await maintenance.RemoveOrphansAsync(table, maintenance.Options.OrphanGrace, dryRun: false, cancellationToken).ConfigureAwait(false);
                if (report.Orphans.Count > 0) Log.OrphansDeleted(logger, table.ToString(), report.Orphans.Count);
            }).ConfigureAwait(false);
        }

        await foreach (var set in lake.ListAsync(FileSetEvents.Prefix, cancellationToken).ConfigureAwait(false))
        {
            if (set.ModifiedAt < time.GetUtcNow() - FileSetRetention) await lake.DeleteAsync(set.Key, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task TryAsync(TableIdentifier table, string task, Func<Task> run)
    {
        try
        {
            await run().ConfigureAwait(false);
        }
        catch (MeshException exception)
        {
            // One unreadable table does not keep the others from their turn; nothing is deleted where anything is in doubt.
            Log.MaintenanceFailed(logger, task, table.ToString(), exception.Code, exception.Message);
        }
    }
}
