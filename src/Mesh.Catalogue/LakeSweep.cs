using Mesh.Lakehouse;
using Mesh.Model;
using Mesh.Storage;
using Microsoft.Extensions.Logging;

namespace Mesh.Catalogue;

/// <summary>
/// Deletes, once an hour, the files of attempts that lost: written, but in no snapshot, and older than the grace period, within which an
/// attempt may still be on its way to its commit.
/// </summary>
public sealed class LakeSweep(TableCatalogue tables, IObjectStore lake, ILogger logger, TimeProvider time)
{
    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), time);
        do
        {
            foreach (var table in await tables.ListAsync(cancellationToken).ConfigureAwait(false)) await SweepAsync(table, cancellationToken).ConfigureAwait(false);
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
