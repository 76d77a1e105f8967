using Mesh.Commands.CommandLines;
using Mesh.Commands.Maintenance;
using Mesh.Console.Components;
using Mesh.Console.Hosting;
using Mesh.Console.Pages;
using Mesh.Lakehouse.Iceberg;

namespace Mesh.Console.Actions.Maintenance;

/// <summary>Creates or moves a branch or tag of a table.</summary>
public sealed class SetReferenceAction(ConsoleServices services) : TableAction("set-reference", "Name a snapshot")
{
    /// <inheritdoc/>
    public override IReadOnlyList<ActionField> Fields =>
    [
        TableField,
        new("name", "Name") { IsRequired = true },
        new("type", "Kind") { Choices = [("tag", "Tag: a name that stays where it is"), ("branch", "Branch: engines may commit to it")] },
        new("at", "Snapshot id, branch or tag") { Hint = "Empty for the current snapshot." },
        new("keep", "Keep for") { Hint = "Age of its snapshot from which expiry drops a tag, such as 90d; empty for the table's default." },
    ];

    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string table = TableOf(fields);
        var request = RequestOf(fields);
        var details = await services.Queries.FindTableAsync(table, cancellationToken).ConfigureAwait(false) ?? throw TableText.Unknown(table);
        var before = details.References.FirstOrDefault(reference => reference.Name == request.Name);
        var after = TableText.Snapshot(details, request.At);
        string type = request.Type == SnapshotRefType.Tag ? "tag" : "branch";
        return new ActionPlan($"{(before is null ? "Create" : "Move")} {type} {request.Name} of {table}", request.ToCommandLine(table))
        {
            Facts =
            [
                ("Table", details.Summary.Table), ("Before", before is null ? "there is no such name" : $"{before.Type} at {TableText.Id(before.SnapshotId)}"),
                ("After", $"{type} at {TableText.Id(after.SnapshotId)}"), ("Committed (UTC)", Format.Time(after.CommittedAt)), ("Rows there", Format.Count(after.TotalRows)),
            ],
            Warnings =
            [
                "The snapshot, and all files it has, stay for as long as the name does. Rows that are erased later are still in them.",
                .. before is not null && request.Name == "main" ? ["main is what is read when nothing is named: moving it changes what everybody sees. To go back, use the action for that; it keeps the ledger right."] : (string[])[],
            ],
            Verb = before is null ? "Create" : "Move",
            IsDestructive = before is not null,
            Obstacle = before?.SnapshotId == after.SnapshotId && before.Type == type ? "It names that snapshot already." : null,
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string table = TableOf(fields);
        var report = await services.Maintenance.SetReferenceAsync(table, RequestOf(fields), cancellationToken).ConfigureAwait(false);
        return new ActionOutcome($"{report.Name} names snapshot {TableText.Id(report.SnapshotId ?? 0)} now.", DataUrls.Product(table, "snapshots"));
    }

    private static ReferenceRequest RequestOf(FormFields fields) => new()
    {
        Name = fields.Text("name"), Type = fields.Text("type") == "branch" ? SnapshotRefType.Branch : SnapshotRefType.Tag, At = fields.Text("at"), KeepSeconds = Seconds(fields, "keep"),
    };
}
