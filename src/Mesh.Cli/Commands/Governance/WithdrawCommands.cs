using System.CommandLine;
using Mesh.Cli.Output;
using Mesh.Commands.Governance;
using Mesh.Model;
using Mesh.Training.Governance;

namespace Mesh.Cli.Commands.Governance;

/// <summary><c>mesh recordings withdraw|withdrawn</c>.</summary>
internal static class WithdrawCommands
{
    public static Command Withdraw()
    {
        var ids = new Argument<string[]>("ID") { Description = "Ingest ids, or beginnings of them.", Arity = ArgumentArity.ZeroOrMore };
        var file = new Option<string?>("--file") { Description = "File with an ingest id a line; what follows a space or '#' is left aside.", HelpName = "FILE" };
        return GovernanceCommand.Decide(
            "withdraw", "Note that the consent to use recordings was withdrawn: no model that saw one passes its consent gate from then on.", [ids, file],
            Read,
            async (governance, request, cancellationToken) => request with { Recordings = await governance.ResolveRecordingsAsync(request.Recordings, cancellationToken).ConfigureAwait(false) },
            async (governance, decision, cancellationToken) =>
            {
                var recordings = decision.Details["recordings"]!.AsArray().Select(id => id!.GetValue<string>()).ToList();
                var affected = new List<string>();
                foreach (string id in recordings)
                {
                    affected.AddRange((await governance.FindByRecordingAsync(id, cancellationToken).ConfigureAwait(false)).Models.Select(model => $"{model.Model} ({model.State})"));
                }

                return $"{recordings.Count} recordings withdrawn; {(affected.Count == 0 ? "no model has seen them" : $"models that have seen one: {string.Join(", ", affected.Distinct())}")}";
            });
    }

    public static Command Withdrawn() => GovernanceCommand.Ask("withdrawn", "Recordings whose consent was withdrawn.", [], async (governance, parsed, cancellationToken) =>
    {
        var withdrawn = await governance.ListWithdrawalsAsync(cancellationToken).ConfigureAwait(false);
        if (QueryCommand.WantsJson(parsed)) Printer.Json(withdrawn);
        else if (withdrawn.Count == 0) Terminal.Out.WriteLine("Consent was withdrawn for no recording.");
        else Printer.Table(["recording", "reason"], withdrawn.Select(one => (string[])[one.IngestId, one.Reason]));
        return ExitCodes.Done;
    });

    /// <summary>What <c>mesh recordings withdraw</c> is asked for.</summary>
    internal static GovernanceRequest Read(ParseResult parsed)
    {
        List<string> named = [.. parsed.GetValue<string[]>("ID")!];
        if (parsed.GetValue<string?>("--file") is { } path) named.AddRange(ReadFile(path));
        if (named.Count == 0) throw new UsageException("Name recordings, or give --file.");
        return GovernanceCommand.Request(GovernanceAction.Withdraw, parsed) with { Recordings = named };
    }

    private static IEnumerable<string> ReadFile(string path)
    {
        try
        {
            return File.ReadAllLines(path).Select(line => line.Split([' ', '\t', '#'])[0].Trim()).Where(id => id.Length > 0);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH9633", $"'{path}' cannot be read: {exception.Message}", innerException: exception);
        }
    }
}
