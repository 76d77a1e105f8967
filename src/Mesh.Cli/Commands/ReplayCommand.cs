using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Queries;
using Mesh.Commands.Replay;
using Mesh.Model;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh replay start|list|show|pause|resume|stop</c>.</summary>
internal static class ReplayCommand
{
    public static Command Create() => new("replay", "Recordings again, through a newer version of a topology, into the version of its products beside the old one.")
    {
        Start(), List(), Show(),
        Change("pause", "Halt a replay; what is under way is finished.", ReplayState.Paused),
        Change("resume", "Let a halted replay go on.", ReplayState.Running),
        Change("stop", "End a replay; what it has done stays.", ReplayState.Stopped),
    };

    /// <summary>How far a replay is, in a line.</summary>
    public static string ProgressOf(ReplayEntry replay)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"{replay.Done + replay.Failed:N0} of {replay.Total:N0} recordings, {ByteSizeText.Format(replay.FinishedBytes)} of {ByteSizeText.Format(replay.TotalBytes)}, {replay.Rows:N0} rows");
        if (replay.Failed > 0) line += string.Create(CultureInfo.InvariantCulture, $", {replay.Failed:N0} failed");
        if (replay.RemainingSeconds is { } seconds) line += $", about {Duration(seconds)} to go";
        return line;
    }

    /// <summary>Prints a replay for people.</summary>
    public static void Print(ReplayDetails details)
    {
        var replay = details.Replay;
        Printer.Facts(
        [
            ("replay", replay.Id),
            ("of", replay.Description),
            ("through", replay.Topology.Length > 0 ? $"{replay.Topology}@{replay.TopologyVersion}" : "the topology of each letter, as it was applied last"),
            ("state", Word(replay.State)),
            ("progress", ProgressOf(replay)),
            ("limit", replay.BytesPerSecond is { } rate ? $"{ByteSizeText.Format(rate)}/s" : null),
            ("worked", replay.WorkedSeconds > 0 ? Duration(replay.WorkedSeconds) : null),
        ]);
        if (details.Items.Count == 0) return;
        Printer.Table(
            ["recording", "into", "what", "state", "rows", "reason"],
            details.Items.Select(item => (string[])
            [
                item.IngestId[..Math.Min(12, item.IngestId.Length)], $"{item.Topology}@{item.TopologyVersion}", item.Mode.ToString().ToLowerInvariant(), item.State.ToString().ToLowerInvariant(),
                item.Rows.ToString("N0", CultureInfo.InvariantCulture), item.Error,
            ]),
            new HashSet<int> { 4 });
    }

    private static Command Start()
    {
        var topology = new Option<string>("--topology") { Description = "Topology to go through, NAME or NAME@V.", HelpName = "NAME[@V]", Required = true };
        var recording = new Option<string[]>("--recording") { Description = "Recordings, by the beginning of their ids (default: all).", HelpName = "ID", AllowMultipleArgumentsPerToken = true };
        var vehicle = new Option<string?>("--vehicle") { Description = "Recordings of this vehicle.", HelpName = "ID" };
        var since = new Option<string?>("--since") { Description = "Recordings with messages logged at or after: 2026-11-30T08:00Z, or 2h for two hours ago.", HelpName = "TIME" };
        var until = new Option<string?>("--until") { Description = "Recordings with messages logged before.", HelpName = "TIME" };
        var rate = new Option<string?>("--rate") { Description = "Bytes of recordings read per second at most, such as 50MiB/s (default: no limit).", HelpName = "RATE" };
        var parallelism = new Option<int>("--parallelism") { Description = "Recordings worked on at a time.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var dryRun = new Option<bool>("--dry-run") { Description = "Show what would be replayed, and change nothing." };
        var wait = new Option<bool>("--wait") { Description = "Wait until it has ended." };
        return ReplayRequestCommand.Create(
            "start", "Replay recordings through a topology version. What that version has already is left out.",
            [topology, recording, vehicle, since, until, rate, parallelism, dryRun, wait],
            async (replays, queries, parsed, cancellationToken) =>
            {
                var request = Read(parsed);
                bool json = QueryCommand.WantsJson(parsed);
                var report = await replays.StartAsync(request, cancellationToken).ConfigureAwait(false);
                if (report.Replay is { } replay && parsed.GetValue(wait))
                {
                    return ReplayRequestCommand.PrintEnd(await ReplayRequestCommand.WaitAsync(queries, replay.Id, !json, cancellationToken).ConfigureAwait(false), json);
                }

                if (json) Printer.Json(report);
                else Print(report, request.DryRun);
                return ExitCodes.Done;
            });
    }

    /// <summary>What <c>mesh replay start</c> is asked for.</summary>
    internal static RecordingReplayRequest Read(ParseResult parsed) => new()
    {
        Topology = parsed.GetValue<string>("--topology")!,
        Recordings = parsed.GetValue<string[]>("--recording") is { Length: > 0 } ids ? ids : null,
        Vehicle = parsed.GetValue<string?>("--vehicle"),
        Since = LetterFilterOptions.Time(parsed.GetValue<string?>("--since"), "--since"),
        Until = LetterFilterOptions.Time(parsed.GetValue<string?>("--until"), "--until"),
        BytesPerSecond = Rate(parsed.GetValue<string?>("--rate")),
        Parallelism = parsed.GetValue<int>("--parallelism"),
        DryRun = parsed.GetValue<bool>("--dry-run"),
    };

    private static Command List()
    {
        var limit = new Option<int>("--limit") { Description = "Most replays to show.", HelpName = "N", DefaultValueFactory = _ => 20 };
        return QueryCommand.Create("list", "Replays, newest first, with their progress.", [limit], async (queries, parsed, cancellationToken) =>
        {
            var replays = await queries.ListReplaysAsync(Math.Max(1, parsed.GetValue(limit)), cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(replays);
            else if (replays.Count == 0) Terminal.Out.WriteLine("No replays yet: `mesh replay start --topology NAME@V`, or `mesh deadletters replay`.");
            else
            {
                Printer.Table(
                    ["replay", "started", "state", "through", "of", "progress"],
                    replays.Select(replay => (string[])
                    [
                        replay.Id, replay.CreatedAt.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), Word(replay.State),
                        replay.Topology.Length > 0 ? $"{replay.Topology}@{replay.TopologyVersion}" : "", replay.Description, ProgressOf(replay),
                    ]));
            }

            return ExitCodes.Done;
        });
    }

    private static Command Show()
    {
        var id = new Argument<string>("ID") { Description = "Id of the replay, or the beginning of one." };
        return QueryCommand.Create("show", "A replay and its recordings.", [id], async (queries, parsed, cancellationToken) =>
        {
            var details = await queries.FindReplayAsync(parsed.GetValue(id)!, cancellationToken).ConfigureAwait(false)
                ?? throw new MeshException("MESH2367", $"There is no replay '{parsed.GetValue(id)}'. `mesh replay list` shows them.");
            if (QueryCommand.WantsJson(parsed)) Printer.Json(details);
            else Print(details);
            return ExitCodes.Done;
        });
    }

    private static Command Change(string name, string description, ReplayState to)
    {
        var id = new Argument<string>("ID") { Description = "Id of the replay, or the beginning of one." };
        return ReplayRequestCommand.Create(name, description, [id], async (replays, _, parsed, cancellationToken) =>
        {
            var replay = await replays.ChangeAsync(parsed.GetValue(id)!, to, cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(replay);
            else Terminal.Out.WriteLine($"Replay {replay.Id} is {Word(replay.State)}: {ProgressOf(replay)}.");
            return ExitCodes.Done;
        });
    }

    private static void Print(RecordingReplayReport report, bool dryRun)
    {
        string leftOut = string.Concat(
            report.AlreadyThere > 0 ? $" {report.AlreadyThere:N0} are in {report.Topology} already." : "",
            report.Gone > 0 ? $" {report.Gone:N0} cannot be read again: retention has deleted them." : "",
            report.WithoutTimes > 0 ? $" {report.WithoutTimes:N0} have no row and so no known time." : "");
        string what = $"{report.Recordings:N0} recordings, {ByteSizeText.Format(report.Bytes)}, through {report.Topology}.";
        if (report.Replay is { } replay) Terminal.Out.WriteLine($"Replay {replay.Id} has begun: {what}{leftOut}\n`mesh replay show {replay.Id}` tells how far it is.");
        else if (dryRun) Terminal.Out.WriteLine($"Would replay {what}{leftOut}\nNothing has been changed. Without --dry-run it is done.");
        else Terminal.Out.WriteLine($"Nothing to replay.{leftOut}");
    }

    private static long? Rate(string? text)
    {
        if (text is null) return null;
        string size = text.EndsWith("/s", StringComparison.Ordinal) ? text[..^2] : text;
        return ByteSizeText.TryParse(size, out long bytes) && bytes > 0 ? bytes : throw new UsageException($"--rate is '{text}', but should be a size per second such as 50MiB/s.");
    }

    private static string Duration(double seconds)
    {
        var time = TimeSpan.FromSeconds(Math.Ceiling(seconds));
        return time.TotalHours >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours} h {time.Minutes} min")
            : time.TotalMinutes >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min {time.Seconds} s")
            : string.Create(CultureInfo.InvariantCulture, $"{time.Seconds} s");
    }

    private static string Word(ReplayState state) => state.ToString().ToLowerInvariant();
}
