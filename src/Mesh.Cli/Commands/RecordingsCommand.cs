using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Commands.Governance;
using Mesh.Cli.Output;
using Mesh.Commands.Queries;
using Mesh.Model;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh recordings list|show|clocks|signals|export|withdraw|withdrawn</c>.</summary>
internal static class RecordingsCommand
{
    public static Command Create() => new("recordings", "What was uploaded and what became of it.") { List(), Show(), Clocks(), RecordingSignalsCommands.Signals(), RecordingSignalsCommands.Export(), WithdrawCommands.Withdraw(), WithdrawCommands.Withdrawn() };

    private static Command List()
    {
        var limit = new Option<int>("--limit") { Description = "Most recordings.", DefaultValueFactory = _ => 100, HelpName = "N" };
        return QueryCommand.Create("list", "Recordings, newest first.", [limit], async (queries, parsed, cancellationToken) =>
        {
            var recordings = await queries.ListRecordingsAsync(parsed.GetValue(limit), cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(recordings);
            else if (recordings.Count == 0) Terminal.Out.WriteLine("No recordings yet. `mesh publish FILE --vehicle ID` uploads one.");
            else
            {
                Printer.Table(
                    ["ingest id", "vehicle", "file", "size", "state", "messages", "rows", "dead letters", "losses", "accepted"],
                    recordings.Select(recording => (string[])
                    [
                        recording.IngestId[..12], recording.VehicleId, recording.FileName, ByteSizeText.Format(recording.SizeBytes), recording.State,
                        Number(recording.MessagesIn), Number(recording.RowsOut), Number(recording.DeadLetters), Number(recording.LossCount),
                        recording.AcceptedAt.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
                    ]),
                    new HashSet<int> { 3, 5, 6, 7, 8 });
                if (recordings.Count == parsed.GetValue(limit)) Terminal.Error.WriteLine($"The newest {recordings.Count} are shown; `--limit N` shows more.");
            }

            return ExitCodes.Done;
        });
    }

    private static Command Show()
    {
        var id = new Argument<string>("ID") { Description = "Ingest id, or the beginning of one." };
        return QueryCommand.Create("show", "Where a recording is, channel by channel, and what it lost.", [id], async (queries, parsed, cancellationToken) =>
        {
            var recording = await queries.FindRecordingAsync(parsed.GetValue(id)!, cancellationToken).ConfigureAwait(false)
                ?? throw new MeshException("MESH11030", $"There is no recording '{parsed.GetValue(id)}'. `mesh recordings list` shows them.");
            if (QueryCommand.WantsJson(parsed)) Printer.Json(recording);
            else Print(recording);
            return ExitCodes.Done;
        });
    }

    private static Command Clocks()
    {
        var id = new Argument<string>("ID") { Description = "Ingest id, or the beginning of one." };
        return QueryCommand.Create("clocks", "What was estimated of the sensors' clocks: offset, drift, steps, with their bands, or why not.", [id], async (queries, parsed, cancellationToken) =>
        {
            var clocks = await RecordingClockViews.ReadAsync(queries, parsed.GetValue(id)!, cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(clocks);
            else if (clocks.Count == 0) Terminal.Out.WriteLine("No clocks were estimated for this recording. A topology asks for them with `clock: { estimate: true }` under decode or a synchronise item.");
            else ClockPrinter.Print(clocks);
            return ExitCodes.Done;
        });
    }

    private static void Print(RecordingView recording)
    {
        Printer.Facts(
        [
            ("ingest id", recording.IngestId),
            ("vehicle", recording.VehicleId),
            ("session", recording.Session),
            ("file", $"{recording.FileName}, {ByteSizeText.Format(recording.SizeBytes)}"),
            ("state", recording.Reason is null ? recording.State : $"{recording.State}: {recording.Reason}"),
            ("accepted", recording.AcceptedAt.ToString("u", CultureInfo.InvariantCulture)),
            ("committed", recording.CommittedAt?.ToString("u", CultureInfo.InvariantCulture)),
            ("landing object", recording.LandingDeletedAt is { } gone ? $"deleted by retention at {gone:u}" : null),
            ("uploaded again", recording.Duplicates > 0 ? $"{recording.Duplicates} times, dropped as duplicates" : null),
            ("messages", $"{Number(recording.MessagesIn)} = {Number(recording.RowsOut)} rows + {Number(recording.DeadLetters)} dead letters + {Number(recording.NotSelected)} not selected"),
            ("frames", Number(recording.FramesOut)),
            ("waits for", recording.Awaited.Count > 0 ? string.Join(", ", recording.Awaited) : null),
        ]);
        if (recording.Runs.Count > 0)
        {
            Printer.Table(
                ["topology", "state", "messages", "rows", "frames", "dead letters", "not selected", "committed"],
                recording.Runs.Select(run => (string[])
                [
                    $"{run.Topology}@{run.TopologyVersion}", run.State, Number(run.MessagesIn), Number(run.RowsOut), Number(run.FramesOut), Number(run.DeadLetters),
                    Number(run.NotSelected), run.CommittedAt?.ToString("u", CultureInfo.InvariantCulture) ?? "",
                ]),
                new HashSet<int> { 2, 3, 4, 5, 6 });
        }

        if (recording.Channels.Count > 0)
        {
            Printer.Table(
                ["channel", "schema", "table", "messages", "rows", "dead letters", "sensor time"],
                recording.Channels.Select(channel => (string[])
                [
                    channel.Channel, channel.Schema, channel.Table, Number(channel.MessagesIn), Number(channel.RowsOut), Number(channel.DeadLetters), channel.TimeBase,
                ]),
                new HashSet<int> { 3, 4, 5 });
        }

        PrintSynchronised(recording);
        foreach (var loss in recording.Losses) Terminal.Out.WriteLine($"lost {loss}");
    }

    private static void PrintSynchronised(RecordingView recording)
    {
        var inputs = recording.Runs.SelectMany(run => run.Synchronised.Select(input => (Run: run, Input: input))).ToList();
        if (inputs.Count == 0) return;
        Printer.Table(
            ["frames of", "input", "frames", "with a value", "interpolated", "mean error", "largest error", "without a value", "samples", "in no frame"],
            inputs.Select(item => (string[])
            [
                recording.Runs.Count > 1 ? $"{item.Input.Group}@{item.Run.TopologyVersion}" : item.Input.Group, item.Input.Input, Number(item.Input.Frames),
                Number(item.Input.Matched), Number(item.Input.Interpolated), Milliseconds(item.Input.MeanMatchErrorNs), Milliseconds(item.Input.MaxMatchErrorNs),
                Reasons(item.Input.Missing), Number(item.Input.Samples), Reasons(item.Input.Unmatched),
            ]),
            new HashSet<int> { 2, 3, 4, 5, 6, 8 });
    }

    private static string Milliseconds(long nanoseconds) => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e6:0.###} ms");

    private static string Reasons(IReadOnlyDictionary<string, long> counts) => string.Join(", ", counts.Select(count => $"{Number(count.Value)} {count.Key}"));

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
