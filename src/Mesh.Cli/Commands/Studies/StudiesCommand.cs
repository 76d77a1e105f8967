using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Jobs;
using Mesh.Commands.Studies;
using Mesh.Commands.Topologies;
using Mesh.Model;
using Mesh.Training.Studies;

namespace Mesh.Cli.Commands.Studies;

/// <summary><c>mesh studies run|list|show|stop|resume|export</c>.</summary>
internal static class StudiesCommand
{
    private static readonly TimeSpan WaitPause = TimeSpan.FromSeconds(1);

    public static Command Create() => new("studies", "Searches for hyperparameters: trials that run as jobs, the best of which becomes a model.") { Run(), List(), Show(), Stop(), Resume(), Export() };

    private static Command Run()
    {
        var file = new Argument<string>("FILE") { Description = "Study file." };
        var wait = Wait();
        return Asking("run", "Start a study.", [file, wait], async (studies, parsed, cancellationToken) =>
        {
            var request = ReadRun(parsed);
            StudyDefinition.Parse(request.Yaml, request.FileName);
            var study = await studies.RunAsync(request, cancellationToken).ConfigureAwait(false);
            return await FollowAsync(studies, study, parsed, parsed.GetValue(wait), cancellationToken).ConfigureAwait(false);
        });
    }

    private static Command List() => Asking("list", "Studies, newest first.", [], async (studies, parsed, cancellationToken) =>
    {
        var all = await studies.ListAsync(cancellationToken).ConfigureAwait(false);
        if (QueryCommand.WantsJson(parsed)) Printer.Json(all);
        else if (all.Count == 0) Terminal.Out.WriteLine("No studies yet. `mesh studies run FILE` starts one; docs/studies/README.md says how one is written.");
        else
        {
            Printer.Table(
                ["study", "state", "trials", "pruned", "best", "model", "started", "why"],
                all.Select(study => (string[])
                [
                    study.Name, Word(study.State), $"{study.TrialCount}/{study.MostTrials}", StudyPrinter.Whole(study.Counts.GetValueOrDefault("pruned")),
                    study.BestValue is { } value ? $"{study.Metric} {StudyPrinter.Number(value)}" : "", study.ModelVersion is { } version ? $"{study.Model} v{version}" : "",
                    study.CreatedAt.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), Printer.OneLine(study.Reason),
                ]),
                new HashSet<int> { 2, 3 });
        }

        return ExitCodes.Done;
    });

    private static Command Show()
    {
        var name = Name();
        return Asking("show", "A study's trials, the best of them, why others were pruned, and which parameters matter.", [name], async (studies, parsed, cancellationToken) =>
        {
            var study = await RequireAsync(studies, parsed.GetValue(name)!, cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(study);
            else StudyPrinter.Print(study);
            return ExitCodes.Done;
        });
    }

    private static Command Stop()
    {
        var name = Name();
        var reason = new Option<string>("--reason") { Description = "Why, for the record.", Required = true, HelpName = "TEXT" };
        return Asking("stop", "Stop a study and its trials; `mesh studies resume` goes on.", [name, reason], async (studies, parsed, cancellationToken) =>
        {
            var study = await studies.StopAsync(parsed.GetValue(name)!, JobsCommand.ReadStop(parsed), cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(study);
            else Terminal.Out.WriteLine($"Study {study.Name} is {study.Reason}");
            return ExitCodes.Done;
        });
    }

    private static Command Resume()
    {
        var name = Name();
        var trials = new Option<int?>("--trials") { Description = "Trials there may be from now on (default: as before).", HelpName = "N" };
        var wait = Wait();
        return Asking("resume", "Go on with a study that was stopped or has finished.", [name, trials, wait], async (studies, parsed, cancellationToken) =>
        {
            var study = await studies.ResumeAsync(parsed.GetValue(name)!, ReadResume(parsed), cancellationToken).ConfigureAwait(false);
            return await FollowAsync(studies, study, parsed, parsed.GetValue(wait), cancellationToken).ConfigureAwait(false);
        });
    }

    /// <summary>What <c>mesh studies run</c> is asked for.</summary>
    internal static StudyRequest ReadRun(ParseResult parsed)
    {
        string file = parsed.GetValue<string>("FILE")!;
        return new StudyRequest(file, RunningTopology.ReadText(file));
    }

    /// <summary>What <c>mesh studies resume</c> is asked for.</summary>
    internal static ResumeRequest ReadResume(ParseResult parsed) => new(parsed.GetValue<int?>("--trials"));

    private static Command Export()
    {
        var name = Name();
        var output = new Option<string?>("--output", "-o") { Description = "File to write (default: print).", HelpName = "FILE" };
        return Asking("export", "A study's trials as CSV, one line each; with --json everything there is.", [name, output], async (studies, parsed, cancellationToken) =>
        {
            var study = await RequireAsync(studies, parsed.GetValue(name)!, cancellationToken).ConfigureAwait(false);
            StudyPrinter.Export(study, parsed.GetValue(output), QueryCommand.WantsJson(parsed));
            return ExitCodes.Done;
        });
    }

    /// <summary>Waits, if wanted, until the study has ended and its best trial is a model; says what happens meanwhile.</summary>
    private static async Task<int> FollowAsync(IStudies studies, StudyView study, ParseResult parsed, bool wait, CancellationToken cancellationToken)
    {
        bool wantsJson = QueryCommand.WantsJson(parsed);
        if (!wait)
        {
            if (wantsJson) Printer.Json(study);
            else Terminal.Out.WriteLine($"Study {study.Name} runs, up to {study.MostTrials} trials. `mesh studies show {study.Name}` tells how far it is.");
            return ExitCodes.Done;
        }

        var told = new HashSet<int>(study.Trials.Where(trial => trial.HasEnded).Select(trial => trial.Number));
        while (study.State == StudyState.Running || study.Trials.Any(trial => !trial.HasEnded))
        {
            await Task.Delay(WaitPause, cancellationToken).ConfigureAwait(false);
            study = await RequireAsync(studies, study.Name, cancellationToken).ConfigureAwait(false);
            foreach (var trial in study.Trials) if (!wantsJson && trial.HasEnded && told.Add(trial.Number)) Terminal.Out.WriteLine(StudyPrinter.Sentence(study, trial));
        }

        if (wantsJson) Printer.Json(study);
        else Terminal.Out.WriteLine($"Study {study.Name} is {Word(study.State)}: {study.Reason}. `mesh studies show {study.Name}`");
        return study.Best is null ? ExitCodes.Failed : ExitCodes.Done;
    }

    private static async Task<StudyView> RequireAsync(IStudies studies, string name, CancellationToken cancellationToken) =>
        await studies.FindAsync(name, cancellationToken).ConfigureAwait(false) ?? throw new MeshException("MESH9362", $"There is no study '{name}'. `mesh studies list` shows them.");

    private static string Word(StudyState state) => state.ToString().ToLowerInvariant();

    private static Argument<string> Name() => new("NAME") { Description = "Name of the study." };

    private static Option<bool> Wait() => new("--wait") { Description = "Wait until it has ended; exit code 1 when no trial has a value." };

    private static Command Asking(string name, string description, IReadOnlyList<Symbol> symbols, Func<IStudies, ParseResult, CancellationToken, Task<int>> run) => ServerCommand.Create<IStudies>(
        name, description, symbols, (server, token) => new HttpStudies(server, token), (folder, settings, _) => Task.FromResult<IStudies>(StoredStudies.OpenReadOnly(folder, settings)), run);
}
