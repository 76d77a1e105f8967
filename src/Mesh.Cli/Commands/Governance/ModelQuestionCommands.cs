using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Governance;
using Mesh.Model;
using Mesh.Streaming.Topologies;
using Mesh.Training.Governance.Lineage;
using Mesh.Training.Governance.Policy;
using Mesh.Training.Models;

namespace Mesh.Cli.Commands.Governance;

/// <summary><c>mesh models gates|status|history|lineage|lifecycle</c>.</summary>
internal static class ModelQuestionCommands
{
    public static Command Gates()
    {
        var model = GovernanceCommand.Model();
        var to = new Option<string>("--to") { Description = "State to move to (default: the next one that has gates).", HelpName = "STATE", DefaultValueFactory = _ => "" };
        return GovernanceCommand.Change("gates", "Evaluate the gates of a version's next move; what they find is noted in the decision log.", [model, to], async (governance, parsed, cancellationToken) =>
        {
            var report = await governance.EvaluateAsync(parsed.GetValue(model)!, parsed.GetValue(to)!, cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(report);
            else if (report.Findings.Count == 0) Terminal.Out.WriteLine($"{report.Model} is {report.From}; no move from there has gates.");
            else
            {
                Printer.Table(
                    ["gate", "of", "value", "asked for", "outcome", "why"],
                    report.Findings.Select(finding => (string[])
                    [
                        finding.Gate, finding.Name, Short(finding.Value ?? ""), Short(finding.Bound),
                        finding.Outcome switch { GateOutcome.Passed => "passed", GateOutcome.Failed => "FAILED", _ => finding.Blocks ? "NOT EVALUATED" : "nothing to compare" }, finding.Reason,
                    ]));
                Terminal.Out.WriteLine(report.Passed ? $"{report.Model}: no gate stops {report.From} -> {report.To}" : $"{report.Model}: {report.Findings.Count(finding => finding.Blocks)} gates stop {report.From} -> {report.To}");
            }

            return report.Passed ? ExitCodes.Done : ExitCodes.Failed;
        });
    }

    public static Command Status()
    {
        var model = GovernanceCommand.Model();
        return GovernanceCommand.Ask("status", "Where a version is in its lifecycle, what was decided about it, and what is missing.", [model], async (governance, parsed, cancellationToken) =>
        {
            var status = await governance.GetModelStatusAsync(parsed.GetValue(model)!, cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(status);
            else
            {
                Printer.Facts(
                [
                    ("model", status.Model), ("state", status.State), ("aliases", string.Join(", ", status.Aliases)), ("may go to", string.Join(", ", status.Next)),
                    (status.AwaitsApprovalTo.Length == 0 ? "" : $"for {status.AwaitsApprovalTo}", status.AwaitsApprovalTo.Length == 0 ? null : status.MissingApprovals ?? "all approvals are there"),
                ]);
                PrintDecisions(status.Decisions);
            }

            return ExitCodes.Done;
        });
    }

    public static Command History()
    {
        var name = GovernanceCommand.Name();
        return GovernanceCommand.Ask("history", "Which version of a model was released when, by whom and why; and its aliases.", [name], async (governance, parsed, cancellationToken) =>
        {
            var history = await governance.GetHistoryAsync(parsed.GetValue(name)!, cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(history);
            else
            {
                if (history.Releases.Count == 0) Terminal.Out.WriteLine($"No version of {history.Name} was released yet.");
                else
                {
                    Printer.Table(
                        ["version", "released by", "from", "until", "actor", "reason", "ended by"],
                        history.Releases.Select(entry => (string[])
                        [
                            entry.Version.ToString(CultureInfo.InvariantCulture), entry.Kind, Second(entry.From), entry.Until is null ? "now" : Second(entry.Until), entry.Actor, entry.Reason, entry.EndedBy ?? "",
                        ]),
                        new HashSet<int> { 0 });
                }

                foreach (var (alias, version) in history.Aliases) Terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{alias}  {history.Name}@{version}"));
            }

            return ExitCodes.Done;
        });
    }

    public static Command Lineage()
    {
        var model = GovernanceCommand.Model();
        return GovernanceCommand.Ask("lineage", "Where a version comes from: recordings with their vehicles, snapshots, job, trigger, code, files.", [model], async (governance, parsed, cancellationToken) =>
        {
            var lineage = await governance.GetLineageAsync(parsed.GetValue(model)!, cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(lineage);
            else Print(lineage);
            return ExitCodes.Done;
        });
    }

    public static Command CheckLifecycle()
    {
        var file = new Argument<string?>("FILE") { Description = "File to check (default: the lifecycle that Mesh ships).", Arity = ArgumentArity.ZeroOrOne };
        var json = CommonOptions.Json();
        var command = new Command("lifecycle", "Check a lifecycle file, and show its states and moves.") { file, json };
        command.SetAction(parsed =>
        {
            string? path = parsed.GetValue(file);
            Lifecycle lifecycle;
            if (path is null) lifecycle = Lifecycle.Default;
            else
            {
                if (!File.Exists(path)) throw new MeshException("MESH9610", $"There is no file '{path}'.");
                var errors = new TopologyErrors(path) { Subject = "The lifecycle" };
                if (Lifecycle.Parse(File.ReadAllText(path), errors) is not { } read)
                {
                    foreach (var error in errors.All) Terminal.Error.WriteLine(error.ToString());
                    return ExitCodes.Failed;
                }

                lifecycle = read;
            }

            if (parsed.GetValue(json))
            {
                Printer.Json(new
                {
                    lifecycle.Name, lifecycle.Sha256,
                    Transitions = lifecycle.Transitions.Select(move => new { move.From, move.To, move.Roles, Gates = move.Gates.Select(gate => gate.Name), move.Approvals }),
                });
                return ExitCodes.Done;
            }

            Printer.Table(
                ["from", "to", "roles", "gates", "approvals"],
                lifecycle.Transitions.Select(transition => (string[])
                [
                    string.Join(", ", transition.From), transition.To, transition.Roles.Count == 0 ? "any" : string.Join(", ", transition.Roles), string.Join(", ", transition.Gates.Select(gate => gate.Name)),
                    transition.Approvals is { } rule ? $"{rule.People} people{(rule.Roles.Count > 0 ? $" ({string.Join(", ", rule.Roles)})" : "")}{(rule.NotAuthor ? ", not the author" : "")}" : "",
                ]));
            Terminal.Out.WriteLine($"lifecycle {lifecycle.Name}, digest {lifecycle.Sha256}");
            return ExitCodes.Done;
        });
        return command;
    }

    public static void PrintDecisions(IReadOnlyList<DecisionView> decisions)
    {
        if (decisions.Count == 0) return;
        Printer.Table(
            ["entry", "at", "kind", "subject", "by", "roles", "reason"],
            decisions.Select(decision => (string[])
            [
                decision.Entry.Sequence.ToString(CultureInfo.InvariantCulture), Second(decision.Entry.At), decision.Entry.Kind.ToString().ToLowerInvariant(), Short(decision.Entry.Subject, 40), decision.Entry.Actor,
                string.Join(", ", decision.Entry.Roles), decision.Entry.Reason,
            ]),
            new HashSet<int> { 0 });
    }

    private static void Print(ModelLineage lineage)
    {
        Printer.Facts(
        [
            ("model", lineage.Model), ("state", lineage.State), ("registered", lineage.RegisteredAt.ToString("u", CultureInfo.InvariantCulture)), ("SHA-256", lineage.Sha256),
            ("job", lineage.Job.JobId), ("trigger", lineage.Job.Rule.Length == 0 ? lineage.Job.TriggerId : $"{lineage.Job.TriggerId}, rule {lineage.Job.Rule} of {lineage.Job.Topology}"),
            ("because", lineage.Job.Reason), ("trainer", lineage.Job.Trainer), ("code", $"mesh {lineage.Job.CodeVersion}"),
        ]);
        Printer.Table(
            ["product", "table", "snapshot", "rows"],
            lineage.Inputs.Select(input => (string[])[input.Product, input.Table, input.SnapshotId, input.Rows.ToString("N0", CultureInfo.InvariantCulture)]), new HashSet<int> { 3 });
        Printer.Table(
            ["recording", "vehicle", "session", "file", "consent"],
            lineage.Recordings.Select(recording => (string[])
            [
                recording.IngestId, recording.VehicleId, recording.Session, recording.FileName, recording.Withdrawn is null ? "" : $"withdrawn: {recording.Withdrawn}",
            ]));
        if (lineage.Artifacts.Count == 0) return;
        Printer.Table(
            ["file", "SHA-256", "bytes"],
            lineage.Artifacts.Select(artifact => (string[])[artifact.Path, artifact.Sha256, artifact.Bytes.ToString("N0", CultureInfo.InvariantCulture)]), new HashSet<int> { 2 });
    }

    private static string Short(string text, int longest = 24) => text.Length <= longest ? text : text[..(longest - 1)] + "…";

    private static string Second(string at) => at.Length > 19 ? at[..19].Replace('T', ' ') : at;
}
