using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Governance;
using Mesh.Commands.Handoff;
using Mesh.Commands.State;
using Mesh.Model;
using Mesh.Training.Handoff;
using Mesh.Training.Handoff.Signing;
using Mesh.Training.Handoff.Verification;

namespace Mesh.Cli.Commands.Governance;

/// <summary><c>mesh models handoff|verify|trust</c>.</summary>
internal static class HandoffCommands
{
    public static Command HandOver()
    {
        var model = GovernanceCommand.Model();
        var output = new Option<string>("--output", "-o") { Description = "Folder to write, which must not be there.", HelpName = "DIR", Required = true };
        return Create("handoff", "Write the bundle that a deployment team gets and verifies: model, variants, contract, provenance, evidence, signed.", [model, output], async (handoff, parsed, cancellationToken) =>
        {
            var result = await handoff.HandOverAsync(parsed.GetValue(model)!, parsed.GetValue(output)!, cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(result);
            else Print(result);
            return result.Report.Checks.Any(IsBroken) ? ExitCodes.Failed : ExitCodes.Done;
        });
    }

    public static Command Trust()
    {
        var output = new Option<string>("--output", "-o") { Description = "File to write.", HelpName = "FILE", Required = true };
        return Create("trust", "Write the file that says whose bundles to believe; bring it to the receiving side by another way than the bundles.", [output], async (handoff, parsed, cancellationToken) =>
        {
            var trust = await handoff.GetTrustAsync(cancellationToken).ConfigureAwait(false);
            string path = parsed.GetValue(output)!;
            AtomicFile.Write(path, trust.ToUtf8());
            if (QueryCommand.WantsJson(parsed)) Printer.Json(trust);
            else
            {
                Printer.Table(["key of", "fingerprint", "signs for"], trust.Signers.Select(signer => (string[])[signer.Name, signer.KeySha256, signer.Builders.Count == 0 ? "decisions" : string.Join(", ", signer.Builders)]));
                Terminal.Out.WriteLine($"{trust.Signers.Count} keys in {path}; lifecycle {string.Join(", ", trust.Policies)}");
            }

            return ExitCodes.Done;
        });
    }

    public static Command Verify()
    {
        var folder = new Argument<string>("DIR") { Description = "The bundle." };
        var trust = new Option<string?>("--trust") { Description = "File that says whose bundles to believe (`mesh models trust`); without it the bundle vouches for its own keys.", HelpName = "FILE" };
        var command = new Command("verify", "Verify a bundle with nothing but its files: no server, no database, no network.") { folder, trust, CommonOptions.Json() };
        command.SetAction(parsed =>
        {
            var report = HandoffVerifier.Verify(parsed.GetValue(folder)!, parsed.GetValue(trust) is { } path ? TrustFile.Read(path) : null, TimeProvider.System);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(report);
            else Print(report);
            return report.Passed ? ExitCodes.Done : ExitCodes.Failed;
        });
        return command;
    }

    private static Command Create(string name, string description, IReadOnlyList<Symbol> symbols, Func<IHandoff, ParseResult, CancellationToken, Task<int>> run)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument) command.Add(argument);
            else command.Add((Option)symbol);
        }

        var (server, data, token, config) = (CommonOptions.Server(), CommonOptions.Data(), CommonOptions.Token(), CommonOptions.Config());
        foreach (var option in new Option[] { server, data, token, config, CommonOptions.Json() }) command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            bool named = parsed.GetValue(server) is not null || Environment.GetEnvironmentVariable("MESH_SERVER") is not null;
            string? folder = parsed.GetValue(data);
            if (named || folder is null || ServerEndpoints.Find(folder) is not null)
            {
                using var remote = new HttpHandoff(CommonOptions.ServerAddress(parsed.GetValue(server), folder), CommonOptions.TokenOf(parsed.GetValue(token)));
                return await run(remote, parsed, cancellationToken).ConfigureAwait(false);
            }

            var governance = await LocalGovernance.OpenAsync(folder, CommonOptions.ReadSettings(parsed.GetValue(config)), forReading: true, cancellationToken).ConfigureAwait(false);
            await using (governance.ConfigureAwait(false)) return await run(governance.Handoff, parsed, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    // A claim that does not hold is no fault of the bundle that says so.
    private static bool IsBroken(HandoffCheck check) => check.Findings.Any(finding => finding.Code != "MESH9586");

    private static void Print(HandoffResult result)
    {
        Terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Report.Model} handed over: {result.Files} files, {result.Bytes:N0} bytes in {result.Folder}"));
        foreach (string variant in result.LeftOut) Terminal.Out.WriteLine($"left out: {variant}");
        Print(result.Report);
    }

    private static void Print(HandoffReport report)
    {
        Printer.Table(
            ["check", "looks at", "result", "found"],
            report.Checks.Select(check => (string[])[check.Name, check.Looks, check.Status switch { CheckStatus.Passed => "passed", CheckStatus.Failed => "FAILED", _ => "skipped" }, check.Reason]));
        foreach (var finding in report.Checks.SelectMany(check => check.Findings))
        {
            Terminal.Out.WriteLine($"{finding.Code} {finding.File}: {finding.Problem}");
            Terminal.Out.WriteLine($"  means: {finding.Meaning}");
            Terminal.Out.WriteLine($"  to do: {finding.Remedy}");
        }

        var own = report.OpenClaims.Where(claim => claim.Status != "customer_responsibility").ToList();
        if (own.Count > 0)
        {
            Terminal.Out.WriteLine("Not shown by the bundle:");
            Printer.Table(["claim", "status", "why", "who closes it"], own.Select(claim => (string[])[claim.Id, claim.Status, claim.Reason, claim.Owner]));
        }

        int theirs = report.OpenClaims.Count - own.Count;
        if (theirs > 0) Terminal.Out.WriteLine($"{theirs} claims are for the receiving side to show; {HandoffFiles.Index} names them.");
        string verdict = !report.Passed ? "REFUSED" : report.ReleaseEligible ? "sound, and every claim of the sending side is shown" : "sound, but not every claim of the sending side is shown";
        Terminal.Out.WriteLine($"{(report.Model.Length == 0 ? report.Folder : report.Model)}: {verdict}");
        if (!report.TrustedKeys) Terminal.Out.WriteLine("The keys are those the bundle brings along: --trust FILE says whom to believe.");
    }
}
