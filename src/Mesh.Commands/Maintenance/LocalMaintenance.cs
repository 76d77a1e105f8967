using System.Globalization;
using Mesh.Catalogue;
using Mesh.Commands.Configuration;
using Mesh.Commands.Signals.Building;
using Mesh.Commands.State;
using Mesh.Commands.Topologies;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Maintenance;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;

namespace Mesh.Commands.Maintenance;

/// <summary>Maintenance in this process: within the server, or on a state directory whose lock it holds.</summary>
/// <param name="maintenance">The tasks.</param>
/// <param name="tables">The tables.</param>
/// <param name="access">When they were read.</param>
/// <param name="products">Names and tier rules.</param>
/// <param name="time">Clock.</param>
/// <param name="owned">Disposed with it, last first.</param>
public sealed partial class LocalMaintenance(
    LakeMaintenance maintenance, TableCatalogue tables, TableAccess access, ProductNames products, TimeProvider time, params IReadOnlyList<IDisposable> owned) : IMaintenance
{
    private static readonly TimeSpan UsagePeriod = TimeSpan.FromDays(30);

    /// <summary>Pyramids of signals, which go when rows they show are erased.</summary>
    public required PyramidStore Pyramids { get; init; }

    /// <summary>Opens a state directory on which no server runs; its lock keeps one from starting meanwhile.</summary>
    /// <exception cref="MeshException"><c>MESH11010</c> a server has it; <c>MESH11013</c> it is none.</exception>
    public static async Task<LocalMaintenance> OpenAsync(string folder, Settings settings, CancellationToken cancellationToken)
    {
        var options = MaintenanceSettings.Read(settings);
        StateDirectory.OpenForReading(folder).Dispose();
        var state = StateDirectory.Open(folder);
        var owned = new Stack<IDisposable>([state]);
        try
        {
            var database = MetadataDatabase.Open(state.Database, settings[SettingKeys.CatalogueConnection].Text, settings[SettingKeys.CatalogueSchema].Text);
            owned.Push(database);
            await database.PrepareAsync(cancellationToken).ConfigureAwait(false);
            var storage = await LakeStorage.OpenAsync(state, settings, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            owned.Push(storage);
            var tables = new TableCatalogue(database, storage.Lake, TimeProvider.System);
            var maintenance = new LakeMaintenance(
                tables, storage.Lake, options with { SpillFolder = state.Spill }, new SnapshotProtection(database).ListAsync, TimeProvider.System);
            return new LocalMaintenance(
                maintenance, tables, new TableAccess(database, TimeProvider.System), ProductNames.Of(RunningTopology.Read(state)), TimeProvider.System, state, database, storage, maintenance)
            {
                Pyramids = new PyramidStore(tables, new RecordingStore(database, TimeProvider.System), storage.Lake),
            };
        }
        catch
        {
            while (owned.TryPop(out var part)) part.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListTablesAsync(CancellationToken cancellationToken) =>
        [.. (await tables.ListAsync(cancellationToken).ConfigureAwait(false)).Select(table => table.ToString())];

    /// <inheritdoc/>
    public Task<CompactionReport> CompactAsync(string table, CompactRequest request, CancellationToken cancellationToken)
    {
        if (request.TargetFileBytes is <= 0) throw new MeshException("MESH11080", "The target size of a file must be positive.");
        var options = maintenance.Compaction with
        {
            Strategy = request.Sort || request.SortBy is { Count: > 0 } ? CompactionStrategy.Sort : CompactionStrategy.BinPack,
            SortBy = request.SortBy is { Count: > 0 } columns ? columns : null,
        };
        options = options with
        {
            TargetFileBytes = request.TargetFileBytes ?? options.TargetFileBytes,
            MinInputFiles = request.MinInputFiles ?? options.MinInputFiles,
            MaxBytes = request.MaxBytes ?? options.MaxBytes,
        };
        return maintenance.CompactAsync(Identify(table), options, request.DryRun, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ManifestRewriteReport> RewriteManifestsAsync(string table, DryRunRequest request, CancellationToken cancellationToken) =>
        maintenance.RewriteManifestsAsync(Identify(table), request.DryRun, cancellationToken);

    /// <inheritdoc/>
    public Task<ExpiryReport> ExpireAsync(string table, ExpireRequest request, CancellationToken cancellationToken)
    {
        var options = maintenance.Expiry;
        options = options with
        {
            MaxAge = request.OlderThanSeconds is { } age ? TimeSpan.FromSeconds(age) : options.MaxAge,
            MinCount = request.KeepLast ?? options.MinCount,
            ReaderGrace = request.ReaderGraceSeconds is { } grace ? TimeSpan.FromSeconds(grace) : TimeSpan.Zero,
        };
        return maintenance.ExpireAsync(Identify(table), options, request.DryRun, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<OrphansView> RemoveOrphansAsync(string table, OrphansRequest request, CancellationToken cancellationToken) =>
        OrphansView.Of(await maintenance.RemoveOrphansAsync(Identify(table), GraceOf(request), request.DryRun, cancellationToken).ConfigureAwait(false));

    /// <inheritdoc/>
    public async Task<IReadOnlyList<OrphansView>> RemoveDroppedAsync(OrphansRequest request, CancellationToken cancellationToken) =>
        [.. (await maintenance.RemoveDroppedAsync(GraceOf(request), request.DryRun, cancellationToken).ConfigureAwait(false)).Select(OrphansView.Of)];

    /// <inheritdoc/>
    public async Task<TieringReport> TierAsync(string table, DryRunRequest request, CancellationToken cancellationToken)
    {
        var identifier = Identify(table);
        var reads = await ReadsOfAsync(identifier, cancellationToken).ConfigureAwait(false);
        return await maintenance.TierAsync(identifier, products.TiersOf(identifier), reads?.LastReadAt, request.DryRun, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<ProductStorage> MeasureAsync(string table, CancellationToken cancellationToken)
    {
        var identifier = Identify(table);
        var loaded = await tables.LoadAsync(identifier, cancellationToken).ConfigureAwait(false);
        var reads = await ReadsOfAsync(identifier, cancellationToken).ConfigureAwait(false);
        var rules = products.TiersOf(identifier);
        var storage = await maintenance.MeasureAsync(identifier, rules, reads?.LastReadAt, cancellationToken).ConfigureAwait(false);
        var recent = loaded.Snapshots.Where(snapshot => snapshot.CommittedAt >= time.GetUtcNow() - UsagePeriod).ToList();
        return new ProductStorage
        {
            Product = products.NameOf(identifier),
            Table = identifier.ToString(),
            Usage = storage.Usage,
            Due = [.. storage.Moves.GroupBy(move => (move.From, move.To)).Select(group => new TierTotal(group.Key.From, group.Key.To, group.LongCount(), group.Sum(move => move.Bytes)))],
            HasTierRules = rules.Count > 0,
            Commits = recent.Count,
            FilesWritten = recent.Sum(snapshot => Number(snapshot, "added-data-files")),
            Reads = reads?.Reads ?? 0,
            FilesRead = reads?.Files ?? 0,
            LastReadAt = reads?.LastReadAt,
        };
    }

    /// <inheritdoc/>
    public async Task<TableStatistics> GetStatisticsAsync(string table, CancellationToken cancellationToken) =>
        await maintenance.Statistics.ReadAsync(Identify(table), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TableReadsOfDay>> ListReadsAsync(string table, CancellationToken cancellationToken)
    {
        await access.FlushAsync(cancellationToken).ConfigureAwait(false);
        var uuid = (await tables.LoadAsync(Identify(table), cancellationToken).ConfigureAwait(false)).Uuid;
        return await access.ListDaysAsync(uuid, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<MaintenanceResult>> ListResultsAsync(CancellationToken cancellationToken) => Task.FromResult(maintenance.Results);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        foreach (var part in owned.Reverse()) part.Dispose();
        return ValueTask.CompletedTask;
    }

    private TableIdentifier Identify(string name) => products.TableOf(name) ?? TableIdentifier.Parse(name);

    private TimeSpan GraceOf(OrphansRequest request) => request.GraceSeconds is { } grace ? TimeSpan.FromSeconds(grace) : maintenance.Options.OrphanGrace;

    private async ValueTask<TableReads?> ReadsOfAsync(TableIdentifier table, CancellationToken cancellationToken)
    {
        await access.FlushAsync(cancellationToken).ConfigureAwait(false);
        var uuid = (await tables.LoadAsync(table, cancellationToken).ConfigureAwait(false)).Uuid;
        return (await access.ListAsync(time.GetUtcNow() - UsagePeriod, cancellationToken).ConfigureAwait(false)).GetValueOrDefault(uuid);
    }

    private static long Number(Snapshot snapshot, string key) =>
        snapshot.Summary.TryGetValue(key, out string? text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0;
}
