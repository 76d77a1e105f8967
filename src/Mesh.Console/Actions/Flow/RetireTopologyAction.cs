using System.Globalization;
using Mesh.Commands.CommandLines;
using Mesh.Commands.Topologies;
using Mesh.Console.Actions;
using Mesh.Console.Components;
using Mesh.Console.Hosting;
using Mesh.Console.Pages.Flow;
using Mesh.Model;

namespace Mesh.Console.Actions.Flow;

/// <summary>Takes a topology out of force.</summary>
public sealed class RetireTopologyAction(ConsoleServices services) : ConsoleAction("retire-topology", "Retire a topology")
{
    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        var (name, version) = Read(fields);
        var topology = await services.Topologies.FindAsync(name, version, cancellationToken).ConfigureAwait(false)
            ?? throw new MeshException("MESH2305", $"There is no topology '{fields.Text("topology")}'. `mesh topology list` shows those there are.");
        int active = (await services.Topologies.ListAsync(cancellationToken).ConfigureAwait(false)).Count(each => each.State == "active");
        return new ActionPlan($"Retire {topology.Name}@{topology.Version}", new RetireRequest(topology.Version).ToCommandLine(topology.Name))
        {
            Facts = [("Topology", $"{topology.Name}@{topology.Version}"), ("Reads", topology.SourceTopic), ("Group", topology.Group), ("Products", topology.Products.Count == 0 ? "none" : string.Join(", ", topology.Products))],
            Warnings = ["Its pipeline is drained and stopped: uploads accepted from then on do not reach its tables. Tables and products stay as they are. Applying it again goes on where it ended."],
            Verb = "Retire",
            IsDestructive = true,
            Obstacle = topology.State != "active" ? "It is not in force." : active == 1 ? "It is the only topology in force; without one uploads would wait for ever. Apply another first." : null,
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        var (name, version) = Read(fields);
        var topology = await services.Topologies.RetireAsync(name, new RetireRequest(version), cancellationToken).ConfigureAwait(false);
        return new ActionOutcome($"{topology.Name}@{topology.Version} is retired.", $"/topology/{topology.Name}?version={topology.Version}");
    }

    private static (string Name, int? Version) Read(FormFields fields)
    {
        string[] parts = (fields.Text("topology") ?? "").Split('@');
        return (parts[0], parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int version) ? version : null);
    }
}
