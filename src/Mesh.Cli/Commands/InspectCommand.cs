using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Inspect;
using Mesh.Formats;
using Mesh.Model;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh inspect FILE</c>: what is in a recording.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A recording, the folder of a ROS 2 bag, or - for standard input." };
        var full = new Option<bool>("--full") { Description = "Read every message even where the recording's index tells, and so find all damage." };
        var clocks = new Option<bool>("--clocks") { Description = "Estimate the sensors' clocks from their stamps and the log times instead, as ingest would." };
        var truth = new Option<string?>("--truth") { Description = "With --clocks: the channel whose time is the truth, such as /gnss/time.", HelpName = "CHANNEL" };
        var json = CommonOptions.Json();
        var reader = new ReaderOptions();
        var command = new Command("inspect", "Show what is in a recording: format, channels, schemas, counts, times, attachments, events, and where data was lost.") { file, full, clocks, truth, json };
        reader.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string path = parsed.GetValue(file)!;
            var options = await reader.ReadAsync(parsed, [path], cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(clocks)) return await ClocksAsync(path, parsed.GetValue(truth), options, parsed.GetValue(json), cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(truth) is not null) throw new UsageException("--truth goes with --clocks.");
            var report = await ProgressBar.RunAsync("inspect", progress => RecordingInspector.InspectAsync(path, parsed.GetValue(full), options, progress, cancellationToken)).ConfigureAwait(false);
            if (parsed.GetValue(json)) Printer.Json(report);
            else Print(report);
            return report.Losses.Count > 0 ? ExitCodes.DataLoss : ExitCodes.Done;
        });
        return command;
    }

    private static async Task<int> ClocksAsync(string path, string? truth, RecordingReaderOptions options, bool json, CancellationToken cancellationToken)
    {
        var (clocks, losses) = await ProgressBar.RunAsync("clocks", progress => RecordingClockInspector.EstimateAsync(path, truth, options, progress, cancellationToken)).ConfigureAwait(false);
        if (json) Printer.Json(clocks);
        else ClockPrinter.Print(clocks);
        foreach (var loss in losses) Terminal.Error.WriteLine($"lost {loss}");
        return losses.Count > 0 ? ExitCodes.DataLoss : ExitCodes.Done;
    }

    internal static void Print(RecordingReport report)
    {
        Printer.Facts(
        [
            ("file", report.File),
            ("format", report.Format),
            ("size", report.SizeBytes > 0 ? ByteSizeText.Format(report.SizeBytes) : null),
            ("messages", report.Messages.ToString("N0", CultureInfo.InvariantCulture)),
            ("start", report.StartTime),
            ("end", report.EndTime),
            ("duration", report.DurationSeconds is { } seconds ? $"{seconds:0.###} s" : null),
            ("source", !report.FromIndex ? "every message"
                : report.Channels.Count > 0 || report.Messages == 0 ? "the recording's index; --full reads every message"
                : "the recording's index, which does not tell the channels; --full reads every message and shows them"),
        ]);
        if (report.Channels.Count > 0)
        {
            Printer.Table(
                ["channel", "schema", "encoding", "messages", "Hz", "bytes"],
                report.Channels.Select(channel => (string[])
                [
                    channel.Topic, channel.Schema, channel.SchemaEncoding.Length == 0 || channel.SchemaEncoding == channel.Encoding ? channel.Encoding : $"{channel.Encoding} ({channel.SchemaEncoding})", channel.Messages?.ToString("N0", CultureInfo.InvariantCulture) ?? "",
                    channel.Hertz is { } hertz ? hertz.ToString("0.##", CultureInfo.InvariantCulture) : "", channel.Bytes is { } bytes ? ByteSizeText.Format(bytes) : "",
                ]),
                new HashSet<int> { 3, 4, 5 });
        }

        foreach (var attachment in report.Attachments) Terminal.Out.WriteLine(Printer.OneLine($"attachment  {attachment.Name}  {attachment.MediaType}  {ByteSizeText.Format(attachment.Bytes)}"));
        foreach (var mark in report.Events) Terminal.Out.WriteLine(Printer.OneLine($"event  {mark.Kind}  {mark.Name}  {(mark.TimeNs is { } time ? $"{time} ns" : "")}  {mark.Comment}"));
        foreach (var group in report.Metadata) Terminal.Out.WriteLine(Printer.OneLine($"metadata  {group.Name}: {string.Join(", ", group.Values.Select(pair => $"{pair.Key}={pair.Value}"))}"));
        foreach (var loss in report.Losses) Terminal.Error.WriteLine($"lost {loss}");
    }
}
