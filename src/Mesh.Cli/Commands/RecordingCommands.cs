using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Recordings;
using Mesh.Model;

namespace Mesh.Cli.Commands;

/// <summary>The commands that make recordings out of recordings: <c>recover, convert, filter, merge, split, sort</c>.</summary>
internal static class RecordingCommands
{
    public static Command Recover()
    {
        var doubtful = new Option<bool>("--unchecked") { Description = "Also what stands in blocks whose checksum is wrong or that break off in the middle: most of it will be right, some may not be." };
        var command = OneInput(
            "recover", "Salvage everything intact into a clean recording of the same kind: MDF to .mf4, everything else to .mcap or .bag. Exit 3 says that something was lost.",
            (request, parsed, progress, cancellationToken) =>
                new RecordingCopy(request with { Reader = request.Reader with { DeliverUnchecked = parsed.GetValue(doubtful) } }, progress).RunAsync(cancellationToken));
        command.Add(doubtful);
        return command;
    }

    public static Command Convert()
    {
        var format = new Option<string?>("--format") { Description = "Form of the output: mcap, mf4, bag, parquet, arrow (default: by the output's extension).", HelpName = "FORM" };
        format.AcceptOnlyFromAmong([.. RecordingConversion.Formats]);
        var time = new Option<string?>("--time") { Description = "Column of a Parquet or Arrow input that holds its rows' times.", HelpName = "COLUMN" };
        var command = OneInput(
            "convert", "Turn a recording, Parquet or Arrow file into another form. Parquet and Arrow get one file per channel when OUT is a folder.",
            (request, parsed, progress, cancellationToken) => new RecordingConversion(request with { TimeColumn = parsed.GetValue(time) }, progress).RunAsync(parsed.GetValue(format), cancellationToken));
        command.Add(format);
        command.Add(time);
        return command;
    }

    public static Command Filter() => OneInput(
        "filter", "Copy the wanted channels and times of a recording.",
        (request, _, progress, cancellationToken) => new RecordingCopy(request, progress).RunAsync(cancellationToken));

    public static Command Sort() => OneInput(
        "sort", "Put a recording into log-time order.",
        (request, _, progress, cancellationToken) => new RecordingCopy(request with { Sort = true }, progress).RunAsync(cancellationToken));

    public static Command Merge()
    {
        var inputs = new Argument<string[]>("FILE") { Description = "Recordings whose payloads the output's format carries.", Arity = ArgumentArity.OneOrMore };
        return Create(
            "merge", "Merge recordings into one, in log-time order. Channels of equal name, schema and metadata become one.", inputs, parsed => parsed.GetValue(inputs)!,
            (request, _, progress, cancellationToken) => new RecordingCopy(request with { Sort = true }, progress).RunAsync(cancellationToken));
    }

    public static Command Split()
    {
        var every = new Option<string?>("--every") { Description = "One file per so much log time, for example 60s.", HelpName = "DURATION" };
        var size = new Option<string?>("--size") { Description = "One file per so many payload bytes, for example 1GiB.", HelpName = "SIZE" };
        var byTopic = new Option<bool>("--by-topic") { Description = "One file per channel." };
        var command = OneInput("split", "Cut a recording into several files in the folder OUT.", (request, parsed, progress, cancellationToken) =>
            new RecordingCopy(request with { Split = RuleOf(parsed.GetValue(every), parsed.GetValue(size), parsed.GetValue(byTopic)) }, progress).RunAsync(cancellationToken));
        command.Add(every);
        command.Add(size);
        command.Add(byTopic);
        return command;
    }

    private static SplitRule RuleOf(string? every, string? size, bool byTopic)
    {
        if ((every is null ? 0 : 1) + (size is null ? 0 : 1) + (byTopic ? 1 : 0) != 1) throw new UsageException("Say how to split: exactly one of --every, --size and --by-topic.");
        long nanoseconds = 0, bytes = 0;
        if (every is not null && (!DurationText.TryParseNs(every, out nanoseconds) || nanoseconds <= 0)) throw new UsageException($"--every '{every}' is not a duration such as 60s or 5m.");
        if (size is not null && (!ByteSizeText.TryParse(size, out bytes) || bytes <= 0)) throw new UsageException($"--size '{size}' is not a size such as 500MB or 1GiB.");
        return new SplitRule { EveryNs = every is null ? null : (ulong)nanoseconds, Bytes = size is null ? null : bytes, ByTopic = byTopic };
    }

    private static Command OneInput(string name, string description, Func<CopyRequest, ParseResult, ReadProgress, CancellationToken, Task<CopyReport>> run)
    {
        var input = new Argument<string>("IN") { Description = "A recording, the folder of a ROS 2 bag, s3://BUCKET/KEY, or - for standard input." };
        return Create(name, description, input, parsed => [parsed.GetValue(input)!], run);
    }

    private static Command Create(
        string name, string description, Argument inputs, Func<ParseResult, IReadOnlyList<string>> inputsOf, Func<CopyRequest, ParseResult, ReadProgress, CancellationToken, Task<CopyReport>> run)
    {
        var output = new Option<string>("--output", "-o") { Description = "File or folder to write; also s3://BUCKET/KEY.", Required = true, HelpName = "OUT" };
        var compression = new Option<string?>("--compression") { Description = "Compression in the output's words: none, lz4, zstd, bz2, deflate, transposed ... (default: the format's usual one).", HelpName = "NAME" };
        var force = new Option<bool>("--force") { Description = "Replace existing files." };
        var json = CommonOptions.Json();
        var reader = new ReaderOptions();
        var command = new Command(name, description) { inputs, output, compression, force, json };
        reader.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var paths = inputsOf(parsed);
            var request = new CopyRequest
            {
                Inputs = paths,
                Output = parsed.GetValue(output)!,
                Reader = await reader.ReadAsync(parsed, paths, cancellationToken).ConfigureAwait(false),
                Compression = parsed.GetValue(compression) ?? "",
                Overwrite = parsed.GetValue(force),
            };
            var report = await ProgressBar.RunAsync(name, progress => run(request, parsed, progress, cancellationToken)).ConfigureAwait(false);
            if (parsed.GetValue(json)) Printer.Json(report);
            else Print(report);
            return report.HasLoss ? ExitCodes.DataLoss : ExitCodes.Done;
        });
        return command;
    }

    private static void Print(CopyReport report)
    {
        const int Listed = 20;
        foreach (var file in report.Outputs.Take(Listed)) Terminal.Out.WriteLine($"{file.File}: {file.Messages.ToString("N0", CultureInfo.InvariantCulture)} messages, {ByteSizeText.Format(file.Bytes)}");
        if (report.Outputs.Count > Listed) Terminal.Out.WriteLine($"... {report.Outputs.Count - Listed} more files");
        if (report.Outputs.Count == 0) Terminal.Out.WriteLine("nothing written: no message was wanted or intact");
        Terminal.Out.WriteLine($"read {report.MessagesRead.ToString("N0", CultureInfo.InvariantCulture)} messages, wrote {report.MessagesWritten.ToString("N0", CultureInfo.InvariantCulture)}");
        foreach (string note in report.Notes) Terminal.Error.WriteLine($"note: {note}");
        foreach (var undecoded in report.Undecoded) Terminal.Error.WriteLine($"undecoded {undecoded.Topic}: {undecoded.Count:N0} messages, first: {undecoded.Code}: {undecoded.Reason}");
        foreach (var loss in report.Losses) Terminal.Error.WriteLine($"lost {loss.File}: {loss.Loss}");
    }
}
