using Mesh.Commands.Queries;
using Mesh.Model;
using Mesh.Training.Tracking;
using Mesh.Training.Tracking.Artifacts;

namespace Mesh.Commands.Tracking;

/// <summary>Experiments and their runs: asked of a server over HTTP, within it, or of a state directory that none has.</summary>
public interface ITracking : IAsyncDisposable
{
    /// <summary>Experiments, newest first.</summary>
    Task<IReadOnlyList<Experiment>> ListExperimentsAsync(CancellationToken cancellationToken);

    /// <summary>Runs.</summary>
    /// <exception cref="TrackingException">The filter, the order or the experiment is none.</exception>
    Task<IReadOnlyList<TrackedRun>> SearchAsync(RunQuery query, CancellationToken cancellationToken);

    /// <summary>A page of runs.</summary>
    /// <exception cref="TrackingException">The filter, the order or the experiment is none.</exception>
    Task<Page<TrackedRun>> ListAsync(RunListQuery query, CancellationToken cancellationToken);

    /// <summary>A run by its id, a unique beginning of it, or its name when only one has it; null when there is none.</summary>
    Task<TrackedRun?> FindAsync(string run, CancellationToken cancellationToken);

    /// <summary>About so many values of a metric, spread evenly over its steps.</summary>
    Task<IReadOnlyList<LoggedMetric>> SampleHistoryAsync(string runId, string key, int count, CancellationToken cancellationToken);

    /// <summary>Everything that was logged to a run; null when there is none.</summary>
    Task<RunDocument?> ExportAsync(string runId, CancellationToken cancellationToken);

    /// <summary>Takes a run as it was elsewhere; one of that id stays as it is.</summary>
    Task<ImportOutcome> ImportAsync(RunDocument document, CancellationToken cancellationToken);

    /// <summary>Logs to a run, or begins one.</summary>
    Task<TrackedRun> LogAsync(LogRequest request, CancellationToken cancellationToken);

    /// <summary>Every artefact of a run.</summary>
    Task<IReadOnlyList<ArtifactEntry>> ListArtifactsAsync(string runId, CancellationToken cancellationToken);

    /// <summary>Writes an artefact to a stream.</summary>
    Task ReadArtifactAsync(string runId, string path, Stream target, CancellationToken cancellationToken);

    /// <summary>Stores an artefact.</summary>
    Task PutArtifactAsync(string runId, string path, Stream content, CancellationToken cancellationToken);
}
