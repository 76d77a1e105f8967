using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Governance;

namespace Mesh.Cli.Commands.Governance;

/// <summary><c>mesh lineage vehicle|recording</c>: which models have seen it.</summary>
internal static class LineageCommand
{
    public static Command Create()
    {
        var vehicle = new Argument<string>("VEHICLE") { Description = "Pseudonym of the vehicle; a VIN where `privacy.vinKey` is set." };
        var recording = new Argument<string>("ID") { Description = "Ingest id, or the beginning of one." };
        return new Command("lineage", "Which models have seen a vehicle's data, or a recording. `mesh models lineage` is the other way.")
        {
            GovernanceCommand.Ask("vehicle", "Models that have seen a vehicle's recordings, released ones first.", [vehicle], async (governance, parsed, cancellationToken) =>
                Print(await governance.FindByVehicleAsync(parsed.GetValue(vehicle)!, cancellationToken).ConfigureAwait(false), QueryCommand.WantsJson(parsed))),
            GovernanceCommand.Ask("recording", "Models that have seen a recording, released ones first.", [recording], async (governance, parsed, cancellationToken) =>
                Print(await governance.FindByRecordingAsync(parsed.GetValue(recording)!, cancellationToken).ConfigureAwait(false), QueryCommand.WantsJson(parsed))),
        };
    }

    private static int Print(AffectedModelsView view, bool asJson)
    {
        if (asJson) Printer.Json(view);
        else if (view.Models.Count == 0)
        {
            Terminal.Out.WriteLine($"No model has seen {view.Of} {view.Id}{(view.Recordings == 0 ? ", of which nothing is known here" : "")}.");
        }
        else
        {
            Printer.Table(
                ["model", "state", "registered", "recordings seen", "SHA-256"],
                view.Models.Select(model => (string[])
                [
                    model.Model, model.State, model.RegisteredAt.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), model.Recordings.Count.ToString(CultureInfo.InvariantCulture), model.Sha256,
                ]),
                new HashSet<int> { 3 });
            Terminal.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{view.Models.Count} {(view.Models.Count == 1 ? "version has" : "versions have")} seen {view.Of} {view.Id}; released: {view.Models.Count(model => model.State == "released")}"));
        }

        return ExitCodes.Done;
    }
}
