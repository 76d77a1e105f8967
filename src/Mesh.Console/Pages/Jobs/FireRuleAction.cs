using Mesh.Commands.CommandLines;
using Mesh.Commands.Triggers;
using Mesh.Console.Actions;
using Mesh.Console.Hosting;
using Mesh.Trigger;

namespace Mesh.Console.Pages.Jobs;

/// <summary>Fires a trigger rule by hand, which asks for its job now.</summary>
public sealed class FireRuleAction(ConsoleServices services) : ConsoleAction("fire-rule", "Run a job by hand")
{
    /// <inheritdoc/>
    public override IReadOnlyList<ActionField> Fields { get; } =
        [new("rule", "Rule") { IsRequired = true, Hint = "Name of a trigger rule; its job learns from what was added since the rule last fired." }, new("reason", "Reason") { IsRequired = true, Hint = "Stays with the job, for those who ask later." }];

    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string rule = fields.Text("rule") ?? "";
        var all = await services.Triggers.ListAsync(cancellationToken).ConfigureAwait(false);
        TriggerStatus[] found = [.. all.Where(status => status.Rule == rule)];
        if (found.Length == 0) throw new Model.MeshException("MESH6010", $"There is no trigger rule '{rule}'; there {(all.Count == 0 ? "are none" : $"is {string.Join(", ", all.Select(status => status.Rule).Distinct().Take(10))}")}.");
        return new ActionPlan($"Fire rule {rule} by hand", new FireRequest(fields.Text("reason") ?? "").ToCommandLine(rule))
        {
            Facts = [("Topology", found[0].Topology), ("Reason", fields.Text("reason") ?? "")],
            Columns = ["Product", "State", "Of what it waits for", "Why", "New rows"],
            Rows =
            [
                .. found.Select(status => (string[])
                [
                    status.Product, status.State, $"{status.Percent} %", status.Reason, Components.Format.Count(status.Ranges.Sum(range => range.NewRows)),
                ]),
            ],
            Warnings = ["It asks for the job whatever the rule still waits for. The job's model is only registered if it passes the rule's gates."],
            Verb = "Fire the rule",
            Obstacle = found.All(status => status.Ranges.Count == 0) ? "Nothing was added since the rule last fired, so that there is nothing to learn from." : null,
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        await services.Triggers.FireAsync(fields.Text("rule")!, new FireRequest(fields.Text("reason") ?? ""), cancellationToken).ConfigureAwait(false);
        return new ActionOutcome($"Rule {fields.Text("rule")} was fired; its job appears here within seconds.", $"/jobs?q={Uri.EscapeDataString(fields.Text("rule")!)}");
    }
}
