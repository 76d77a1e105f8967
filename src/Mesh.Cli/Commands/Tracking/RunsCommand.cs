using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Tracking;
using Mesh.Model;
using Mesh.Training.Tracking;

namespace Mesh.Cli.Commands.Tracking;

/// <summary><c>mesh runs</c>: what was tried with which parameters, and what came out.</summary>
internal static partial class RunsCommand
{
    private const int SparklineLength = 40;

    public static Command Create() => new("runs", "Experiments: runs with parameters, metrics and artefacts; jobs are runs by themselves, MLflow clients log others.")
    {
        List(), Search(), Show(), Compare(), Log(), Import(), Export(),
    };

    private static Command List()
    {
        var (experiment, limit, deleted) = (ExperimentOption(), LimitOption(), DeletedOption());
        return Asking("list", "Runs, newest first.", [experiment, limit, deleted], Access.Read, async (tracking, parsed, cancellationToken) =>
        {
            var query = new RunQuery { Experiment = parsed.GetValue(experiment), Limit = parsed.GetValue(limit), Deleted = parsed.GetValue(deleted) };
            return PrintRuns(await tracking.SearchAsync(query, cancellationToken).ConfigureAwait(false), parsed, "No runs yet. A job makes one, and so does a program with MLFLOW_TRACKING_URI set to the server's address.");
        });
    }

    private static Command Search()
    {
        var filter = new Argument<string>("FILTER") { Description = "For example: metrics.accuracy > 0.8 AND params.lr = '0.1'." };
        var (experiment, limit, deleted) = (ExperimentOption(), LimitOption(), DeletedOption());
        var order = new Option<string[]>("--order-by") { Description = "What to sort by, such as 'metrics.accuracy DESC'; may be given several times.", HelpName = "KEY [DESC]", DefaultValueFactory = _ => [] };
        return Asking("search", "Runs that a filter lets through, in MLflow's language.", [filter, experiment, order, limit, deleted], Access.Read, async (tracking, parsed, cancellationToken) =>
        {
            var query = new RunQuery
            {
                Experiment = parsed.GetValue(experiment), Filter = parsed.GetValue(filter), OrderBy = parsed.GetValue(order) ?? [], Limit = parsed.GetValue(limit), Deleted = parsed.GetValue(deleted),
            };
            return PrintRuns(await tracking.SearchAsync(query, cancellationToken).ConfigureAwait(false), parsed, "No run is let through.");
        });
    }

