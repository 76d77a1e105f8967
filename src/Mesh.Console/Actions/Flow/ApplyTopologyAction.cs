using System.Globalization;
using Mesh.Commands.CommandLines;
using Mesh.Commands.Topologies;
using Mesh.Console.Actions;
using Mesh.Console.Hosting;
using Mesh.Console.Pages.Flow;
using Mesh.Model;

namespace Mesh.Console.Actions.Flow;

/// <summary>Brings a topology into force: its text is planned first, and refused with every error that it has.</summary>
public sealed class ApplyTopologyAction(ConsoleServices services) : ConsoleAction("apply-topology", "Apply a topology")
{
    /// <summary>A file is longer than an address may be.</summary>
    public override bool PlansByPost => true;

    /// <inheritdoc/>
    public override IReadOnlyList<ActionField> Fields =>
    [
        new("yaml", "Text of the file") { IsRequired = true, IsLong = true, Rows = 24, FileTypes = ".yaml,.yml", Hint = "Paste it, or take it from a file. `metadata.version` decides whether tables of its own are made." },
        new("file", "Name of the file") { Hint = "For messages, and for the command line; topology.yaml when empty." },
    ];

    /// <inheritdoc/>
    public override async Task<FormFields> PrefillAsync(FormFields fields, CancellationToken cancellationToken)
    {
        if (fields.Text("yaml") is not null || fields.Text("from") is not { } from) return fields.Without("from");
        string[] parts = from.Split('@');
        int? version = parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
        var topology = await services.Topologies.FindAsync(parts[0], version, cancellationToken).ConfigureAwait(false);
        return topology is null ? fields.Without("from") : fields.Without("from").With(("yaml", topology.Yaml ?? ""), ("file", $"{topology.Name}.yaml"));
    }

    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        var request = RequestOf(fields);
        try
        {
            var plan = await services.Topologies.PlanAsync(request, cancellationToken).ConfigureAwait(false);
            return PlanOf(plan, request);
        }
        catch (MeshException exception) when (exception.Code == "MESH11040")
        {
            // One line for the count, then an error a line.
            string[] errors = exception.Message.Split('\n');
            return new ActionPlan("Apply a topology", TopologyLines.Plan(request))
            {
                Columns = ["What is wrong"],
                Rows = [.. errors.Skip(1).Select(error => (IReadOnlyList<string>)[error])],
                Obstacle = $"{errors[0]} Correct the text above and plan again.",
            };
        }
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        var plan = await services.Topologies.ApplyAsync(RequestOf(fields), cancellationToken).ConfigureAwait(false);
        return new ActionOutcome($"{plan.Name}@{plan.Version} is in force.", $"/topology/{plan.Name}?version={plan.Version}");
    }

    private static ActionPlan PlanOf(TopologyPlanView plan, TopologyRequest request) => new($"Apply {plan.Name}@{plan.Version}", TopologyLines.Apply(request))
    {
        Facts =
        [
            ("Topology", $"{plan.Name}@{plan.Version}"), ("What happens", plan.Action switch { "add" => "it comes into force", "change" => "it replaces the same version in force", _ => "nothing: the same is in force" }),
            ("Changes", Components.Format.Count(plan.Changes.Count(change => change.Action != "stay"))), ("Digest", plan.Digest),
        ],
        Warnings = plan.Notes,
        Columns = ["Change", "Kind", "Name", "Detail"],
        Rows = [.. plan.Changes.OrderBy(change => change.Action == "stay").Select(change => (IReadOnlyList<string>)[change.Action, change.Kind, change.Name, change.Detail])],
        Verb = $"Apply {plan.Name}@{plan.Version}",
        Obstacle = plan.Conflicts.Count > 0 ? string.Join(' ', plan.Conflicts) : plan.Action == "stay" ? "Nothing would change: the same text is in force already." : null,
    };

    private static TopologyRequest RequestOf(FormFields fields) => new(fields.Text("file") ?? "topology.yaml", fields.Text("yaml") ?? "");
}
