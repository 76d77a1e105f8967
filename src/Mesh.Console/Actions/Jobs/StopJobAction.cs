using Mesh.Commands.Jobs;
using Mesh.Console.Actions;
using Mesh.Console.Hosting;
using Mesh.Console.Pages.Jobs;
using Mesh.Training.Jobs;

namespace Mesh.Console.Actions.Jobs;

/// <summary>What ends an attempt at a job: asks for a reason, shows the job.</summary>
/// <param name="services">Acts through these.</param>
/// <param name="name">Name in the URL.</param>
/// <param name="title">What it is called.</param>
public abstract class StopJobAction(ConsoleServices services, string name, string title) : ConsoleAction(name, title)
{
    /// <inheritdoc/>
    public override IReadOnlyList<ActionField> Fields { get; } = [new("id", "Job") { IsRequired = true }, new("reason", "Reason") { IsRequired = true, Hint = "Stays with the job, for those who ask later." }];

    /// <summary>Acts through these.</summary>
    protected ConsoleServices Services { get; } = services;

    /// <summary>What to say once it is done.</summary>
    protected abstract string Done { get; }

    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        var job = await FindAsync(fields, cancellationToken).ConfigureAwait(false);
        var plan = PlanOf(job, RequestOf(fields));
        return plan with
        {
            Facts =
            [
                ("State", JobText.Word(job.State)), ("Makes", job.Model), ("Rule", job.Rule), ("Pool", job.Pool.Length > 0 ? job.Pool : "any that fits"),
                ("Attempts so far", Components.Format.Count(job.Attempts)), ("Reason", RequestOf(fields).Reason),
            ],
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        var job = await FindAsync(fields, cancellationToken).ConfigureAwait(false);
        await StopAsync(job.JobId, RequestOf(fields), cancellationToken).ConfigureAwait(false);
        return new ActionOutcome(Done, $"/jobs/{Uri.EscapeDataString(job.JobId)}");
    }

    /// <summary>The plan, without the facts.</summary>
    protected abstract ActionPlan PlanOf(JobEntry job, StopRequest request);

    /// <summary>Does it.</summary>
    protected abstract Task<JobEntry> StopAsync(string jobId, StopRequest request, CancellationToken cancellationToken);

    private static StopRequest RequestOf(FormFields fields) => new(fields.Text("reason") ?? "");

    private async Task<JobEntry> FindAsync(FormFields fields, CancellationToken cancellationToken) =>
        await Services.Queries.FindJobAsync(fields.Text("id") ?? "", cancellationToken).ConfigureAwait(false)
        ?? throw new Model.MeshException("MESH9011", $"There is no job '{fields.Text("id")}', or several begin so. `mesh jobs list` shows them.");
}