    private static Command Show()
    {
        var run = RunArgument();
        return Asking("show", "Everything about a run, its metrics as curves.", [run], Access.Read, async (tracking, parsed, cancellationToken) =>
        {
            var found = await RequireAsync(tracking, parsed.GetValue(run)!, cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed))
            {
                Printer.Json(found);
                return ExitCodes.Done;
            }

            Printer.Facts(
            [
                ("run", found.RunId), ("name", Printer.OneLine(found.Name)), ("experiment", Printer.OneLine(found.Experiment)), ("status", Word(found)), ("kept by", found.Origin.ToString().ToLowerInvariant()),
                ("job", found.JobId is null ? null : $"{found.JobId}, attempt {found.Attempt}"), ("user", Printer.OneLine(found.User)), ("started", Moment(found.StartedAt)), ("ended", found.EndedAt is { } ended ? Moment(ended) : null),
                ("artefacts at", Printer.OneLine(found.ArtifactUri)),
            ]);
            Pairs("parameter", found.Parameters);
            await PrintMetricsAsync(tracking, found, cancellationToken).ConfigureAwait(false);
            Pairs("tag", found.Tags);
            if (found.Inputs.Count > 0) Printer.Table(["data set", "digest", "source"], found.Inputs.Select(input => (string[])[input.Name, input.Digest, input.Source]));
            if (!found.ArtifactUri.StartsWith(TrackingStore.ArtifactScheme, StringComparison.Ordinal)) return ExitCodes.Done;
            var artifacts = await tracking.ListArtifactsAsync(found.RunId, cancellationToken).ConfigureAwait(false);
            if (artifacts.Count > 0) Printer.Table(["artefact", "bytes"], artifacts.Select(entry => (string[])[entry.Path, entry.Bytes.ToString("N0", CultureInfo.InvariantCulture)]), new HashSet<int> { 1 });
            return ExitCodes.Done;
        });
    }

    private static Command Compare()
    {
        var runs = new Argument<string[]>("RUN") { Description = "Runs: ids, unique beginnings of ids, or names.", Arity = new ArgumentArity(2, 10) };
        var all = new Option<bool>("--tags") { Description = "Compare tags too." };
        return Asking("compare", "Parameters and metrics of several runs side by side; what differs is marked.", [runs, all], Access.Read, async (tracking, parsed, cancellationToken) =>
        {
            var found = new List<TrackedRun>();
            foreach (string name in parsed.GetValue(runs)!) found.Add(await RequireAsync(tracking, name, cancellationToken).ConfigureAwait(false));
            var comparison = RunComparison.Of(found);
            if (QueryCommand.WantsJson(parsed))
            {
                Printer.Json(comparison);
                return ExitCodes.Done;
            }

            string[] columns = ["", "", .. found.Select(run => Printer.OneLine(run.Name, 30))];
            var rows = new List<string[]>
            {
                (string[])["", "run", .. found.Select(run => run.RunId[..12])],
                (string[])["", "status", .. found.Select(Word)],
                (string[])["", "started", .. found.Select(run => Moment(run.StartedAt))],
            };
            foreach (var (kind, values) in new[] { ("params", comparison.Parameters), ("metrics", comparison.Metrics), ("tags", parsed.GetValue(all) ? comparison.Tags : []) })
            {
                rows.AddRange(values.Select(value => (string[])[value.Differs ? "*" : "", $"{kind}.{value.Key}", .. value.Values.Select(text => Printer.OneLine(text ?? "-", 40))]));
            }

            Printer.Table(columns, rows);
            return ExitCodes.Done;
        });
    }

    private static async Task PrintMetricsAsync(ITracking tracking, TrackedRun run, CancellationToken cancellationToken)
    {
        if (run.Metrics.Count == 0) return;
        var rows = new List<string[]>();
        foreach (var metric in run.Metrics)
        {
            var history = await tracking.SampleHistoryAsync(run.RunId, metric.Key, SparklineLength, cancellationToken).ConfigureAwait(false);
            rows.Add([metric.Key, Number(metric.Value), metric.Step.ToString(CultureInfo.InvariantCulture), history.Count > 1 ? Sparkline.Of([.. history.Select(value => value.Value)]) : ""]);
        }

        Printer.Table(["metric", "last", "step", "history"], rows, new HashSet<int> { 1, 2 });
    }

    private static int PrintRuns(IReadOnlyList<TrackedRun> runs, ParseResult parsed, string nothing)
    {
        if (QueryCommand.WantsJson(parsed)) Printer.Json(runs);
        else if (runs.Count == 0) Terminal.Out.WriteLine(nothing);
        else
        {
            Printer.Table(
                ["run", "name", "experiment", "status", "started", "parameters", "metrics"],
                runs.Select(run => (string[])
                [
                    run.RunId[..12], Printer.OneLine(run.Name, 30), Printer.OneLine(run.Experiment, 30), Word(run), Moment(run.StartedAt),
                    Printer.OneLine(string.Join(", ", run.Parameters.Select(parameter => $"{parameter.Key} {parameter.Value}")), 50),
                    Printer.OneLine(string.Join(", ", run.Metrics.Select(metric => $"{metric.Key} {Number(metric.Value)}")), 60),
                ]));
        }

        return ExitCodes.Done;
    }

    private static void Pairs(string what, IReadOnlyDictionary<string, string> pairs)
    {
        if (pairs.Count > 0) Printer.Table([what, "value"], pairs.Select(pair => (string[])[pair.Key, pair.Value]));
    }

    private static async Task<TrackedRun> RequireAsync(ITracking tracking, string name, CancellationToken cancellationToken) =>
        await tracking.FindAsync(name, cancellationToken).ConfigureAwait(false)
        ?? throw new TrackingException("MESH9303", $"There is no run '{name}', or more than one that it could mean. `mesh runs list` shows them; the first digits of an id are enough.", TrackingFault.Missing);

    private static string Word(TrackedRun run) => run.Status.ToString().ToLowerInvariant() + (run.IsDeleted ? ", deleted" : "");

    private static string Moment(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    private static Argument<string> RunArgument() => new("RUN") { Description = "The run: its id, a unique beginning of it, or its name." };

    private static Option<string?> ExperimentOption() => new("--experiment") { Description = "Only of this experiment: its name or number.", HelpName = "NAME" };

    private static Option<bool> DeletedOption() => new("--deleted") { Description = "Deleted runs too." };

    private static Option<int> LimitOption()
    {
        var limit = new Option<int>("--limit") { Description = "Most runs.", DefaultValueFactory = _ => 50, HelpName = "N" };
        limit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 50_000) result.AddError("--limit should be 1 to 50000.");
        });
        return limit;
    }

    private enum Access
    {
        Read,
        Write,
    }

    private static Command Asking(string name, string description, IReadOnlyList<Symbol> symbols, Access access, Func<ITracking, ParseResult, CancellationToken, Task<int>> run) =>
        ServerCommand.Create<ITracking>(
            name,
            description,
            symbols,
            (server, token) => new HttpTracking(server, token),
            async (folder, settings, cancellationToken) => access == Access.Read
                ? LocalTracking.OpenReadOnly(folder, settings)
                : await LocalTracking.OpenAsync(folder, settings, cancellationToken).ConfigureAwait(false),
            run);
}
