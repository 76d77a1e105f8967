using Mesh.Commands.CommandLines;
using Mesh.Commands.Replay;
using Mesh.Console.Actions;
using Mesh.Console.Components;
using Mesh.Console.Hosting;
using Mesh.Console.Pages.Flow;
using Mesh.Streaming.DeadLetters;

namespace Mesh.Console.Actions.Flow;

/// <summary>Gives dead letters up, with a reason.</summary>
public sealed class DropLettersAction(ConsoleServices services) : ConsoleAction("drop-letters", "Drop dead letters")
{
    private const int MostRows = 50;

    /// <inheritdoc/>
    public override IReadOnlyList<ActionField> Fields =>
        [new("reason", "Why they are given up") { IsRequired = true, IsLong = true, Hint = "Kept with each of them, in its history." }];

    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        var request = RequestOf(fields);
        var page = await services.Queries.ListDeadLettersAsync(
            new DeadLetterQuery { Filter = request.Filter with { State = DeadLetterState.Open }, PageSize = MostRows, Descending = false }, cancellationToken).ConfigureAwait(false);
        return new ActionPlan($"Drop {FlowText.Count(page.Total, "dead letter")}", request.ToCommandLine())
        {
            Facts = [("Open letters", Format.Count(page.Total)), ("Reason", request.Reason)],
            Warnings =
            [
                "What they stand for stays out of the lake for good: a dropped letter cannot be opened again, and its payload is deleted. The letter itself, its reason and its history stay.",
                .. page.Total > page.Items.Count ? [$"The table shows the first {page.Items.Count} of {Format.Count(page.Total)}; all of them are dropped."] : Array.Empty<string>(),
            ],
            Columns = ["Letter", "Stage", "Code", "Channel", "Messages", "Reason"],
            Rows = [.. page.Items.Select(letter => (IReadOnlyList<string>)[Format.ShortId(letter.Id), letter.Stage, letter.Code, letter.Channel, Format.Count(letter.Remaining), letter.Reason])],
            Verb = $"Drop {FlowText.Count(page.Total, "letter")}",
            IsDestructive = true,
            Obstacle = page.Total > 0 ? null : "No open letter matches: they may have been replayed or dropped meanwhile.",
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        var request = RequestOf(fields);
        var report = await services.Replays.DropLettersAsync(request, cancellationToken).ConfigureAwait(false);
        return new ActionOutcome($"Dropped {FlowText.Count(report.Letters, "dead letter")}, {FlowText.Count(report.Messages, "message")}.", LetterFields.ListUrl(request.Filter));
    }

    private static LetterDropRequest RequestOf(FormFields fields) => new() { Filter = LetterFields.Filter(fields), Reason = fields.Text("reason") ?? "" };
}
