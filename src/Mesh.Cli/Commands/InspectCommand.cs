using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Inspect;
using Mesh.Model;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh inspect FILE</c>: what is in a recording.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A recording." };
        var json = CommonOptions.Json();
        var command = new Command("inspect", "Show what is in a recording: channels, schemas, counts, times, and where data was lost.") { file, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var report = await RecordingInspector.InspectAsync(parsed.GetValue(file)!, cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(json)) Printer.Json(report);
            else Print(report);
            return report.Losses.Count > 0 ? ExitCodes.DataLoss : ExitCodes.Done;
        });
        return command;
    }

    internal static void Print(RecordingReport report)
    {
        Printer.Facts(
        [
            ("file", report.File),
            ("size", ByteSizeText.Format(report.SizeBytes)),
            ("messages", report.Messages.ToString("N0", CultureInfo.InvariantCulture)),
            ("start", report.StartTime),
            ("end", report.EndTime),
            ("duration", report.DurationSeconds is { } seconds ? $"{seconds:0.###} s" : null),
        ]);
        if (report.Channels.Count > 0)
        {
            Printer.Table(
                ["channel", "schema", "encoding", "messages", "Hz", "bytes"],
                report.Channels.Select(channel => (string[])
                [
                    channel.Topic, channel.Schema, channel.Encoding, channel.Messages.ToString("N0", CultureInfo.InvariantCulture),
                    channel.Hertz is { } hertz ? hertz.ToString("0.##", CultureInfo.InvariantCulture) : "", ByteSizeText.Format(channel.Bytes),
                ]),
                new HashSet<int> { 3, 4, 5 });
        }

        foreach (var loss in report.Losses) Terminal.Error.WriteLine($"lost {loss}");
    }
}
