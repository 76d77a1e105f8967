using Mesh.Commands.CommandLines;
using Mesh.Commands.Triggers;
using Mesh.Console.Components;
using Mesh.Console.Hosting;
using Mesh.Console.Pages;
using Mesh.Model;

namespace Mesh.Console.Actions.Rules;

/// <summary>Fires a trigger rule by hand, for what was added since it last fired.</summary>
public sealed class FireRuleAction(ConsoleServices services) : ConsoleAction("fire-rule", "Fire a rule by hand")
{
    /// <inheritdoc/>
    public override IReadOnlyList<ActionField> Fields => [new("rule", "Rule") { IsRequired = true }, new("reason", "Why") { IsRequired = true, Hint = "Stands with the firing and with the job." }];

    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string rule = fields.Text("rule")!;
        var statuses = (await services.Triggers.ListAsync(cancellationToken).ConfigureAwait(false)).Where(status => status.Rule == rule).ToList();
        if (statuses.Count == 0) throw new MeshException("MESH6010", $"No topology in force has a trigger '{rule}'. `mesh triggers list` shows those there are.");
        var ranges = statuses.SelectMany(status => status.Ranges).Where(range => !range.IsEmpty).ToList();
        return new ActionPlan($"Fire {rule}", new FireRequest(fields.Text("reason")!).ToCommandLine(rule))
        {
            Facts = [("Rule", rule), ("Topology", statuses[0].Topology), ("By itself it is", string.Join("; ", statuses.Select(status => $"{status.State}: {status.Reason}"))), ("New rows", Format.Count(ranges.Sum(range => range.NewRows)))],
            Columns = ["Product", "After snapshot", "Up to snapshot", "New rows", "New recorded time"],
            Rows = [.. ranges.Select(range => (string[])[range.Product, Id(range.FromSnapshotId), Id(range.ToSnapshotId), Format.Count(range.NewRows), Format.Duration(range.NewDuration)])],
            Warnings =
            [
                .. ranges.Count > 0 && ranges.Sum(range => range.NewRows) == 0 ? ["No row is new: what was committed since only rewrote or erased rows."] : (string[])[],
                "Each firing asks for a job, which uses a pool and a budget. What it fires for does not count towards its next firing.",
            ],
            Verb = "Fire",
            Obstacle = statuses.Any(status => status.State == "pending") ? "It has a job at a time, and one has not ended yet: " + statuses.First(status => status.State == "pending").Reason
                : ranges.Count == 0 ? "Nothing has been added since it last fired, so there is nothing to fire for." : null,
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string rule = fields.Text("rule")!;
        var fired = await services.Triggers.FireAsync(rule, new FireRequest(fields.Text("reason") ?? ""), cancellationToken).ConfigureAwait(false);
        return new ActionOutcome($"{rule} fired for {string.Join(", ", fired.Select(firing => firing.Product))}: a job was asked for.", DataUrls.Rule(rule));
    }

    private static string Id(long snapshotId) => snapshotId == 0 ? "the beginning" : snapshotId.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
