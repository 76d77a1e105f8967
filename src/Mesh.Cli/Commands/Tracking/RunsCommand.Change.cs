using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Tracking;
using Mesh.Training.Tracking;

namespace Mesh.Cli.Commands.Tracking;

internal static partial class RunsCommand
{
    private static Command Log()
    {
        var run = new Option<string?>("--run") { Description = "Run to log to (default: a new one).", HelpName = "RUN" };
        var experiment = new Option<string>("--experiment") { Description = "Experiment of a new run, made when there is none.", DefaultValueFactory = _ => "Default", HelpName = "NAME" };
        var name = new Option<string?>("--name") { Description = "Name of the run.", HelpName = "NAME" };
        var status = new Option<RunStatus?>("--status") { Description = "State to move to: running, scheduled, finished, failed or killed (default: finished for a new run).", HelpName = "STATUS" };
        var parameters = Several("--param", "A parameter, NAME=VALUE.", "NAME=VALUE");
        var metrics = Several("--metric", "A metric, NAME=VALUE or NAME=VALUE@STEP.", "NAME=VALUE[@STEP]");
        var tags = Several("--tag", "A tag, NAME=VALUE.", "NAME=VALUE");
        var artifacts = Several("--artifact", "A file to keep, FILE or NAME=FILE.", "[NAME=]FILE");
        return Asking("log", "Log to a run, or begin one.", [run, experiment, name, status, parameters, metrics, tags, artifacts], Access.Write, async (tracking, parsed, cancellationToken) =>
        {
            var files = parsed.GetValue(artifacts)!.Select(ArtifactOf).ToList();
            foreach (var (_, file) in files)
            {
                if (!File.Exists(file)) throw new UsageException($"There is no file '{file}' to keep.");
            }

            string? runId = parsed.GetValue(run) is { } text ? (await RequireAsync(tracking, text, cancellationToken).ConfigureAwait(false)).RunId : null;
            var logged = await tracking.LogAsync(
                new LogRequest
                {
                    RunId = runId,
                    Experiment = parsed.GetValue(experiment)!,
                    Name = parsed.GetValue(name),
                    User = Environment.UserName,
                    Status = parsed.GetValue(status) ?? (runId is null ? RunStatus.Finished : null),
                    Parameters = parsed.GetValue(parameters)!.Select(pair => Split("--param", pair)).ToDictionary(),
                    Tags = parsed.GetValue(tags)!.Select(pair => Split("--tag", pair)).ToDictionary(),
                    Metrics = [.. parsed.GetValue(metrics)!.Select(MetricOf)],
                },
                cancellationToken).ConfigureAwait(false);
            foreach (var (path, file) in files)
            {
                var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, useAsync: true);
                await using (stream.ConfigureAwait(false)) await tracking.PutArtifactAsync(logged.RunId, path, stream, cancellationToken).ConfigureAwait(false);
            }

            if (QueryCommand.WantsJson(parsed)) Printer.Json(logged);
            else Terminal.Out.WriteLine($"{logged.RunId} ({Printer.OneLine(logged.Name)}) in {Printer.OneLine(logged.Experiment)}, {Word(logged)}");
            return ExitCodes.Done;
        });
    }

    private static Command Import()
    {
        var folder = new Argument<string>("DIR") { Description = "MLflow's mlruns folder, or one experiment of it." };
        var check = new Option<bool>("--check") { Description = "Read everything and bring nothing." };
        return Asking("import", "Bring runs from MLflow's files, with their ids; those that are here stay as they are.", [folder, check], Access.Write, async (tracking, parsed, cancellationToken) =>
        {
            var report = await RunImport.ImportAsync(tracking, parsed.GetValue(folder)!, parsed.GetValue(check), cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(report);
            else if (parsed.GetValue(check)) Terminal.Out.WriteLine(FormattableString.Invariant($"{report.Folder}: {report.Runs:N0} runs with {report.Metrics:N0} values of metrics can be brought"));
            else Terminal.Out.WriteLine(FormattableString.Invariant($"{report.Folder}: {report.Runs - report.Present:N0} runs and {report.Artifacts:N0} artefacts brought, {report.Present:N0} runs were here already"));
            return ExitCodes.Done;
        });
    }

    private static Command Export()
    {
        var output = new Option<string>("--output", "-o") { Description = "Folder, new or empty.", Required = true, HelpName = "DIR" };
        var experiment = ExperimentOption();
        var filter = new Option<string?>("--filter") { Description = "Only runs that this lets through, as in `mesh runs search`.", HelpName = "FILTER" };
        return Asking("export", "Write runs with their artefacts as MLflow's files.", [output, experiment, filter], Access.Read, async (tracking, parsed, cancellationToken) =>
        {
            var query = new RunQuery { Experiment = parsed.GetValue(experiment), Filter = parsed.GetValue(filter), Deleted = true, Limit = TrackingLimits.MaxSearchResults };
            var report = await RunImport.ExportAsync(tracking, query, parsed.GetValue(output)!, cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(report);
            else
            {
                Terminal.Out.WriteLine(FormattableString.Invariant($"{report.Folder}: {report.Runs:N0} runs, {report.Metrics:N0} values of metrics, {report.Artifacts:N0} artefacts"));
                if (report.InputsLeftOut > 0) Terminal.Out.WriteLine(FormattableString.Invariant($"{report.InputsLeftOut:N0} descriptions of data sets are not in these files; `mesh runs show RUN --json` has them."));
            }

            return ExitCodes.Done;
        });
    }

    private static Option<string[]> Several(string name, string description, string help) =>
        new(name) { Description = $"{description} May be given several times.", HelpName = help, DefaultValueFactory = _ => [] };

    private static KeyValuePair<string, string> Split(string option, string pair)
    {
        int equals = pair.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 ? new(pair[..equals], pair[(equals + 1)..]) : throw new UsageException($"{option} '{pair}' should be NAME=VALUE.");
    }

    private static LoggedMetric MetricOf(string pair)
    {
        var (key, text) = Split("--metric", pair);
        int at = text.IndexOf('@', StringComparison.Ordinal);
        string number = at < 0 ? text : text[..at];
        long step = 0;
        if (!double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            || (at >= 0 && !long.TryParse(text[(at + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out step)))
        {
            throw new UsageException($"--metric '{pair}' should be NAME=VALUE or NAME=VALUE@STEP, with numbers.");
        }

        return new LoggedMetric(key, value, 0, step);
    }

    private static (string Path, string File) ArtifactOf(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && !File.Exists(text) ? (text[..equals], text[(equals + 1)..]) : (Path.GetFileName(text), text);
    }
}
