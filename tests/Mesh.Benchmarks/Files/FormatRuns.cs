using System.Diagnostics;
using System.Globalization;
using Mesh.Formats;
using Mesh.Formats.Bus;
using Mesh.Storage;

namespace Mesh.Benchmarks.Files;

/// <summary>
/// Reads the files of a folder through the public path, from opening to the last batch (files of more than 1 GiB once, others after a first reading): medians of wall and processor time, and what they are per
/// second. Values are those of all columns, times not counted.
/// </summary>
internal sealed class FormatRuns
{
    private readonly string folder;
    private readonly int rounds;
    private readonly int threads;
    private readonly string filter;

    private FormatRuns(string folder, int rounds, int threads, string filter) => (this.folder, this.rounds, this.threads, this.filter) = (folder, rounds, threads, filter);

    /// <summary>Arguments: folder, then optionally <c>--rounds N</c> (default 5), <c>--threads N</c> (default 1), <c>--only TEXT</c>.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length == 0)
        {
            await Console.Error.WriteLineAsync("usage: formats FOLDER [--rounds N] [--threads N] [--only TEXT]");
            return 2;
        }

        int rounds = int.Parse(Option(args, "--rounds") ?? "5", CultureInfo.InvariantCulture);
        int threads = int.Parse(Option(args, "--threads") ?? "1", CultureInfo.InvariantCulture);
        var runs = new FormatRuns(args[0], rounds, threads, Option(args, "--only") ?? "");
        Console.WriteLine($"medians of {rounds}, {threads} thread(s); load {(await File.ReadAllTextAsync("/proc/loadavg")).Trim()}");
        Console.WriteLine("| file | what | MB | wall s | CPU s | rows M | M rows/s | M values/s | MB/s | M values/CPU s | peak MiB |");
        Console.WriteLine("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach (string path in Directory.GetFiles(args[0]).Order(StringComparer.Ordinal)) await runs.RunFileAsync(path);
        return 0;
    }

    private static string? Option(string[] args, string name)
    {
        int at = Array.IndexOf(args, name);
        return at < 0 ? null : args[at + 1];
    }

    private async Task RunFileAsync(string path)
    {
        string name = Path.GetFileName(path);
        if (Path.GetExtension(name) is not (".mf4" or ".mcap" or ".bag" or ".db3" or ".blf" or ".asc" or ".trc")) return;
        var plain = new RecordingReaderOptions { Parallelism = threads, BusFrames = false };
        await MeasureAsync(path, "open and summary", () => SummaryAsync(path, plain));
        await MeasureAsync(path, "messages", () => MessagesAsync(path, plain));
        await MeasureAsync(path, "columns", () => ColumnsAsync(path, plain));
        if (!name.StartsWith("buslog", StringComparison.Ordinal)) return;
        var frames = plain with { BusFrames = true };
        var database = BusDatabase.Parse(SampleFiles.DatabaseName, await File.ReadAllBytesAsync(Path.Combine(folder, SampleFiles.DatabaseName)));
        var signals = frames with { Databases = [new BusDatabaseBinding(database, null)] };
        await MeasureAsync(path, "frames", () => MessagesAsync(path, frames));
        await MeasureAsync(path, "frame columns", () => ColumnsAsync(path, frames));
        await MeasureAsync(path, "signal messages", () => MessagesAsync(path, signals));
        await MeasureAsync(path, "signal columns", () => ColumnsAsync(path, signals));
    }

    private async Task MeasureAsync(string path, string what, Func<Task<(long Rows, long Values)>> read)
    {
        if (!$"{Path.GetFileName(path)} {what}".Contains(filter, StringComparison.Ordinal)) return;
        bool isLong = new FileInfo(path).Length > 1L << 30;
        if (!isLong) await read();
        GC.Collect();
        await File.WriteAllTextAsync("/proc/self/clear_refs", "5");
        var walls = new List<double>();
        var processors = new List<double>();
        (long Rows, long Values) result = default;
        for (int i = 0; i < (isLong ? 1 : rounds); i++)
        {
            var before = Environment.CpuUsage.TotalTime;
            var watch = Stopwatch.StartNew();
            result = await read();
            walls.Add(watch.Elapsed.TotalSeconds);
            processors.Add((Environment.CpuUsage.TotalTime - before).TotalSeconds);
        }

        double wall = Median(walls), processor = Median(processors), bytes = new FileInfo(path).Length;
        Console.WriteLine(FormattableString.Invariant(
            $"| {Path.GetFileName(path)} | {what} | {bytes / 1e6:0} | {wall:0.000} | {processor:0.000} | {result.Rows / 1e6:0.00} | {result.Rows / 1e6 / wall:0.0} | {result.Values / 1e6 / wall:0} | {bytes / 1e6 / wall:0} | {result.Values / 1e6 / processor:0} | {PeakMebibytes()} |"));
    }

    private static async Task<(long Rows, long Values)> SummaryAsync(string path, RecordingReaderOptions options)
    {
        await using var reader = await RecordingFormats.OpenAsync(new FileByteSource(path), options, default);
        var summary = await reader.ReadSummaryAsync(default);
        return (summary?.Messages ?? 0, 0);
    }

    private static async Task<(long Rows, long Values)> MessagesAsync(string path, RecordingReaderOptions options)
    {
        long rows = 0;
        await using var reader = await RecordingFormats.OpenAsync(new FileByteSource(path), options, default);
        while (await reader.ReadBlockAsync(default) is { } block) rows += block.Messages.Length;
        return (rows, 0);
    }

    private static async Task<(long Rows, long Values)> ColumnsAsync(string path, RecordingReaderOptions options)
    {
        long rows = 0, values = 0;
        await using var reader = await RecordingFormats.OpenAsync(new FileByteSource(path), options, default);
        var columns = new RecordingColumns(reader, new RecordingColumnsOptions { ReuseMemory = true });
        await foreach (var batch in columns.ReadAsync(default))
        {
            rows += batch.Fields.Length;
            values += (long)batch.Fields.Length * batch.Fields.Columns.Count;
        }

        if (columns.Undecoded.Count > 0) throw new InvalidOperationException($"{columns.Undecoded[0]}");
        if (reader.Losses.Count > 0) throw new InvalidOperationException($"{reader.Losses[0]}");
        return (rows, values);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static long PeakMebibytes() =>
        long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
}
