using Mesh.Lakehouse;
using Mesh.Lakehouse.Maintenance;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Streaming.Ingest;
using Microsoft.Extensions.Logging;

namespace Mesh.Catalogue;

/// <summary>
/// Deletes, once an hour, the files of attempts that lost: written, but in no snapshot, and older than the grace period, within which an
/// attempt may still be on its way to its commit.
/// </summary>
public sealed class LakeSweep(TableCatalogue tables, IObjectStore lake, ILogger logger, TimeProvider time)
{
    /// <summary>Age from which a file set that an event referred to is of no more use: its event was committed or given up long ago.</summary>
    private static readonly TimeSpan FileSetRetention = TimeSpan.FromDays(30);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), time);
        do
        {
            foreach (var table in await tables.ListAsync(cancellationToken).ConfigureAwait(false)) await SweepAsync(table, cancellationToken).ConfigureAwait(false);
            await foreach (var set in lake.ListAsync(FileSetEvents.Prefix, cancellationToken).ConfigureAwait(false))
            {
                if (set.ModifiedAt < time.GetUtcNow() - FileSetRetention) await lake.DeleteAsync(set.Key, cancellationToken).ConfigureAwait(false);
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
    }

    private async Task SweepAsync(TableIdentifier table, CancellationToken cancellationToken)
    {
        try
        {
            var report = await new OrphanSweep(tables, lake, time).RunAsync(table, delete: true, cancellationToken).ConfigureAwait(false);
            if (report.Orphans.Count > 0) Log.OrphansDeleted(logger, table.ToString(), report.Orphans.Count);
        }
        catch (MeshException exception)
        {
            // One unreadable table does not keep the others from being swept; nothing is deleted where anything is in doubt.
            Log.SweepFailed(logger, table.ToString(), exception.Code, exception.Message);
        }
    }
}
