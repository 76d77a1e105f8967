using System.CommandLine;
using Mesh.Cli.Doctor;
using Mesh.Cli.Output;
using Mesh.Commands.Inspect;
using Mesh.Formats;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh doctor [FILE]</c>: a recording's structure, or the installation.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var file = new Argument<string?>("FILE") { Description = "A recording; without it, the installation is examined.", Arity = ArgumentArity.ZeroOrOne };
        var json = CommonOptions.Json();
        var (data, config) = (CommonOptions.Data(), CommonOptions.Config());
        var command = new Command("doctor", "Examine a recording's structure, or without FILE the installation.") { file, data, config, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(file) is not { } path) return await ExamineInstallationAsync(parsed.GetValue(data), parsed.GetValue(config), parsed.GetValue(json), cancellationToken).ConfigureAwait(false);
            var report = await ProgressBar.RunAsync("doctor", progress => RecordingExaminer.ExamineAsync(path, new RecordingReaderOptions(), progress, cancellationToken)).ConfigureAwait(false);
            if (parsed.GetValue(json)) Printer.Json(report);
            else Print(report);
            return report.Losses.Count > 0 ? ExitCodes.DataLoss : report.Findings.Any(finding => finding.Severity == FindingSeverity.Error) ? ExitCodes.Failed : ExitCodes.Done;
        });
        return command;
    }

    private static void Print(DoctorReport report)
    {
        foreach (var finding in report.Findings)
        {
            Terminal.Out.WriteLine($"{finding.Severity.ToString().ToLowerInvariant(),-7} {finding.Code}{(finding.Offset is { } offset ? $" at byte {offset:N0}" : "")}: {finding.Text}");
        }

        foreach (var loss in report.Losses) Terminal.Out.WriteLine($"lost    {loss}");
        string verdict = report.Losses.Count > 0 ? $"damaged in {report.Losses.Count:N0} places, intact are"
            : report.Findings.Any(finding => finding.Severity == FindingSeverity.Error) ? "breaks its specification, but nothing is lost:" : "sound,";
        Terminal.Out.WriteLine($"{report.File}: {verdict} {report.Messages:N0} messages on {report.Channels:N0} channels");
        if (report.Losses.Count > 0) Terminal.Out.WriteLine($"`mesh recover {report.File} -o OUT` writes what is intact into a clean recording.");
    }

    private static async Task<int> ExamineInstallationAsync(string? data, string? config, bool json, CancellationToken cancellationToken)
    {
        var checks = await new InstallationExaminer(data, config).ExamineAsync(cancellationToken).ConfigureAwait(false);
        if (json) Printer.Json(checks);
        else
        {
            Printer.Table(["part", "", "finding"], checks.Select(check => (string[])[check.Part, Word(check.State), check.Text]));
            foreach (var check in checks.Where(check => check is { State: not CheckState.Ok, Remedy: not null })) Terminal.Out.WriteLine($"{check.Part}: {check.Remedy}");
            int wrong = checks.Count(check => check.State == CheckState.Fail), doubtful = checks.Count(check => check.State == CheckState.Warn);
            Terminal.Out.WriteLine(wrong > 0 ? $"{wrong} of {checks.Count} checks failed, {doubtful} warn." : doubtful > 0 ? $"Mesh can work here; {doubtful} of {checks.Count} checks warn." : $"All {checks.Count} checks are well.");
        }

        return checks.All(check => check.Sound) ? ExitCodes.Done : ExitCodes.Failed;
    }

    private static string Word(CheckState state) => state switch { CheckState.Ok => "ok", CheckState.Warn => "warn", _ => "FAIL" };
}
