using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Model;
using Mesh.Storage;

namespace Mesh.Lakehouse.Maintenance;

/// <summary>
/// Takes old snapshots out of a table and deletes the files that only they had, beside running writers: the snapshots go in one commit, and
/// only then, after a grace for readers, their files. A run that dies in between leaves orphans.
/// </summary>
/// <param name="catalogue">The tables.</param>
/// <param name="lake">Their objects.</param>
/// <param name="time">Clock for ages and the grace.</param>
public sealed class SnapshotExpiry(TableCatalogue catalogue, IObjectStore lake, TimeProvider time)
{
    private const int MaxDeletesAtOnce = 16;

    /// <summary>Expires the snapshots of one table.</summary>
    /// <param name="identifier">The table.</param>
    /// <param name="options">What stays.</param>
    /// <param name="dryRun">Whether only the plan is wanted; nothing is changed then.</param>
    /// <param name="cancellationToken">Stops; once the snapshots are gone, files not yet deleted are orphans.</param>
    /// <exception cref="MeshException"><c>MESH8102</c> no such table; <c>MESH8107</c> (transient) conflicts; <c>MESH8120</c> a damaged manifest, before anything is deleted.</exception>
    public async ValueTask<ExpiryReport> RunAsync(TableIdentifier identifier, ExpiryOptions options, bool dryRun, CancellationToken cancellationToken)
    {
        var expiry = await CommitAsync(identifier, options, dryRun, cancellationToken).ConfigureAwait(false);
        if (expiry.Report.Expired.Count == 0) return expiry.Report;
        if (!dryRun && options.ReaderGrace > TimeSpan.Zero) await Task.Delay(options.ReaderGrace, time, cancellationToken).ConfigureAwait(false);
        return await DeleteFilesAsync(expiry, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The first half: takes the snapshots out of the table. Their files are still there, for readers that had begun.</summary>
    /// <inheritdoc cref="RunAsync"/>
    public async ValueTask<PendingExpiry> CommitAsync(TableIdentifier identifier, ExpiryOptions options, bool dryRun, CancellationToken cancellationToken)
    {
        PendingExpiry? plan = null;
        if (dryRun)
        {
            plan = PlanOf(await catalogue.LoadStateAsync(identifier, cancellationToken).ConfigureAwait(false));
            return plan;
        }

        var after = await catalogue.ChangeAsync(
            identifier,
            state =>
            {
                plan = PlanOf(state);
                CrashPoint.Reach("maintenance.before-swap");
                return ValueTask.FromResult(plan.Report.Expired.Count == 0 && plan.Report.ExpiredRefs.Count == 0
                    ? null
                    : new TableChange(Without(catalogue.Succeed(state), plan.Retention), []));
            },
            cancellationToken).ConfigureAwait(false);
        CrashPoint.Reach("maintenance.after-swap");
        return plan!.With(after.Metadata);

        PendingExpiry PlanOf(TableState state)
        {
            var metadata = state.Metadata;
            var retention = SnapshotRetention.Of(metadata, options, time.GetUtcNow().ToUnixTimeMilliseconds());
            var expired = metadata.Snapshots.Where(snapshot => !retention.Snapshots.Contains(snapshot.SnapshotId)).Select(snapshot => snapshot.SnapshotId).ToList();
            var report = new ExpiryReport
            {
                Table = identifier.ToString(),
                DryRun = dryRun,
                Expired = expired,
                Kept = metadata.Snapshots.Count - expired.Count,
                Protected = retention.OnlyProtected,
                ExpiredRefs = [.. metadata.Refs.Keys.Where(name => !retention.Refs.ContainsKey(name)).Order(StringComparer.Ordinal)],
            };
            return new PendingExpiry(report, metadata, Without(metadata, retention), retention);
        }
    }

    /// <summary>The second half: deletes what only the expired snapshots had. On a dry run it only counts.</summary>
    public async ValueTask<ExpiryReport> DeleteFilesAsync(PendingExpiry expiry, CancellationToken cancellationToken)
    {
        var gone = expiry.Before.Snapshots.Where(snapshot => !expiry.Retention.Snapshots.Contains(snapshot.SnapshotId)).ToList();
        var files = new UnreachableFiles(catalogue, expiry.Before, expiry.Retained);
        var report = expiry.Report;
        var batch = new List<string>();

        // Data files before manifests, manifests before lists: whatever a crash leaves is still named by something until it is gone.
        await foreach (var file in files.FindDataAsync(gone, cancellationToken).ConfigureAwait(false))
        {
            report = report with { DataFiles = report.DataFiles + 1, DataBytes = report.DataBytes + file.FileBytes };
            await DeleteAsync(file.Uri).ConfigureAwait(false);
        }

        foreach (string manifest in files.Manifests)
        {
            report = report with { Manifests = report.Manifests + 1 };
            await DeleteAsync(manifest).ConfigureAwait(false);
        }

        var other = gone.Select(snapshot => snapshot.ManifestListUri)
            .Concat(expiry.Before.Statistics.Select(statistics => statistics.Uri).Except(expiry.Retained.Statistics.Select(statistics => statistics.Uri)))
            .Concat(expiry.Before.PartitionStatistics.Select(statistics => statistics.Uri).Except(expiry.Retained.PartitionStatistics.Select(statistics => statistics.Uri)));
        foreach (string uri in other)
        {
            report = report with { OtherFiles = report.OtherFiles + 1 };
            await DeleteAsync(uri).ConfigureAwait(false);
        }

        await FlushAsync().ConfigureAwait(false);
        return report;

        async ValueTask DeleteAsync(string uri)
        {
            // What a foreign writer put elsewhere is not ours to delete.
            if (report.DryRun || !uri.StartsWith(lake.RootUri + "/", StringComparison.Ordinal)) return;
            batch.Add(lake.KeyOf(uri));
            if (batch.Count == MaxDeletesAtOnce) await FlushAsync().ConfigureAwait(false);
        }

        async ValueTask FlushAsync()
        {
            CrashPoint.Reach("maintenance.mid-delete");
            await Task.WhenAll(batch.Select(key => lake.DeleteAsync(key, cancellationToken).AsTask())).ConfigureAwait(false);
            batch.Clear();
        }
    }

    private static TableMetadata Without(TableMetadata metadata, SnapshotRetention retention)
    {
        var kept = retention.Snapshots;

        // The log answers "what was current when": an entry before a gap would answer with a snapshot that is gone.
        int firstValid = 0;
        for (int i = 0; i < metadata.SnapshotLog.Count; i++)
        {
            if (!kept.Contains(metadata.SnapshotLog[i].SnapshotId)) firstValid = i + 1;
        }

        return metadata with
        {
            Snapshots = [.. metadata.Snapshots.Where(snapshot => kept.Contains(snapshot.SnapshotId))],
            SnapshotLog = [.. metadata.SnapshotLog.Skip(firstValid)],
            Refs = retention.Refs,
            Statistics = [.. metadata.Statistics.Where(statistics => kept.Contains(statistics.SnapshotId))],
            PartitionStatistics = [.. metadata.PartitionStatistics.Where(statistics => kept.Contains(statistics.SnapshotId))],
        };
    }
}
