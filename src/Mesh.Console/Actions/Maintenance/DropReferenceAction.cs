using Mesh.Commands.CommandLines;
using Mesh.Commands.Maintenance;
using Mesh.Console.Components;
using Mesh.Console.Hosting;
using Mesh.Console.Pages;
using Mesh.Model;

namespace Mesh.Console.Actions.Maintenance;

/// <summary>Drops a branch or tag of a table.</summary>
public sealed class DropReferenceAction(ConsoleServices services) : TableAction("drop-reference", "Drop a branch or tag")
{
    /// <inheritdoc/>
    public override IReadOnlyList<ActionField> Fields => [TableField, new("name", "Name") { IsRequired = true }];

    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string table = TableOf(fields);
        string name = fields.Text("name")!;
        var details = await services.Queries.FindTableAsync(table, cancellationToken).ConfigureAwait(false) ?? throw TableText.Unknown(table);
        var known = details.References.FirstOrDefault(reference => reference.Name == name)
            ?? throw new MeshException("MESH11036", $"{details.Summary.Table} has no branch or tag '{name}'. There are: {string.Join(", ", details.References.Select(reference => reference.Name))}.");
        var snapshot = details.Snapshots.FirstOrDefault(candidate => candidate.SnapshotId == known.SnapshotId);
        return new ActionPlan($"Drop {known.Type} {name} of {table}", new ReferenceRequest { Name = name }.ToCommandLine(table, drop: true))
        {
            Facts = [("Table", details.Summary.Table), ("Names snapshot", TableText.Id(known.SnapshotId)), ("Committed (UTC)", snapshot is null ? "unknown" : Format.Time(snapshot.CommittedAt)), ("Rows there", Format.Count(snapshot?.TotalRows ?? 0))],
            Warnings = ["The snapshot itself stays until it expires; without the name nothing else keeps it."],
            Verb = "Drop",
            IsDestructive = true,
            Obstacle = name == "main" ? "main is what is read when nothing is named; it cannot be dropped." : null,
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string table = TableOf(fields);
        var report = await services.Maintenance.DropReferenceAsync(table, new ReferenceRequest { Name = fields.Text("name") }, cancellationToken).ConfigureAwait(false);
        return new ActionOutcome($"{report.Name} was dropped.", DataUrls.Product(table, "snapshots"));
    }
}
