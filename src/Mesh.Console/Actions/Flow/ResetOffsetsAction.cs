using Mesh.Commands.CommandLines;
using Mesh.Commands.EventLog;
using Mesh.Console.Actions;
using Mesh.Console.Components;
using Mesh.Console.Hosting;
using Mesh.Console.Pages.Flow;

namespace Mesh.Console.Actions.Flow;

/// <summary>Lets a group without members read a topic from another place, at exactly the offsets that the plan shows.</summary>
public sealed class ResetOffsetsAction(ConsoleServices services) : ConsoleAction("reset-offsets", "Reset offsets")
{
    private const string OwnPrefix = "mesh.";

    /// <inheritdoc/>
    public override IReadOnlyList<ActionField> Fields =>
    [
        new("group", "Group") { IsRequired = true },
        new("topic", "Topic") { IsRequired = true },
        new("to", "Where it reads next") { IsRequired = true, Hint = "earliest, latest, an offset, -N for the last N of each partition, a time such as 2026-03-01T12:00:00Z, or exact offsets such as 0:17,1:4." },
    ];

    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        var request = RequestOf(fields);
        var plan = await services.Topics.PlanResetAsync(request, cancellationToken).ConfigureAwait(false);
        return new ActionPlan($"Reset {request.Group} in {request.Topic}", (request with { To = plan.ExactPlace }).ToCommandLine())
        {
            Facts = [("Group", request.Group), ("Topic", request.Topic), ("Read again", FlowText.Count(plan.Again, "record")), ("Not read", FlowText.Count(plan.Skipped, "record"))],
            Warnings = [.. WarningsOf(request, plan)],
            Columns = ["Partition", "Before", "After", "Moves"],
            Rows = [.. plan.Changes.Select(change => (IReadOnlyList<string>)
            [
                Format.Count(change.Partition), change.Before is { } before ? Format.Count(before) : "none", Format.Count(change.After),
                change.Before is { } from ? (change.After - from) switch { 0 => "stays", > 0 and var more => "+" + Format.Count(more), var less => Format.Count(less) } : "begins",
            ])],
            Verb = "Set these offsets",
            IsDestructive = true,
            Obstacle = plan.Members.Count == 0 ? null : $"The group has {FlowText.Count(plan.Members.Count, "member")} ({string.Join(", ", plan.Members.Take(3).Select(member => $"{member.Client} at {member.Host}"))}). Offsets can be set only while none is active: stop them, then plan again.",
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        var plan = await services.Topics.PlanResetAsync(RequestOf(fields), cancellationToken).ConfigureAwait(false);
        await services.Topics.ResetAsync(plan, cancellationToken).ConfigureAwait(false);
        return new ActionOutcome($"Group {plan.Request.Group} reads {plan.Request.Topic} from {plan.ExactPlace} on.", $"/groups/{Uri.EscapeDataString(plan.Request.Group)}");
    }

    private static IEnumerable<string> WarningsOf(OffsetResetRequest request, OffsetPlan plan)
    {
        if (request.Group.StartsWith(OwnPrefix, StringComparison.Ordinal)) yield return "This is a group of Mesh itself. What it reads again it recognises and does not do twice; what it does not read is never worked on.";
        if (plan.Skipped > 0) yield return $"{FlowText.Count(plan.Skipped, "record")} will not be read by this group.";
    }

    private static OffsetResetRequest RequestOf(FormFields fields) => new(fields.Text("group") ?? "", fields.Text("topic") ?? "", fields.Text("to") ?? "");
}
