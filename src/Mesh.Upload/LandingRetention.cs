using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Storage;
using Microsoft.Extensions.Logging;

namespace Mesh.Upload;

/// <summary>
/// Deletes landing objects some time after their recording is finished. The recording's row stays. A recording that is still needed, for its
/// dead letters or a replay, stays longer, but not for ever.
/// </summary>
/// <param name="landing">Where recordings are.</param>
/// <param name="recordings">Recordings.</param>
/// <param name="retention">How long a finished recording is kept.</param>
/// <param name="longest">How long one is kept that is still needed.</param>
/// <param name="inNeed">Ingest ids of those that are.</param>
/// <param name="logger">Log.</param>
/// <param name="time">Clock.</param>
public sealed class LandingRetention(
    IObjectStore landing, RecordingStore recordings, TimeSpan retention, TimeSpan longest, Func<CancellationToken, ValueTask<IReadOnlySet<string>>> inNeed,
    ILogger<LandingRetention> logger, TimeProvider time)
{
    private static readonly TimeSpan LongestBelief = TimeSpan.FromMinutes(1);

    /// <summary>Deletes what is due now; returns how many objects went.</summary>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        int deleted = 0;
        var now = time.GetUtcNow();
        var asked = now;
        var needed = await inNeed(cancellationToken).ConfigureAwait(false);
        foreach (var recording in await recordings.ListExpiredAsync(now - retention, cancellationToken).ConfigureAwait(false))
        {
            // Also after a process stood still: a replay may have been asked for meanwhile, on another server.
            if (time.GetUtcNow() - asked > LongestBelief)
            {
                asked = time.GetUtcNow();
                needed = await inNeed(cancellationToken).ConfigureAwait(false);
            }

            if (recording.AcceptedAt > now - longest && needed.Contains(recording.IngestId.ToString())) continue;
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
