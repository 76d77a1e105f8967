using Mesh.Lakehouse.Metadata;
using Mesh.Training.Jobs;
using Mesh.Trigger;

namespace Mesh.Commands.Triggers;

/// <summary>Tells the trigger stage what became of the jobs it asked for: the stages do not know each other.</summary>
/// <param name="database">Where the jobs are.</param>
/// <param name="time">Clock for jobs that run.</param>
public sealed class FiredJobs(MetadataDatabase database, TimeProvider time) : IFiredJobs
{
    private readonly JobOutcomes outcomes = new(database);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<FiredJob>> ListAsync(MetadataSession session, IReadOnlyList<string> triggerIds) =>
        [.. (await outcomes.ListAsync(session, triggerIds).ConfigureAwait(false)).Select(job => new FiredJob(
            job.TriggerId, job.JobId, job.State.IsEnd(), job.HasModel,
            job.StartedAt is { } started ? (job.FinishedAt ?? time.GetUtcNow()) - started : TimeSpan.Zero))];
}
