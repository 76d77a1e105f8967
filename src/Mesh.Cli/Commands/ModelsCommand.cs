using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Mesh.Cli.Commands.Compression;
using Mesh.Cli.Commands.Governance;
using Mesh.Cli.Output;
using Mesh.Commands;
using Mesh.Model;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh models</c>: the registry, and decisions about its versions.</summary>
internal static class ModelsCommand
{
    public static Command Create() => new("models", "Registered models: metrics, lineage, lifecycle, decisions.")
    {
        List(), Show(), ModelQuestionCommands.Status(), ModelQuestionCommands.Gates(), ModelDecisionCommands.Promote(), ModelDecisionCommands.Approve(),
        ModelDecisionCommands.Reject(), ModelDecisionCommands.Rollback(), ModelDecisionCommands.Alias(), ModelQuestionCommands.History(), ModelQuestionCommands.Lineage(),
        ModelQuestionCommands.CheckLifecycle(), CompressionCommands.Variants(), CompressionCommands.Compress(),
        HandoffCommands.HandOver(), HandoffCommands.Verify(), HandoffCommands.Trust(),
    };

    private static Command List()
    {
        return QueryCommand.Create("list", "Versions of models, newest first.", [], async (queries, parsed, cancellationToken) =>
        {
            var models = await queries.ListModelsAsync(cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(models);
            else if (models.Count == 0) Terminal.Out.WriteLine("No models yet. One is registered when a training job succeeds.");
            else
            {
                Printer.Table(
                    ["model", "version", "state", "metrics", "recordings", "job", "registered"],
                    models.Select(model => (string[])
                    [
                        model.Name, model.Version.ToString(CultureInfo.InvariantCulture), model.LifecycleState,
                        string.Join(", ", model.Metrics.Select(metric => $"{metric.Key} {metric.Value.ToString("0.###", CultureInfo.InvariantCulture)}")),
                        model.RecordingCount.ToString(CultureInfo.InvariantCulture), model.JobId[..Math.Min(12, model.JobId.Length)],
                        model.RegisteredAt.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
                    ]),
                    new HashSet<int> { 1, 4 });
            }

            return ExitCodes.Done;
        });
    }

    private static Command Show()
    {
        var name = new Argument<string>("NAME") { Description = "Name of the model." };
        var version = new Option<int?>("--version") { Description = "Version (default: the newest that is registered).", HelpName = "N" };
        return QueryCommand.Create("show", "Everything about one version, with the recordings it has seen, as JSON.", [name, version], async (queries, parsed, cancellationToken) =>
        {
            var model = await queries.FindModelAsync(parsed.GetValue(name)!, parsed.GetValue(version), cancellationToken).ConfigureAwait(false)
                ?? throw new MeshException("MESH11037", $"There is no model '{parsed.GetValue(name)}'{(parsed.GetValue(version) is { } number ? $" with version {number}" : "")}. `mesh models list` shows them.");
            Terminal.Out.WriteLine(JsonSerializer.Serialize(model, MeshJson.Indented));
            return ExitCodes.Done;
        });
    }
}
