using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Storage;
using Microsoft.Extensions.Logging;

namespace Mesh.Upload;

/// <summary>Deletes landing objects some time after their recording is finished. The recording's row stays.</summary>
public sealed class LandingRetention(
    IObjectStore landing, RecordingStore recordings, TimeSpan retention, ILogger<LandingRetention> logger, TimeProvider time)
{
    /// <summary>Deletes what is due now; returns how many objects went.</summary>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        int deleted = 0;
        foreach (var recording in await recordings.ListExpiredAsync(time.GetUtcNow() - retention, cancellationToken).ConfigureAwait(false))
        {
            await landing.DeleteAsync(landing.KeyOf(recording.Uri), cancellationToken).ConfigureAwait(false);
            await recordings.MarkLandingDeletedAsync(recording.IngestId, cancellationToken).ConfigureAwait(false);
            Log.LandingDeleted(logger, recording.IngestId.ToString());
            deleted++;
        }

        return deleted;
    }

    /// <summary>Sweeps every ten minutes until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(10), time);
        do
        {
            await SweepAsync(cancellationToken).ConfigureAwait(false);
        }
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
    }
}
