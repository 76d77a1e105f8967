using Mesh.Commands.CommandLines;
using Mesh.Commands.Jobs;
using Mesh.Console.Actions;
using Mesh.Console.Hosting;
using Mesh.Console.Pages.Jobs;
using Mesh.Training.Jobs;

namespace Mesh.Console.Actions.Jobs;

/// <summary>Has a running job make room; it goes on from its checkpoint later.</summary>
public sealed class PreemptJobAction(ConsoleServices services) : StopJobAction(services, "preempt-job", "Have a job make room")
{
    /// <inheritdoc/>
    protected override ActionPlan PlanOf(JobEntry job, StopRequest request) => new($"Have job {Components.Format.ShortId(job.JobId)} make room", JobLines.Preempt(request, job.JobId))
    {
        Warnings = ["It goes on from its last checkpoint once its pool has room again; what it did since is done again."],
        Verb = "Have it make room",
        Obstacle = job.State == JobState.Running ? null : $"Only a job that runs can make room; this one is {JobText.Word(job.State)}.",
    };

    /// <inheritdoc/>
    protected override Task<JobEntry> StopAsync(string jobId, StopRequest request, CancellationToken cancellationToken) => Services.Jobs.PreemptAsync(jobId, request, cancellationToken);

    /// <inheritdoc/>
    protected override string Done => "The job was told to make room.";
}
