using Mesh.Commands.CommandLines;
using Mesh.Commands.Maintenance;
using Mesh.Console.Components;
using Mesh.Console.Hosting;
using Mesh.Console.Pages;
using Mesh.Model;

namespace Mesh.Console.Actions.Maintenance;

/// <summary>Arranges the manifests of a table by partition, so that scans read few of them.</summary>
public sealed class RewriteManifestsAction(ConsoleServices services) : TableAction("rewrite-manifests", "Arrange the manifests of a table")
{
    /// <inheritdoc/>
    public override IReadOnlyList<ActionField> Fields => [TableField];

    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string table = TableOf(fields);
        var report = await services.Maintenance.RewriteManifestsAsync(table, new DryRunRequest(true), cancellationToken).ConfigureAwait(false);
        return new ActionPlan($"Arrange the manifests of {table}", MaintenanceLines.Manifests(new DryRunRequest(false), table))
        {
            Facts =
            [
                ("Table", report.Table), ("Manifests", $"{report.ManifestsBefore} → about {report.ManifestsAfter}"), ("Manifests rewritten", Format.Count(report.Rewritten)),
                ("Files listed in them", Format.Count(report.Entries)), ("Data files", "none is touched"),
            ],
            Verb = "Arrange",
            Obstacle = report.Rewritten == 0 ? "The manifests are fine as they are." : null,
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string table = TableOf(fields);
        var report = await services.Maintenance.RewriteManifestsAsync(table, new DryRunRequest(false), cancellationToken).ConfigureAwait(false);
        return Done($"{report.ManifestsBefore} manifests became {report.ManifestsAfter}.", table);
    }
}
