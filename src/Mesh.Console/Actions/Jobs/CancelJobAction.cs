using Mesh.Commands.CommandLines;
using Mesh.Commands.Jobs;
using Mesh.Console.Actions;
using Mesh.Console.Hosting;
using Mesh.Console.Pages.Jobs;
using Mesh.Training.Jobs;

namespace Mesh.Console.Actions.Jobs;

/// <summary>Ends a job for good.</summary>
public sealed class CancelJobAction(ConsoleServices services) : StopJobAction(services, "cancel-job", "Cancel a job")
{
    /// <inheritdoc/>
    protected override ActionPlan PlanOf(JobEntry job, StopRequest request) => new($"Cancel job {Components.Format.ShortId(job.JobId)}", JobLines.Cancel(request, job.JobId))
    {
        Warnings = job.State == JobState.Running ? ["The attempt that runs is stopped; what it has written as a checkpoint stays on disk, but the job does not go on."] : [],
        Verb = "Cancel the job",
        IsDestructive = true,
        Obstacle = job.State.IsEnd() ? $"The job has ended already: it {JobText.Word(job.State)}." : null,
    };

    /// <inheritdoc/>
    protected override Task<JobEntry> StopAsync(string jobId, StopRequest request, CancellationToken cancellationToken) => Services.Jobs.CancelAsync(jobId, request, cancellationToken);

    /// <inheritdoc/>
    protected override string Done => "The job was cancelled.";
}
