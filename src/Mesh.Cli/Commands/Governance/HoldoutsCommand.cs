using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Governance;
using Mesh.Training.Governance.Gates;

namespace Mesh.Cli.Commands.Governance;

/// <summary><c>mesh holdouts freeze|list</c>.</summary>
internal static class HoldoutsCommand
{
    public static Command Create() => new("holdouts", "Data set aside for comparing models, which no job trains on.") { Freeze(), List() };

    private static Command Freeze()
    {
        var name = new Argument<string>("NAME") { Description = "Name of the hold-out." };
        var table = new Option<string>("--table") { Description = "Table, or product.", HelpName = "TABLE", Required = true };
        var snapshot = new Option<string?>("--snapshot") { Description = "Snapshot id, branch or tag (default: the current one).", HelpName = "REF" };
        var filter = new Option<string?>("--filter") { Description = "Condition on the rows, for example \"vehicle_id = 'vehicle-3'\" (default: all rows).", HelpName = "CONDITION" };
        return GovernanceCommand.Change("freeze", "Freeze the rows of a table at a snapshot. Jobs that begin from then on leave their recordings out.", [name, table, snapshot, filter], async (governance, parsed, cancellationToken) =>
        {
            var holdout = await governance.FreezeAsync(Read(parsed), cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(holdout);
            else Print([holdout]);
            return ExitCodes.Done;
        });
    }

    /// <summary>What <c>mesh holdouts freeze</c> is asked for.</summary>
    internal static FreezeRequest Read(ParseResult parsed) =>
        new(parsed.GetValue<string>("NAME")!, parsed.GetValue<string>("--table")!, parsed.GetValue<string?>("--snapshot"), parsed.GetValue<string?>("--filter"));

    private static Command List() => GovernanceCommand.Ask("list", "The frozen hold-outs.", [], async (governance, parsed, cancellationToken) =>
    {
        var holdouts = await governance.ListHoldoutsAsync(cancellationToken).ConfigureAwait(false);
        if (QueryCommand.WantsJson(parsed)) Printer.Json(holdouts);
        else if (holdouts.Count == 0) Terminal.Out.WriteLine("No hold-outs yet. `mesh holdouts freeze NAME --table TABLE` makes one.");
        else Print(holdouts);
        return ExitCodes.Done;
    });

    private static void Print(IReadOnlyList<Holdout> holdouts) => Printer.Table(
        ["hold-out", "table", "snapshot", "filter", "files", "recordings", "digest", "frozen"],
        holdouts.Select(holdout => (string[])
        [
            holdout.Name, holdout.Table, holdout.SnapshotId, holdout.Filter, holdout.Files.Count.ToString(CultureInfo.InvariantCulture), holdout.Recordings.Count.ToString(CultureInfo.InvariantCulture),
            holdout.Digest[..16], holdout.FrozenAt.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
        ]),
        new HashSet<int> { 4, 5 });
}
