using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Queries;
using Mesh.Commands.Replay;
using Mesh.Model;
using Mesh.Streaming.DeadLetters;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh deadletters list|show|replay|drop</c>.</summary>
internal static class DeadLettersCommand
{
    public static Command Create() => new("deadletters", "Messages and recordings that could not be processed: find them, correct the cause, bring them back.")
    {
        List(), Show(), Replay(), Drop(),
    };

    private static Command List()
    {
        var filter = new LetterFilterOptions();
        var state = new Option<string?>("--state") { Description = "open, replaying, replayed or dropped (default: all).", HelpName = "STATE" };
        state.AcceptOnlyFromAmong("open", "replaying", "replayed", "dropped");
        var limit = new Option<int>("--limit") { Description = "Most letters to show.", HelpName = "N", DefaultValueFactory = _ => 1_000 };
        return QueryCommand.Create("list", "Dead letters, oldest first.", [.. filter.All, state, limit], async (queries, parsed, cancellationToken) =>
        {
            int most = Math.Max(1, parsed.GetValue(limit));
            var wanted = ReadList(parsed);
            var letters = await queries.ListDeadLettersAsync(wanted, most, cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(letters);
            else if (letters.Count == 0) Terminal.Out.WriteLine(wanted.IsEmpty ? "No dead letters." : "No dead letter matches.");
            else
            {
                Printer.Table(
                    ["id", "state", "stage", "code", "recording", "channel", "sequence", "count", "reason"],
                    letters.Select(letter => (string[])
                    [
                        Short(letter.Id), letter.State, letter.Stage, letter.Code, Short(letter.IngestId), letter.Channel,
                        letter.Sequence < 0 ? "" : letter.Sequence.ToString(CultureInfo.InvariantCulture), letter.Count.ToString(CultureInfo.InvariantCulture), letter.Reason,
                    ]),
                    new HashSet<int> { 6, 7 });
                if (letters.Count == most) Terminal.Out.WriteLine($"These are the oldest {most:N0}; there may be more (--limit).");
            }

            return ExitCodes.Done;
        });
    }

    private static Command Show()
    {
        var id = new Argument<string>("ID") { Description = "Id of the letter, or the beginning of one." };
        var payload = new Option<string?>("--payload") { Description = "Save the payload, which must not overwrite anything; - is standard output.", HelpName = "FILE" };
        return QueryCommand.Create(
            "show", "Everything about one dead letter: where it came from, why, what to do, what has happened to it, and the message itself.", [id, payload],
            async (queries, parsed, cancellationToken) =>
            {
                var details = await queries.FindDeadLetterAsync(parsed.GetValue(id)!, cancellationToken).ConfigureAwait(false) ?? throw Unknown(parsed.GetValue(id)!);
                if (parsed.GetValue(payload) is { } file)
                {
                    await SaveAsync(await queries.ReadDeadLetterPayloadAsync(details.Letter.Id, cancellationToken).ConfigureAwait(false) ?? throw Unknown(details.Letter.Id), file, cancellationToken).ConfigureAwait(false);
                    if (file == "-") return ExitCodes.Done;
                }

                if (QueryCommand.WantsJson(parsed)) Printer.Json(details);
                else Print(details);
                return ExitCodes.Done;
            });
    }

    private static Command Replay()
    {
        var filter = new LetterFilterOptions();
        var ids = Ids();
        var topology = new Option<string?>("--topology") { Description = "Topology that decodes, NAME or NAME@V (default: the one each letter came from, as it was applied last).", HelpName = "NAME[@V]" };
        var wait = new Option<bool>("--wait") { Description = "Wait until it has ended." };
        return ReplayRequestCommand.Create(
            "replay", "Bring open dead letters back after the cause has been corrected. Messages join the tables that have the rest of their recording; a whole recording runs again.",
            [ids, .. filter.All, topology, wait],
            async (replays, queries, parsed, cancellationToken) =>
            {
                var replay = await replays.ReplayLettersAsync(ReadReplay(parsed), cancellationToken).ConfigureAwait(false);
                bool json = QueryCommand.WantsJson(parsed);
                if (parsed.GetValue(wait))
                {
                    return ReplayRequestCommand.PrintEnd(await ReplayRequestCommand.WaitAsync(queries, replay.Id, !json, cancellationToken).ConfigureAwait(false), json);
                }

                if (json) Printer.Json(replay);
                else Terminal.Out.WriteLine($"Replay {replay.Id} has begun: {replay.Description}.\n`mesh replay show {replay.Id}` tells how far it is.");
                return ExitCodes.Done;
            });
    }

    private static Command Drop()
    {
        var filter = new LetterFilterOptions();
        var ids = Ids();
        var reason = new Option<string>("--reason") { Description = "Why they are given up; kept with each.", HelpName = "TEXT", Required = true };
        var yes = new Option<bool>("--yes") { Description = "Do not ask, also when several are dropped." };
        return ReplayRequestCommand.Create(
            "drop", "Give open dead letters up. Their messages stay out of the lake, and the account goes on saying so.", [ids, .. filter.All, reason, yes],
            async (replays, queries, parsed, cancellationToken) =>
            {
                var request = ReadDrop(parsed);
                var open = await queries.ListDeadLettersAsync(request.Filter with { State = DeadLetterState.Open }, 2, cancellationToken).ConfigureAwait(false);
                if (open.Count > 1 && !parsed.GetValue(yes) && !Confirms()) return ExitCodes.Failed;
                var report = await replays.DropLettersAsync(request, cancellationToken).ConfigureAwait(false);
                if (QueryCommand.WantsJson(parsed)) Printer.Json(report);
                else Terminal.Out.WriteLine($"Dropped {report.Letters:N0} dead letters, {report.Messages:N0} messages: {report.Reason}");
                return ExitCodes.Done;
            });
    }

    /// <summary>What <c>mesh deadletters list</c> is asked for.</summary>
    internal static DeadLetterFilter ReadList(ParseResult parsed) => LetterFilterOptions.Read(parsed) with
    {
        State = parsed.GetValue<string?>("--state") is { } word ? Enum.Parse<DeadLetterState>(word, ignoreCase: true) : null,
    };

    /// <summary>What <c>mesh deadletters replay</c> is asked for.</summary>
    internal static LetterReplayRequest ReadReplay(ParseResult parsed) => new() { Filter = Meant(parsed), Topology = parsed.GetValue<string?>("--topology") };

    /// <summary>What <c>mesh deadletters drop</c> is asked for.</summary>
    internal static LetterDropRequest ReadDrop(ParseResult parsed) => new() { Filter = Meant(parsed), Reason = parsed.GetValue<string>("--reason")! };

    private static Argument<string[]> Ids() => new("ID") { Description = "Ids of letters, or the beginnings of some; or filters.", Arity = ArgumentArity.ZeroOrMore };

    // Everything is never meant by saying nothing.
    private static DeadLetterFilter Meant(ParseResult parsed)
    {
        var filter = LetterFilterOptions.Read(parsed, parsed.GetValue<string[]>("ID"));
        return filter.IsEmpty ? throw new UsageException("Name dead letters by id, or give a filter such as --recording ID or --code CODE.") : filter;
    }

    private static bool Confirms()
    {
        if (System.Console.IsInputRedirected) throw new UsageException("Several dead letters match: give --yes to drop them all.");
        Terminal.Error.Write("Several dead letters match. Drop them all? [y/N] ");
        return System.Console.ReadLine()?.Trim() is "y" or "Y" or "yes";
    }

    private static void Print(DeadLetterDetails details)
    {
        var letter = details.Letter;
        Printer.Facts(
        [
            ("dead letter", letter.Id),
            ("state", letter.State + (letter.Remaining < letter.Count && letter.Remaining > 0 ? string.Create(CultureInfo.InvariantCulture, $", {letter.Remaining:N0} of {letter.Count:N0} messages left") : "")),
            ("stands for", letter.Kind switch { "recording" => "a whole recording", "files" => "files of a recording that a table refused", "event" => "a record that is no event of its kind", _ => letter.Count == 1 ? "one message" : string.Create(CultureInfo.InvariantCulture, $"{letter.Count:N0} messages") }),
            ("stage", letter.Stage),
            ("topology", letter.Topology.Length > 0 ? $"{letter.Topology}@{letter.TopologyVersion}" : null),
            ("code", letter.Code),
            ("reason", letter.Reason),
            ("remedy", details.Remedy),
            ("recording", letter.IngestId),
            ("vehicle", letter.VehicleId),
            ("channel", letter.Channel),
            ("sequence", letter.Sequence < 0 ? null : letter.LastSequence > letter.Sequence ? $"{letter.Sequence} to {letter.LastSequence}" : $"{letter.Sequence}"),
            ("log time", letter.LogTimeNs == 0 ? null : $"{letter.LogTimeNs} ns"),
            ("schema", letter.SchemaName),
            ("attempts", letter.Attempts.ToString(CultureInfo.InvariantCulture)),
            ("event", details.Source),
            ("letter at", details.LetterAt),
            ("payload", string.Create(CultureInfo.InvariantCulture, $"{letter.PayloadBytes:N0} bytes{(details.PayloadUri.Length > 0 ? $" at {details.PayloadUri}" : "")}{(details.PayloadOffset > 0 ? $", byte {details.PayloadOffset:N0}" : "")}")),
            ("as hex", details.PayloadHex is { } hex ? Printer.OneLine(hex, 160) : null),
            ("decoded", details.Decoded?.GetRawText() is { } json ? Printer.OneLine(json) : null),
            ("but", details.PayloadProblem),
        ]);
        Printer.Table(
            ["when", "what", "detail", "topology"],
            details.History.Select(change => (string[])
            [
                change.At.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), change.Action.Replace('_', ' '), change.Detail,
                change.Topology.Length > 0 ? $"{change.Topology}@{change.TopologyVersion} {change.TopologyDigest}" : "",
            ]));
    }

    private static async Task SaveAsync(byte[] payload, string file, CancellationToken cancellationToken)
    {
        if (file != "-" && File.Exists(file)) throw new UsageException($"'{file}' exists: name another file, or remove it.");
        var output = file == "-" ? Terminal.OpenStandardOutput() : new FileStream(file, FileMode.CreateNew, FileAccess.Write);
        await using (output.ConfigureAwait(false)) await output.WriteAsync(payload, cancellationToken).ConfigureAwait(false);
    }

    private static string Short(string id) => id.Length > 12 ? id[..12] : id;

    private static MeshException Unknown(string id) => new("MESH11032", $"There is no dead letter '{id}'. `mesh deadletters list` shows them.");
}
