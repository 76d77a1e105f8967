using Mesh.Commands.CommandLines;
using Mesh.Commands.Replay;
using Mesh.Console.Actions;
using Mesh.Console.Components;
using Mesh.Console.Hosting;
using Mesh.Console.Pages.Flow;
using Mesh.Model;

namespace Mesh.Console.Actions.Flow;

/// <summary>Brings dead letters back after their cause was corrected.</summary>
public sealed class ReplayLettersAction(ConsoleServices services) : ConsoleAction("replay-letters", "Replay dead letters")
{
    private const int MostRows = 200;

    /// <inheritdoc/>
    public override IReadOnlyList<ActionField> Fields =>
    [
        new("topology", "Topology that decodes") { Hint = "NAME or NAME@V. Empty: the one that each letter came from, as it was applied last." },
    ];

    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        var request = RequestOf(fields);
        var plan = await services.Replays.PlanLettersAsync(request, cancellationToken).ConfigureAwait(false);
        int letters = plan.Steps.Sum(step => step.Letters), refused = plan.Refused.Sum(refusal => refusal.Letters);
        var rows = plan.Steps.Take(MostRows).Select(step => (IReadOnlyList<string>)
        [
            step.FileName, Format.ShortId(step.IngestId), step.Topology, HowOf(step.Mode), Format.Count(step.Letters), Format.Count(step.Messages), Format.Bytes(step.SizeBytes),
        ]);
        return new ActionPlan($"Replay {FlowText.Count(letters, "dead letter")}", request.ToCommandLine())
        {
            Facts =
            [
                ("Dead letters", Format.Count(letters)), ("Messages", Format.Count(plan.Steps.Sum(step => step.Messages))), ("Recordings read again", Format.Count(plan.Steps.Select(step => step.IngestId).Distinct().Count())),
                ("Bytes read", Format.Bytes(plan.Steps.Sum(step => step.SizeBytes))), ("Decoded by", plan.Through.Length > 0 ? plan.Through : "the topology of each letter"), ("Left out", refused == 0 ? "none" : FlowText.Count(refused, "letter")),
            ],
            Warnings = [.. WarningsOf(plan)],
            Columns = ["File", "Recording", "Into", "How", "Letters", "Messages", "Size"],
            Rows = [.. rows],
            Verb = $"Replay {FlowText.Count(letters, "letter")}",
            Obstacle = letters > 0 ? null : "None of them can be replayed; the reasons are above.",
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        var replay = await services.Replays.ReplayLettersAsync(RequestOf(fields), cancellationToken).ConfigureAwait(false);
        return new ActionOutcome($"Replay {replay.Id} has begun: {replay.Description}.", $"/replays/{replay.Id}");
    }

    private static LetterReplayRequest RequestOf(FormFields fields) => new() { Filter = LetterFields.Filter(fields), Topology = fields.Text("topology"), LeaveOut = true };

    private static IEnumerable<string> WarningsOf(LetterReplayPlan plan)
    {
        foreach (var refusal in plan.Refused.Take(MostRows)) yield return $"{FlowText.Count(refusal.Letters, "letter")} left out ({refusal.Code}): {refusal.Reason}";
        if (plan.Steps.Any(step => step.Mode == ReplayItemMode.Messages)) yield return "Messages join the tables that have the rest of their recording. Frames of synchronised tables are not made again; for those replay the whole recording into a new version.";
        if (plan.Steps.Count > MostRows) yield return $"The table shows the first {MostRows} of {Format.Count(plan.Steps.Count)} recordings; all of them are replayed.";
    }

    private static string HowOf(ReplayItemMode mode) => mode switch
    {
        ReplayItemMode.Whole => "the whole recording",
        ReplayItemMode.Files => "its refused files",
        _ => "only these messages",
    };
}
