using Mesh.Commands.Configuration;
using Mesh.Commands.Queries;
using Mesh.Commands.State;
using Mesh.Lakehouse.Metadata;
using Mesh.Storage;
using Mesh.Training.Tracking;
using Mesh.Training.Tracking.Artifacts;

namespace Mesh.Commands.Tracking;

/// <summary>Runs within a server, or of a state directory that none has.</summary>
public sealed class LocalTracking : ITracking
{
    private readonly TimeProvider time;
    private readonly IDisposable[] owned;

    private LocalTracking(TrackingStore store, ArtifactStore artifacts, TimeProvider time, params IDisposable[] owned)
    {
        Store = store;
        Artifacts = artifacts;
        this.time = time;
        this.owned = owned;
    }

    /// <summary>Experiments and runs.</summary>
    public TrackingStore Store { get; }

    /// <summary>Artefacts.</summary>
    public ArtifactStore Artifacts { get; }

    /// <summary>Within a server.</summary>
    /// <param name="database">Metadata.</param>
    /// <param name="experiments">Where artefacts go.</param>
    /// <param name="maxArtifactBytes">Largest artefact, in bytes.</param>
    /// <param name="time">Clock.</param>
    public static LocalTracking Create(MetadataDatabase database, IObjectStore experiments, long maxArtifactBytes, TimeProvider time)
    {
        var store = new TrackingStore(database, time);
        return new LocalTracking(store, new ArtifactStore(store, experiments, maxArtifactBytes), time);
    }

    /// <summary>Opens a state directory for reading.</summary>
    public static LocalTracking OpenReadOnly(string folder, Settings settings)
    {
        using var state = StateDirectory.OpenForReading(folder);
        var storage = LakeStorage.OpenForReading(state, settings);
        return Open(state, settings, storage, readOnly: true, storage);
    }

    /// <summary>Opens a state directory that no server has, for writing.</summary>
    /// <exception cref="Model.MeshException"><c>MESH11010</c> a server has it.</exception>
    public static async Task<LocalTracking> OpenAsync(string folder, Settings settings, CancellationToken cancellationToken)
    {
        var state = StateDirectory.Open(folder);
        try
        {
            var storage = await LakeStorage.OpenAsync(state, settings, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            return Open(state, settings, storage, readOnly: false, storage, state);
        }
        catch
        {
            state.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Experiment>> ListExperimentsAsync(CancellationToken cancellationToken) =>
        (await Store.SearchExperimentsAsync(null, [], RunView.Active, TrackingLimits.MaxSearchResults, null, cancellationToken).ConfigureAwait(false)).Items;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TrackedRun>> SearchAsync(RunQuery query, CancellationToken cancellationToken)
    {
        string[]? experiments = null;
        if (query.Experiment is { } name)
        {
            var experiment = await Store.FindExperimentAsync(name, cancellationToken).ConfigureAwait(false) ?? await Store.GetExperimentAsync(name, cancellationToken).ConfigureAwait(false);
            experiments = [experiment.ExperimentId];
        }

        return (await Store.SearchRunsAsync(experiments, query.Filter, query.OrderBy, query.Deleted ? RunView.All : RunView.Active, query.Limit, null, cancellationToken).ConfigureAwait(false)).Items;
    }

    /// <inheritdoc/>
    public async Task<Page<TrackedRun>> ListAsync(RunListQuery query, CancellationToken cancellationToken) =>
        Page<TrackedRun>.Of(await Store.ListRunsAsync(query, cancellationToken).ConfigureAwait(false), query);

    /// <inheritdoc/>
    public async Task<TrackedRun?> FindAsync(string run, CancellationToken cancellationToken) => await Store.FindRunAsync(run, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<LoggedMetric>> SampleHistoryAsync(string runId, string key, int count, CancellationToken cancellationToken) =>
        await Store.SampleHistoryAsync(runId, key, count, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<RunDocument?> ExportAsync(string runId, CancellationToken cancellationToken) => await Store.ExportAsync(runId, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<ImportOutcome> ImportAsync(RunDocument document, CancellationToken cancellationToken) => await Store.ImportAsync(document, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<TrackedRun> LogAsync(LogRequest request, CancellationToken cancellationToken)
    {
        string? runId = request.RunId;
        if (runId is null)
        {
            var experiment = await Store.FindExperimentAsync(request.Experiment, cancellationToken).ConfigureAwait(false);
            string experimentId = experiment?.ExperimentId ?? await Store.CreateExperimentAsync(request.Experiment, null, new Dictionary<string, string>(), cancellationToken).ConfigureAwait(false);
            runId = (await Store.CreateRunAsync(experimentId, request.Name, request.User, null, request.Tags, cancellationToken).ConfigureAwait(false)).RunId;
        }

        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        LoggedMetric[] metrics = [.. request.Metrics.Select(metric => metric.TimeMs == 0 ? metric with { TimeMs = now } : metric)];
        await Store.LogAsync(runId, metrics, [.. request.Parameters], [.. request.Tags], cancellationToken).ConfigureAwait(false);
        bool ends = request.Status is RunStatus.Finished or RunStatus.Failed or RunStatus.Killed;
        return await Store.UpdateRunAsync(runId, request.Status, ends ? time.GetUtcNow() : null, request.RunId is null ? null : request.Name, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ArtifactEntry>> ListArtifactsAsync(string runId, CancellationToken cancellationToken) => Artifacts.ListAllAsync(runId, cancellationToken);

    /// <inheritdoc/>
    public async Task ReadArtifactAsync(string runId, string path, Stream target, CancellationToken cancellationToken)
    {
        var source = await Artifacts.OpenAsync(runId, path, cancellationToken).ConfigureAwait(false);
        await using var _ = source.ConfigureAwait(false);
        byte[] buffer = new byte[64 << 10];
        for (long at = 0; at < source.Length;)
        {
            int read = await source.ReadAtAsync(at, buffer, cancellationToken).ConfigureAwait(false);
            if (read == 0) break;
            await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            at += read;
        }
    }

    /// <inheritdoc/>
    public Task PutArtifactAsync(string runId, string path, Stream content, CancellationToken cancellationToken) => Artifacts.PutAsync(runId, path, content, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        foreach (var part in owned) part.Dispose();
        return ValueTask.CompletedTask;
    }

    private static LocalTracking Open(StateDirectory state, Settings settings, LakeStorage storage, bool readOnly, params IDisposable[] owned)
    {
        var database = MetadataDatabase.Open(state.Database, settings[SettingKeys.CatalogueConnection].Text, settings[SettingKeys.CatalogueSchema].Text, readOnly);
        var store = new TrackingStore(database, TimeProvider.System);
        return new LocalTracking(store, new ArtifactStore(store, storage.Experiments, settings.Bytes(SettingKeys.TrackingMaxArtifactBytes)), TimeProvider.System, [database, .. owned]);
    }
}
