using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Demo;
using Mesh.Cli.Output;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh demo</c>: a small fleet, the whole chain, a report.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var data = new Option<string?>("--data") { Description = "Keep the state in this directory (default: a fresh temporary one).", HelpName = "DIR" };
        var kafka = new Option<string?>("--kafka") { Description = "Run it on this Kafka cluster instead of an embedded broker.", HelpName = "HOST:PORT" };
        var registry = new Option<string?>("--schema-registry") { Description = "Address of the cluster's schema registry.", HelpName = "URL" };
        var lifecycle = new Option<bool>("--lifecycle") { Description = "The life of a model instead: two versions trained, gated, approved and released, a third stopped by a gate." };
        var json = CommonOptions.Json();
        var command = new Command("demo", "Simulate a small fleet, run the whole chain on it, account for every message.") { data, kafka, registry, lifecycle, json };
        command.Validators.Add(result =>
        {
            if (result.GetValue(lifecycle) && (result.GetValue(kafka) ?? result.GetValue(registry)) is not null) result.AddError("--lifecycle runs on the embedded broker; leave out --kafka and --schema-registry.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            bool quiet = parsed.GetValue(json);
            if (parsed.GetValue(lifecycle))
            {
                var story = await LifecycleDemo.RunAsync(parsed.GetValue(data), quiet ? static _ => { } : Terminal.Out.WriteLine, cancellationToken).ConfigureAwait(false);
                if (quiet) Printer.Json(story);
                else Print(story);
                return story.IsAsExpected ? ExitCodes.Done : ExitCodes.Failed;
            }

            var report = await FleetDemo.RunAsync(
                parsed.GetValue(data), parsed.GetValue(kafka), parsed.GetValue(registry), quiet ? static _ => { } : Terminal.Out.WriteLine, cancellationToken).ConfigureAwait(false);
            if (quiet) Printer.Json(report.ToJson());
            else Print(report);
            return report.IsBalanced && report.Models > 0 ? ExitCodes.Done : ExitCodes.Failed;
        });
        return command;
    }

    private static void Print(DemoReport report)
    {
        Terminal.Out.WriteLine();
        Printer.Table(
            ["recording", "vehicle", "answer", "recorded", "rows", "dead letters", "lost", "frames", "account"],
            report.Recordings.Select(recording => (string[])
            [
                recording.File, recording.Vehicle, recording.Answer, Number(recording.Written), Number(recording.Rows), Number(recording.DeadLetters), Number(recording.Lost),
                Number(recording.Frames), recording.IsBalanced ? "closes" : "DOES NOT CLOSE",
            ]),
            new HashSet<int> { 3, 4, 5, 6, 7 });
        Printer.Table(
            ["product", "rows", "files", "snapshots"],
            report.Products.Select(product => (string[])[product.Name, Number(product.Rows), Number(product.Files), Number(product.Snapshots)]),
            new HashSet<int> { 1, 2, 3 });
        Terminal.Out.WriteLine($"messages    {Number(report.MessagesIn)} recorded = {Number(report.RowsOut)} rows + {Number(report.DeadLetters)} dead letters + {Number(report.MessagesLost)} lost in the truncated recording");
        Terminal.Out.WriteLine($"uploads     {report.Uploads}, of which {report.Duplicates} dropped as duplicates; {report.RecordingsWithLoss} recordings with loss");
        Terminal.Out.WriteLine($"lake        {report.Tables} tables, {report.Snapshots} snapshots");
        Terminal.Out.WriteLine($"training    {report.Triggers} triggers, {report.Jobs} jobs, {report.Models} models");
        foreach (var model in report.TrainedModels)
        {
            Terminal.Out.WriteLine($"model       {model.Name} v{model.Version} ({model.State}): held-out accuracy {Percent(model.Accuracy)}, majority class {Percent(model.MajorityAccuracy)}, trained on {model.RecordingsSeen} recordings");
        }

        Terminal.Out.WriteLine($"time        {report.Seconds.ToString("0.0", CultureInfo.InvariantCulture)} s");
        Terminal.Out.WriteLine($"data        {report.DataDir}");
        Terminal.Out.WriteLine();
        Terminal.Out.WriteLine($"Look around: `mesh products list --data {report.DataDir}`, or `mesh up --data {report.DataDir}` and upload your own.");
    }

    private static void Print(LifecycleReport report)
    {
        Terminal.Out.WriteLine();
        Printer.Table(
            ["delivery", "version", "recordings seen", "on the hold-out", "state", "variants", "hand-off", "stopped by"],
            report.Rounds.Select(round => (string[])[round.Name, round.Model, Number(round.RecordingsSeen), Percent(round.HoldoutAccuracy), round.State, Number(round.Variants.Count), round.Handoff switch { null => "", { Verified: true } => "verified", _ => "REFUSED" }, string.Join("; ", round.StoppedBy)]),
            new HashSet<int> { 2, 3, 5 });
        Terminal.Out.WriteLine($"decisions   {Number(report.DecisionLogEntries)} in the log, {(report.IsDecisionLogIntact ? "intact" : "NOT INTACT")}");
        Terminal.Out.WriteLine($"time        {report.Seconds.ToString("0.0", CultureInfo.InvariantCulture)} s");
        Terminal.Out.WriteLine($"data        {report.DataDir}");
        Terminal.Out.WriteLine();
        Terminal.Out.WriteLine($"Look around: `mesh models status manoeuvre@released --data {report.DataDir}`; also `models lineage`, `models variants`, `runs list`, `triggers explain retrain-manoeuvre`.");
        if (report.Rounds.LastOrDefault(round => round.Handoff is not null)?.Handoff is { } bundle)
        {
            Terminal.Out.WriteLine($"As the receiving side: `mesh models verify {bundle.Folder} --trust {bundle.TrustFile}`.");
        }
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Percent(double? value) => value is { } fraction ? fraction.ToString("P1", CultureInfo.InvariantCulture) : "not reported";
}
