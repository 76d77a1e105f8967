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
        var json = CommonOptions.Json();
        var command = new Command("demo", "Simulate a small fleet, run the whole chain on it, account for every message.") { data, kafka, registry, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            bool quiet = parsed.GetValue(json);
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

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Percent(double? value) => value is { } fraction ? fraction.ToString("P1", CultureInfo.InvariantCulture) : "not reported";
}
