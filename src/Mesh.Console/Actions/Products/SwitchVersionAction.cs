using Mesh.Commands.CommandLines;
using Mesh.Commands.Replay;
using Mesh.Console.Components;
using Mesh.Console.Hosting;
using Mesh.Console.Pages;
using Mesh.Model;

namespace Mesh.Console.Actions.Products;

/// <summary>Lets a product's name mean another version. Nothing is copied; switching back works as well.</summary>
public sealed class SwitchVersionAction(ConsoleServices services) : ConsoleAction("switch-version", "Switch the version of a product")
{
    /// <inheritdoc/>
    public override IReadOnlyList<ActionField> Fields =>
    [
        new("product", "Product") { IsRequired = true },
        new("to", "Version that its name is to mean") { IsRequired = true },
        new("reason", "Why") { Hint = "Kept with the switch." },
    ];

    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string product = fields.Text("product")!;
        var request = RequestOf(fields);
        var view = await services.Queries.FindProductVersionsAsync(product, cancellationToken).ConfigureAwait(false)
            ?? throw new MeshException("MESH11031", $"There is no data product '{product}' that a topology declares; tables by their own name have no versions.");
        var before = view.Versions.First(version => version.IsCurrent);
        var after = view.Versions.FirstOrDefault(version => version.Version == request.To)
            ?? throw new MeshException("MESH2371", $"{product} has no version {request.To}. There are: {string.Join(", ", view.Versions.Select(version => version.Version))}.");
        return new ActionPlan($"Let {product} mean version {after.Version}", request.ToCommandLine(product))
        {
            Facts = [("Product", product), ("Now", $"version {before.Version} of {before.Topology}"), ("Then", $"version {after.Version} of {after.Topology}")],
            Columns = ["", "Before", "After"],
            Rows = [["Table", before.Table, after.Table], ["Rows", Rows(before), Rows(after)]],
            Warnings = after.Rows < before.Rows ? [$"The version switched to has fewer rows: {Rows(after)} instead of {Rows(before)}."] : [],
            Verb = "Switch",
            Obstacle = after.Rows is null ? $"Version {after.Version} has no table yet, so that readers would find nothing. Fill it first: `mesh replay start --topology {after.Topology}`."
                : after.IsCurrent ? $"{product} means version {after.Version} already." : null,
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string product = fields.Text("product")!;
        var view = await services.Replays.SwitchAsync(product, RequestOf(fields), cancellationToken).ConfigureAwait(false);
        return new ActionOutcome($"{product} means version {view.Current} now.", DataUrls.Product(product, "versions"));
    }

    private static ProductSwitchRequest RequestOf(FormFields fields) => new() { To = (int)(fields.Number("to") ?? 0), Reason = fields.Text("reason") ?? "", By = "console" };

    private static string Rows(ProductVersionView version) => version.Rows is { } rows ? Format.Count(rows) : "none yet";
}
