using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Recordings;
using Mesh.Model;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh stats FILE</c>: statistics of every numeric column, ready to plot.</summary>
internal static class StatsCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A recording, Parquet or Arrow file, the folder of a ROS 2 bag, or - for standard input." };
        var bin = new Option<string?>("--bin") { Description = "Also per bin of so much log time, for example 1s; printed with --json and --csv.", HelpName = "DURATION" };
        var csv = new Option<bool>("--csv") { Description = "Print comma-separated lines: a line per column, or per column and bin." };
        var json = CommonOptions.Json();
        var reader = new ReaderOptions();
        var command = new Command("stats", "Count, range, mean and spread of every numeric column of a recording, as a whole or per bin of time.") { file, bin, csv, json };
        reader.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string path = parsed.GetValue(file)!;
            long binNs = 0;
            if (parsed.GetValue(bin) is { } width && (!DurationText.TryParseNs(width, out binNs) || binNs <= 0)) throw new UsageException($"--bin '{width}' is not a duration such as 1s.");
            var options = await reader.ReadAsync(parsed, [path], cancellationToken).ConfigureAwait(false);
            var report = await ProgressBar.RunAsync("stats", progress => RecordingStatistics.ComputeAsync(path, options, (ulong)binNs, progress, cancellationToken)).ConfigureAwait(false);
            if (parsed.GetValue(json)) Printer.Json(report);
            else if (parsed.GetValue(csv)) PrintCsv(report, binNs > 0);
            else Print(report);
            foreach (var undecoded in report.Undecoded) await Terminal.Error.WriteLineAsync($"undecoded {undecoded.Topic}: {undecoded.Count:N0} messages, first: {undecoded.Code}: {undecoded.Reason}").ConfigureAwait(false);
            foreach (var loss in report.Losses) await Terminal.Error.WriteLineAsync($"lost {loss.Loss}").ConfigureAwait(false);
            return report.Losses.Count > 0 || report.Undecoded.Count > 0 ? ExitCodes.DataLoss : ExitCodes.Done;
        });
        return command;
    }

    private static void Print(StatisticsReport report) => Printer.Table(
        ["channel", "column", "count", "nulls", "min", "max", "mean", "std", "unit"],
        report.Columns.Select(column => (string[])
        [
            column.Topic, column.Column, column.Count.ToString("N0", CultureInfo.InvariantCulture), column.Nulls == 0 ? "" : column.Nulls.ToString("N0", CultureInfo.InvariantCulture),
            Text(column.Min), Text(column.Max), Text(column.Mean), Text(column.StandardDeviation), column.Description ?? "",
        ]),
        new HashSet<int> { 2, 3, 4, 5, 6, 7 });

    private static void PrintCsv(StatisticsReport report, bool binned)
    {
        Terminal.Out.WriteLine(binned ? "channel,column,start_ns,count,min,max,mean" : "channel,column,count,nulls,min,max,mean,std,first,last");
        foreach (var column in report.Columns)
        {
            string name = $"{Quoted(column.Topic)},{Quoted(column.Column)}";
            if (!binned)
            {
                Terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{name},{column.Count},{column.Nulls},{column.Min:R},{column.Max:R},{column.Mean:R},{column.StandardDeviation:R},{column.First:R},{column.Last:R}"));
                continue;
            }

            foreach (var bin in column.Bins) Terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name},{bin.StartNs},{bin.Count},{bin.Min:R},{bin.Max:R},{bin.Mean:R}"));
        }
    }

    private static string Quoted(string text) => text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string Text(double? value) => value?.ToString("G6", CultureInfo.InvariantCulture) ?? "";
}
