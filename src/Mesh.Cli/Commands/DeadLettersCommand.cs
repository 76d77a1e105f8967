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
        return QueryCommand.Create("list", "Dead letters of all stages, oldest first.", [], async (queries, parsed, cancellationToken) =>
        {
            var letters = await queries.ListDeadLettersAsync(cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(letters);
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
        });
    }

    private static Command Show()
    {
        var id = new Argument<string>("ID") { Description = "Id of the letter, or the beginning of one." };
        return QueryCommand.Create("show", "Everything about one dead letter, as JSON.", [id], async (queries, parsed, cancellationToken) =>
        {
            var letters = await queries.ListDeadLettersAsync(cancellationToken).ConfigureAwait(false);
            var letter = letters.FirstOrDefault(candidate => candidate.Id.StartsWith(parsed.GetValue(id)!, StringComparison.Ordinal))
                ?? throw new MeshException("MESH11032", $"There is no dead letter '{parsed.GetValue(id)}'. `mesh deadletters list` shows them.");
            Printer.Json(letter);
            return ExitCodes.Done;
        });
    }
}
