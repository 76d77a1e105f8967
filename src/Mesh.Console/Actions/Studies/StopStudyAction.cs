using Mesh.Commands.CommandLines;
using Mesh.Commands.Jobs;
using Mesh.Console.Actions;
using Mesh.Console.Hosting;
using Mesh.Console.Pages.Studies;
using Mesh.Training.Search;
using Mesh.Training.Studies;

namespace Mesh.Console.Actions.Studies;

/// <summary>Stops a study; it can be resumed.</summary>
public sealed class StopStudyAction(ConsoleServices services) : ConsoleAction("stop-study", "Stop a study")
{
    /// <inheritdoc/>
    public override IReadOnlyList<ActionField> Fields { get; } = [new("name", "Study") { IsRequired = true }, new("reason", "Reason") { IsRequired = true }];

    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        var study = await StudyFields.FindAsync(services, fields, cancellationToken).ConfigureAwait(false);
        return new ActionPlan($"Stop study {study.Name}", JobLines.StopStudy(RequestOf(fields), study.Name))
        {
            Facts = [("Trials that run", Components.Format.Count(study.Trials.Count(trial => trial.State == TrialState.Running))), ("Reason", RequestOf(fields).Reason)],
            Warnings = ["Trials that run are stopped and have no value. The study can be resumed."],
            Verb = "Stop the study",
            Obstacle = study.State == StudyState.Running ? null : $"It is {Pages.Jobs.JobText.Word(study.State)} already.",
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string name = fields.Text("name")!;
        await services.Studies.StopAsync(name, RequestOf(fields), cancellationToken).ConfigureAwait(false);
        return new ActionOutcome("The study was stopped.", StudyText.Url(name));
    }

    private static StopRequest RequestOf(FormFields fields) => new(fields.Text("reason") ?? "");
}
