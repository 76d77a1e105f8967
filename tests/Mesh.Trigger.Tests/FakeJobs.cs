using Mesh.Lakehouse.Metadata;

namespace Mesh.Trigger.Tests;

/// <summary>Jobs that the test begins and ends.</summary>
internal sealed class FakeJobs : IFiredJobs
{
    private readonly Dictionary<string, FiredJob> jobs = [];

    public void Begin(string triggerId) => jobs[triggerId] = new FiredJob(triggerId, $"job-{jobs.Count + 1}", false, false, TimeSpan.Zero);

    public void End(string triggerId, bool hasModel = true, TimeSpan ran = default) =>
        jobs[triggerId] = jobs.GetValueOrDefault(triggerId, new FiredJob(triggerId, $"job-{jobs.Count + 1}", false, false, default)) with { HasEnded = true, HasModel = hasModel, RunTime = ran };

    public Task<IReadOnlyList<FiredJob>> ListAsync(MetadataSession session, IReadOnlyList<string> triggerIds) =>
        Task.FromResult<IReadOnlyList<FiredJob>>([.. triggerIds.Where(jobs.ContainsKey).Select(id => jobs[id])]);
}
