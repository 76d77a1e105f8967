using Mesh.Commands.CommandLines;
using Mesh.Console.Actions;
using Mesh.Console.Hosting;
using Mesh.Console.Pages.Models;
using Mesh.Training.Governance;

namespace Mesh.Console.Actions.Models;

/// <summary>Evaluates the gates of a move without deciding anything; what they find is noted in the log, signed by the server.</summary>
public sealed class EvaluateGatesAction(ConsoleServices services) : ConsoleAction("evaluate-gates", "Evaluate gates")
{
    /// <inheritdoc/>
    public override IReadOnlyList<ActionField> Fields { get; } = [new("model", "Version") { IsRequired = true, Hint = "NAME@VERSION or NAME@ALIAS" }, new("to", "State to move to") { Hint = "Empty for the first move with gates." }];

    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        var status = await services.Governance.GetModelStatusAsync(fields.Text("model")!, cancellationToken).ConfigureAwait(false);
        var lifecycle = await services.Governance.GetLifecycleAsync(cancellationToken).ConfigureAwait(false);
        string? to = fields.Text("to");
        var move = lifecycle.Transitions.FirstOrDefault(move => move.From.Contains(status.State) && (to is null ? move.Gates.Count > 0 : move.To == to));
        return new ActionPlan($"Evaluate the gates of {status.Model}", GovernanceLines.Gates(status.Model, to ?? ""))
        {
            Facts = [("State", status.State), ("Move", move is null ? "none" : $"{status.State} → {move.To}"), ("Gates", Components.Format.Count(move?.Gates.Count ?? 0))],
            Columns = ["Gate", "Of"],
            Rows = [.. (move?.Gates ?? []).Select(gate => (string[])[gate.Name, gate.Metric])],
            Warnings = ["What is found is added to the decision log and stays there. It decides nothing."],
            Verb = "Evaluate",
            Obstacle = move is null ? (to is null ? $"From {status.State} no move has gates." : $"From {status.State} there is no move to {to}.") : null,
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        var report = await services.Governance.EvaluateAsync(fields.Text("model")!, fields.Text("to") ?? "", cancellationToken).ConfigureAwait(false);
        var model = ModelReference.Parse(report.Model);
        int blocking = report.Findings.Count(finding => finding.Blocks);
        return new ActionOutcome(
            blocking == 0 ? $"No gate stops {report.From} → {report.To}." : $"{blocking} of {report.Findings.Count} findings stop {report.From} → {report.To}.",
            $"{ModelText.Url(model.Name, model.Version ?? 0)}?tab=gates");
    }
}
