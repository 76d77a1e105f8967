using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Model;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh deadletters list|show</c>.</summary>
internal static class DeadLettersCommand
{
    public static Command Create() => new("deadletters", "Messages and recordings that could not be processed, with their coordinates.") { List(), Show() };

    private static Command List()
    {
        var (server, data, token, json) = (CommonOptions.Server(), CommonOptions.Data(), CommonOptions.Token(), CommonOptions.Json());
        var command = new Command("list", "Dead letters of all stages, oldest first.") { server, data, token, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var queries = await CommonOptions.OpenQueriesAsync(parsed.GetValue(server), parsed.GetValue(data), parsed.GetValue(token), cancellationToken).ConfigureAwait(false);
            await using (queries.ConfigureAwait(false))
            {
                var letters = await queries.ListDeadLettersAsync(cancellationToken).ConfigureAwait(false);
                if (parsed.GetValue(json)) Printer.Json(letters);
                else if (letters.Count == 0) Terminal.Out.WriteLine("No dead letters.");
                else
                {
                    Printer.Table(
                        ["id", "stage", "code", "recording", "channel", "sequence", "count", "reason"],
                        letters.Select(letter => (string[])
                        [
                            letter.Id[..12], letter.Stage, letter.Code, letter.IngestId.Length > 12 ? letter.IngestId[..12] : letter.IngestId, letter.Channel,
                            letter.Sequence < 0 ? "" : letter.Sequence.ToString(CultureInfo.InvariantCulture), letter.Count.ToString(CultureInfo.InvariantCulture), letter.Reason,
                        ]),
                        new HashSet<int> { 5, 6 });
                }

                return ExitCodes.Done;
            }
        });
        return command;
    }

    private static Command Show()
    {
        var id = new Argument<string>("ID") { Description = "Id of the letter, or the beginning of one." };
        var (server, data, token) = (CommonOptions.Server(), CommonOptions.Data(), CommonOptions.Token());
        var command = new Command("show", "Everything about one dead letter, as JSON.") { id, server, data, token };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var queries = await CommonOptions.OpenQueriesAsync(parsed.GetValue(server), parsed.GetValue(data), parsed.GetValue(token), cancellationToken).ConfigureAwait(false);
            await using (queries.ConfigureAwait(false))
            {
                var letters = await queries.ListDeadLettersAsync(cancellationToken).ConfigureAwait(false);
                var letter = letters.FirstOrDefault(candidate => candidate.Id.StartsWith(parsed.GetValue(id)!, StringComparison.Ordinal))
                    ?? throw new MeshException("MESH11032", $"There is no dead letter '{parsed.GetValue(id)}'. `mesh deadletters list` shows them.");
                Printer.Json(letter);
                return ExitCodes.Done;
            }
        });
        return command;
    }
}
