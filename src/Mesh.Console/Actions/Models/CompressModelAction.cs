using Mesh.Commands.CommandLines;
using Mesh.Commands.Compression;
using Mesh.Console.Actions;
using Mesh.Console.Hosting;
using Mesh.Console.Pages.Models;
using Mesh.Training.Compression;
using Mesh.Training.Governance;

namespace Mesh.Console.Actions.Models;

/// <summary>Makes the variants of a version.</summary>
public sealed class CompressModelAction(ConsoleServices services) : ConsoleAction("compress-model", "Make variants")
{
    /// <inheritdoc/>
    public override IReadOnlyList<ActionField> Fields { get; } =
        [new("model", "Version") { IsRequired = true, Hint = "NAME, NAME@VERSION or NAME@ALIAS" }, new("profiles", "Profiles") { Hint = "Names between commas; empty for all profiles of the settings." }];

    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        var request = RequestOf(fields);
        var found = await services.Compression.GetVariantsAsync(fields.Text("model")!, cancellationToken).ConfigureAwait(false);
        var replaced = found.Variants.Where(variant => request.Profiles.Count == 0 || request.Profiles.Contains(variant.Manifest.Profile)).ToList();
        return new ActionPlan($"Make variants of {found.Model}", request.ToCommandLine(found.Model))
        {
            Facts = [("Profiles", request.Profiles.Count == 0 ? "all of the settings" : string.Join(", ", request.Profiles)), ("Variants that are replaced", Components.Format.Count(replaced.Count))],
            Columns = ["Profile", "Target", "Is now"],
            Rows = [.. replaced.Select(variant => (string[])[variant.Manifest.Profile, VariantNames.Of(variant.Manifest.Target), Pages.Jobs.JobText.Word(variant.Manifest.Status)])],
            Verb = "Make them",
            Obstacle = found.Compressions.Any(compression => compression.State is CompressionState.Queued or CompressionState.Running) ? "A compression of it is under way." : null,
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        var entry = await services.Compression.RequestAsync(fields.Text("model")!, RequestOf(fields), cancellationToken).ConfigureAwait(false);
        return new ActionOutcome("The variants were asked for; they appear here one by one.", $"{ModelText.Url(entry.Model, entry.Version)}?tab=variants");
    }

    private static CompressRequest RequestOf(FormFields fields) => new((fields.Text("profiles") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
