using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Training.Models;

namespace Mesh.Training.Jobs;

/// <summary>Tells what became of the jobs that firings asked for, within a transaction of somebody else.</summary>
public sealed class JobOutcomes
{
    private const int IdsAtATime = 500;

    /// <param name="database">Where the jobs and models are; their tables are created.</param>
    public JobOutcomes(MetadataDatabase database)
    {
        _ = new JobStore(database);
        _ = new ModelStore(database);
    }

    /// <summary>The jobs of some firings.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="triggerIds">The firings.</param>
    public async Task<IReadOnlyList<JobOutcome>> ListAsync(MetadataSession session, IReadOnlyList<string> triggerIds)
    {
        var outcomes = new List<JobOutcome>();
        foreach (string[] ids in triggerIds.Chunk(IdsAtATime))
        {
            // A list as one parameter means different things to the two databases.
            var parameters = ids.Select((id, i) => KeyValuePair.Create($"id{i}", (object)id)).ToDictionary();
            var rows = await session.QueryAsync<Row>(
                $"""
                SELECT j.trigger_id TriggerId, j.job_id JobId, j.state State, j.started_at_us StartedAtUs, j.finished_at_us FinishedAtUs, m.state ModelState
                FROM jobs j LEFT JOIN models m ON m.job_id = j.job_id WHERE j.trigger_id IN ({string.Join(", ", parameters.Keys.Select(name => "@" + name))})
                """, parameters).ConfigureAwait(false);
            outcomes.AddRange(rows.Select(row => row.ToOutcome()));
        }

        return outcomes;
    }

    private sealed class Row
    {
        public string TriggerId { get; init; } = "";
        public string JobId { get; init; } = "";
        public string State { get; init; } = "";
        public long? StartedAtUs { get; init; }
        public long? FinishedAtUs { get; init; }
        public string? ModelState { get; init; }

        public JobOutcome ToOutcome() => new(
            TriggerId, JobId, Enum.Parse<JobState>(State, ignoreCase: true), ModelState == "registered",
            StartedAtUs is { } started ? UnixMicros.ToTime(started) : null, FinishedAtUs is { } finished ? UnixMicros.ToTime(finished) : null);
    }
}
