using System.Collections.Concurrent;
using Mesh.Columnar;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Maintenance;
using Mesh.Model;
using Mesh.Storage;

namespace Mesh.Catalogue;

/// <summary>
/// The tasks that keep tables small and cheap, for the background service and for whoever asks. One table is worked on at a time, so that
/// maintenance never takes more than its share; plans wait for nobody.
/// </summary>
/// <param name="tables">The tables.</param>
/// <param name="lake">Their objects.</param>
/// <param name="options">Sizes and ages.</param>
/// <param name="protectedSnapshots">Snapshots that models and jobs refer to, asked anew for each expiry.</param>
/// <param name="time">Clock.</param>
public sealed class LakeMaintenance(
    TableCatalogue tables, IObjectStore lake, MaintenanceOptions options, Func<CancellationToken, ValueTask<IReadOnlySet<long>>> protectedSnapshots, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly ConcurrentDictionary<(string Table, string Task), MaintenanceResult> results = new();

    /// <summary>Sizes and ages.</summary>
    public MaintenanceOptions Options => options;

    /// <summary>What was done last, by table and task.</summary>
    public IReadOnlyList<MaintenanceResult> Results => [.. results.Values.OrderBy(result => result.Table, StringComparer.Ordinal).ThenBy(result => result.Task, StringComparer.Ordinal)];

    /// <summary>How the tables are laid out.</summary>
    public TableStatisticsReader Statistics { get; } = new(tables, (long)(options.TargetFileBytes * new CompactionOptions().SmallFileRatio));

    /// <summary>Settings of a compaction unless the caller wants others.</summary>
    public CompactionOptions Compaction => new() { TargetFileBytes = options.TargetFileBytes, SpillFolder = options.SpillFolder };

    /// <summary>Settings of an expiry unless the caller wants others.</summary>
    public ExpiryOptions Expiry => new() { MaxAge = options.SnapshotAge, MinCount = options.SnapshotCount, ReaderGrace = options.ReaderGrace };

    /// <summary>Compacts a table.</summary>
    public Task<CompactionReport> CompactAsync(TableIdentifier table, CompactionOptions compaction, bool dryRun, CancellationToken cancellationToken) => RunAsync(
        table, "compact", dryRun, async () => await new Compaction(tables, lake, compaction).RunAsync(table, dryRun, cancellationToken).ConfigureAwait(false),
        report => report.Commits == 0 ? "" : $"{report.FilesRemoved:N0} files became {report.FilesAdded:N0}, {report.Rows:N0} rows", cancellationToken);

    /// <summary>Rewrites the manifests of a table.</summary>
    public Task<ManifestRewriteReport> RewriteManifestsAsync(TableIdentifier table, bool dryRun, CancellationToken cancellationToken) => RunAsync(
        table, "manifests", dryRun,
        async () => await new ManifestRewrite(tables, lake, new ManifestRewriteOptions()).RunAsync(table, dryRun, cancellationToken).ConfigureAwait(false),
        report => report.Rewritten == 0 ? "" : $"{report.ManifestsBefore:N0} manifests became {report.ManifestsAfter:N0}", cancellationToken);

    /// <summary>Expires snapshots of a table, except those that models and unfinished jobs refer to, and deletes their files after the readers' grace.</summary>
    public async Task<ExpiryReport> ExpireAsync(TableIdentifier table, ExpiryOptions expiry, bool dryRun, CancellationToken cancellationToken)
    {
        var pending = await BeginExpiryAsync(table, expiry, dryRun, cancellationToken).ConfigureAwait(false);
        if (pending.Report.Expired.Count == 0) return pending.Report;
        if (!dryRun && expiry.ReaderGrace > TimeSpan.Zero) await Task.Delay(expiry.ReaderGrace, time, cancellationToken).ConfigureAwait(false);
        return await FinishExpiryAsync(table, pending, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes the snapshots out of the table; their files stay until <see cref="FinishExpiryAsync"/>.</summary>
    public Task<PendingExpiry> BeginExpiryAsync(TableIdentifier table, ExpiryOptions expiry, bool dryRun, CancellationToken cancellationToken) => RunAsync(
        table, "expire", dryRun,
        async () =>
        {
            var referred = await protectedSnapshots(cancellationToken).ConfigureAwait(false);
            return await new SnapshotExpiry(tables, lake, time).CommitAsync(table, expiry with { Protected = referred }, dryRun, cancellationToken).ConfigureAwait(false);
        },
        pending => pending.Report.Expired.Count == 0 ? "" : $"{pending.Report.Expired.Count:N0} snapshots", cancellationToken);

    /// <summary>Deletes the files that only expired snapshots had.</summary>
    public Task<ExpiryReport> FinishExpiryAsync(TableIdentifier table, PendingExpiry pending, CancellationToken cancellationToken) => RunAsync(
        table, "expire", pending.Report.DryRun,
        async () => await new SnapshotExpiry(tables, lake, time).DeleteFilesAsync(pending, cancellationToken).ConfigureAwait(false),
        report => $"{report.Expired.Count:N0} snapshots, {report.DataFiles:N0} data files, {ByteSizeText.Format(report.DataBytes)}", cancellationToken);

    /// <summary>Removes the orphans of a table.</summary>
    public Task<OrphanSweepReport> RemoveOrphansAsync(TableIdentifier table, TimeSpan grace, bool dryRun, CancellationToken cancellationToken) => RunAsync(
        table, "orphans", dryRun,
        async () => await new OrphanSweep(tables, lake, time) { Grace = grace }.RunAsync(table, delete: !dryRun, cancellationToken).ConfigureAwait(false),
        report => report.Orphans.Count == 0 ? "" : $"{report.Orphans.Count:N0} files, {ByteSizeText.Format(report.OrphanBytes)}", cancellationToken);

    /// <summary>Removes the files of tables that were dropped.</summary>
    public async Task<IReadOnlyList<OrphanSweepReport>> RemoveDroppedAsync(TimeSpan grace, bool dryRun, CancellationToken cancellationToken) =>
        await new OrphanSweep(tables, lake, time) { Grace = grace }.RunDroppedAsync(delete: !dryRun, cancellationToken).ConfigureAwait(false);

    /// <summary>Deletes the rows that match, and announces the snapshot.</summary>
    /// <param name="table">The table.</param>
    /// <param name="where">Rows to delete.</param>
    /// <param name="rewrite">Whether files are written again, so that the rows are gone once the old snapshots expire.</param>
    /// <param name="cancellationToken">Stops reading and writing.</param>
    public Task<DeleteOutcome> DeleteRowsAsync(TableIdentifier table, Predicate where, bool rewrite, CancellationToken cancellationToken) => RunAsync(
        table, "delete", dryRun: false,
        async () => await tables.DeleteRowsAsync(table, where, new DeleteOptions { Rewrite = rewrite, Announce = SnapshotAnnouncement.AddAsync }, cancellationToken).ConfigureAwait(false),
        outcome => outcome.Snapshot is null ? "" : $"{outcome.DeletedRows:N0} rows", cancellationToken);

    /// <summary>What a table occupies, and what its rules would move.</summary>
    public async Task<TableStorage> MeasureAsync(TableIdentifier table, IReadOnlyList<TierRule> rules, DateTimeOffset? lastReadAt, CancellationToken cancellationToken) =>
        await new TableStorageReader(tables, lake, time).ReadAsync(table, rules, lastReadAt, cancellationToken).ConfigureAwait(false);

    /// <summary>Moves files of a table to colder storage classes.</summary>
    public Task<TieringReport> TierAsync(TableIdentifier table, IReadOnlyList<TierRule> rules, DateTimeOffset? lastReadAt, bool dryRun, CancellationToken cancellationToken) => RunAsync(
        table, "tier", dryRun,
        async () =>
        {
            var storage = await MeasureAsync(table, rules, lastReadAt, cancellationToken).ConfigureAwait(false);
            return await new Tiering(lake).RunAsync(storage, dryRun, cancellationToken).ConfigureAwait(false);
        },
        report => report.Moved == 0 ? "" : $"{report.Moved:N0} files moved", cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => turn.Dispose();

    private async Task<T> RunAsync<T>(TableIdentifier table, string task, bool dryRun, Func<Task<T>> run, Func<T, string> describe, CancellationToken cancellationToken)
    {
        if (dryRun) return await run().ConfigureAwait(false);
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        long start = time.GetTimestamp();
        try
        {
            var report = await run().ConfigureAwait(false);
            Remember(describe(report), null);
            return report;
        }
        catch (MeshException exception)
        {
            Remember("", $"{exception.Code}: {exception.Message}");
            throw;
        }
        finally
        {
            turn.Release();
        }

        void Remember(string done, string? error) => results[(table.ToString(), task)] =
            new MaintenanceResult(table.ToString(), task, time.GetUtcNow(), time.GetElapsedTime(start).TotalSeconds, done, error);
    }
}
