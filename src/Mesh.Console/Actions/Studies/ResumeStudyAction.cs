using Mesh.Commands.CommandLines;
using Mesh.Commands.Studies;
using Mesh.Console.Actions;
using Mesh.Console.Hosting;
using Mesh.Console.Pages.Studies;
using Mesh.Training.Studies;

namespace Mesh.Console.Actions.Studies;

/// <summary>Goes on with a study that was stopped or has ended.</summary>
public sealed class ResumeStudyAction(ConsoleServices services) : ConsoleAction("resume-study", "Resume a study")
{
    /// <inheritdoc/>
    public override IReadOnlyList<ActionField> Fields { get; } = [new("name", "Study") { IsRequired = true }, new("trials", "Trials there may be from now on") { Hint = "Empty for as many as before." }];

    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        var study = await StudyFields.FindAsync(services, fields, cancellationToken).ConfigureAwait(false);
        var request = RequestOf(fields);
        return new ActionPlan($"Resume study {study.Name}", request.ToCommandLine(study.Name))
        {
            Facts = [("Trials so far", Components.Format.Count(study.TrialCount)), ("At most", Components.Format.Count(request.Trials ?? study.MostTrials))],
            Verb = "Resume the study",
            Obstacle = study.State == StudyState.Running ? "It runs already." : null,
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string name = fields.Text("name")!;
        await services.Studies.ResumeAsync(name, RequestOf(fields), cancellationToken).ConfigureAwait(false);
        return new ActionOutcome("The study goes on.", StudyText.Url(name));
    }

    private static ResumeRequest RequestOf(FormFields fields) => new(fields.Number("trials") is { } trials ? (int)Math.Clamp(trials, 1, int.MaxValue) : null);
}
