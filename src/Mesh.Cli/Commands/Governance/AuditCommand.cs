using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Governance;
using Mesh.Model;
using Mesh.Training.Governance.Audit;

namespace Mesh.Cli.Commands.Governance;

/// <summary><c>mesh audit verify|export|list</c>.</summary>
internal static class AuditCommand
{
    public static Command Create() => new("audit", "The decision log: signed, chained, verifiable elsewhere.") { Verify(), Export(), List() };

    private static Command Verify()
    {
        var file = new Argument<string?>("FILE") { Description = "Exported log (default: the log of the server, or of --data).", Arity = ArgumentArity.ZeroOrOne };
        var keys = new Option<string?>("--keys") { Description = "Folder of the public keys that may have signed FILE.", HelpName = "DIR" };
        var anchor = new Option<string?>("--anchor") { Description = "Hash of an entry that is known from elsewhere and must be there.", HelpName = "HASH" };
        var command = new Command("verify", "Examine the decision log: nothing changed, removed, inserted, moved or cut off, and every signature right.") { file, keys, anchor };
        var (server, data, token, config) = (CommonOptions.Server(), CommonOptions.Data(), CommonOptions.Token(), CommonOptions.Config());
        foreach (var option in new Option[] { server, data, token, config, CommonOptions.Json() }) command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            AuditReport report;
            if (parsed.GetValue(file) is { } path)
            {
                var trusted = parsed.GetValue(keys) is { } folder ? AuditFile.ReadKeys(folder) : null;
                report = AuditFile.Verify(path, trusted, parsed.GetValue(anchor));
            }
            else
            {
                if (parsed.GetValue(keys) is not null) throw new UsageException("--keys is for a FILE. Export the log first: `mesh audit export -o FILE`.");
                var governance = await GovernanceCommand.OpenAsync(
                    parsed.GetValue(server), parsed.GetValue(data), parsed.GetValue(token), parsed.GetValue(config), forReading: true, cancellationToken).ConfigureAwait(false);
                await using (governance.ConfigureAwait(false)) report = await governance.VerifyAsync(parsed.GetValue(anchor), cancellationToken).ConfigureAwait(false);
            }

            if (QueryCommand.WantsJson(parsed)) Printer.Json(report);
            else Print(report, parsed.GetValue(file) is not null);
            return report.IsIntact ? ExitCodes.Done : ExitCodes.Failed;
        });
        return command;
    }

    private static Command Export()
    {
        var output = new Option<string>("--output", "-o") { Description = "File to write, JSON lines.", HelpName = "FILE", Required = true };
        return GovernanceCommand.Ask("export", "Write the decision log as a file that can be examined anywhere with the public keys.", [output], async (governance, parsed, cancellationToken) =>
        {
            string path = parsed.GetValue(output)!;
            string temporary = path + ".tmp";
            var file = File.Create(temporary);
            await using (file.ConfigureAwait(false)) await governance.ExportAsync(file, cancellationToken).ConfigureAwait(false);
            File.Move(temporary, path, overwrite: true);
            var report = AuditFile.Verify(path, null, null);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(report);
            else Terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.Entries} entries in {path}, the last one has hash {report.Head}"));
            return ExitCodes.Done;
        });
    }

    private static Command List()
    {
        var subject = new Option<string?>("--subject") { Description = "Only about this: NAME@VERSION, identity:NAME, holdout:NAME.", HelpName = "SUBJECT" };
        var limit = new Option<int>("--limit") { Description = "Most entries.", DefaultValueFactory = _ => 1000, HelpName = "N" };
        return GovernanceCommand.Ask("list", "Decisions, oldest first.", [subject, limit], async (governance, parsed, cancellationToken) =>
        {
            var decisions = await governance.ListDecisionsAsync(parsed.GetValue(subject), 0, parsed.GetValue(limit), cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(decisions);
            else if (decisions.Count == 0) Terminal.Out.WriteLine("Nothing was decided yet.");
            else ModelQuestionCommands.PrintDecisions(decisions);
            return ExitCodes.Done;
        });
    }

    private static void Print(AuditReport report, bool isFile)
    {
        foreach (var finding in report.Findings)
        {
            Terminal.Out.WriteLine(finding.Sequence == 0 ? finding.Problem : string.Create(CultureInfo.InvariantCulture, $"entry {finding.Sequence}: {finding.Problem}"));
        }

        Terminal.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{report.Entries} entries, {(report.IsIntact ? "intact" : $"{report.Findings.Count} findings")}; signed with {report.Keys.Count} keys; head {report.Head}"));
        if (isFile && !report.TrustedKeys) Terminal.Out.WriteLine("The keys are those the file brings along: --keys DIR says whose signatures to believe.");
    }
}
