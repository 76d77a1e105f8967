using System.Diagnostics;
using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Storage;
using Mesh.Training.Loading;

namespace Mesh.Benchmarks;

/// <summary>
/// What <c>mesh jobs read --tensors</c> costs beside the scan it rests on: the same columns of the same files, read as batches by our Parquet reader,
/// and turned into shuffled tensors; in turns within one run, so that what else runs on the machine hits both. Given per second of processor time,
/// which is what a core does, and per second of the clock.
/// </summary>
internal static class LoaderRuns
{
    private const int Repeats = 7;

    public static async Task<int> RunAsync(string[] args)
    {
        string only = args.Length > 0 ? args[0] : "";
        string folder = Directory.CreateTempSubdirectory("mesh-loader-").FullName;
        try
        {
            if (only is "" or "frames") await MeasureAsync(folder, "frames", Frames(3 << 20), ["x0", "x1", "x2", "x3", "x4", "x5", "x6", "sequence", "label"], 4096, 1).ConfigureAwait(false);
            if (only is "" or "windows") await MeasureAsync(folder, "windows", Frames(3 << 20), ["x0", "x1", "x2", "x3", "x4", "x5", "x6", "label"], 256, 16).ConfigureAwait(false);
            if (only is "" or "images") await MeasureAsync(folder, "images", Images(24 << 10), ["sequence", "image"], 256, 1).ConfigureAwait(false);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureAsync(string folder, string name, IEnumerable<RecordBatch> batches, string[] columns, int batchSize, int window)
    {
        string path = Path.Combine(folder, $"{name}.parquet");
        long rows = 0;
        await using (var stream = File.Create(path))
        {
            ParquetWriter? writer = null;
            foreach (var batch in batches)
            {
                writer ??= new ParquetWriter(stream, batch.Schema, new ParquetWriterOptions { RowGroupBytes = 16 << 20 });
                await writer.WriteAsync(batch, CancellationToken.None).ConfigureAwait(false);
                rows += batch.Length;
            }

            await writer!.CompleteAsync(CancellationToken.None).ConfigureAwait(false);
            await writer.DisposeAsync().ConfigureAwait(false);
        }

        var source = new TensorSource(name, [TensorSource.FileOf(new Uri(path).AbsoluteUri, path)], new HashSet<string>());
        var options = new TensorReadOptions { Columns = columns, BatchSize = batchSize, Window = window, Stride = window };
        await using var measured = await TensorStream.OpenAsync(source, options, TimeProvider.System, CancellationToken.None).ConfigureAwait(false);
        Console.WriteLine(FormattableString.Invariant(
            $"{name}: {rows:N0} rows in {measured.View.RowGroups} row groups, {new FileInfo(path).Length / 1e6:N1} MB on disk, {columns.Length} columns, batches of {batchSize}{(window > 1 ? $" windows of {window} rows" : "")}"));
        string[] scanned = window > 1 ? [.. columns, "recording_id", "sequence"] : columns;

        var scans = new List<(double Wall, double Cpu)>();
        var loads = new List<(double Wall, double Cpu)>();
        var ordered = new List<(double Wall, double Cpu)>();
        TensorReport? report = null;
        for (int i = 0; i < Repeats + 2; i++)
        {
            var scan = await TimeAsync(() => ScanAsync(path, scanned)).ConfigureAwait(false);
            var load = await TimeAsync(async () => report = await LoadAsync(source, options).ConfigureAwait(false)).ConfigureAwait(false);
            var inOrder = await TimeAsync(() => LoadAsync(source, options with { ShuffleBufferBytes = 0 })).ConfigureAwait(false);
            // The first two compile.
            if (i < 2) continue;
            scans.Add(scan);
            loads.Add(load);
            ordered.Add(inOrder);
        }

        Report("scan", scans, rows, report!.DataBytes, null);
        Report("tensors, shuffled", loads, rows, report.DataBytes, scans);
        Report("tensors, in order", ordered, rows, report.DataBytes, scans);
        Console.WriteLine(FormattableString.Invariant($"  {report.DataBytes / 1e6:N0} MB of tensors in {report.Batches:N0} batches; peak memory of the process {PeakBytes() / 1e6:N0} MB"));
    }

    private static async Task ScanAsync(string path, string[] columns)
    {
        await using var reader = await ParquetReader.OpenAsync(new FileByteSource(path), CancellationToken.None).ConfigureAwait(false);
        var memory = new ColumnMemory(maxIdleBytes: 64 << 20);
        await foreach (var batch in reader.ReadAsync(new ParquetReadOptions { Columns = columns, Memory = memory }, CancellationToken.None).ConfigureAwait(false))
        {
            GC.KeepAlive(batch);
            memory.Reclaim();
        }
    }

    private static async Task<TensorReport> LoadAsync(TensorSource source, TensorReadOptions options)
    {
        // The texts' pass over the label is part of a stream's cost, so the stream is opened within the measured time.
        await using var stream = await TensorStream.OpenAsync(source, options, TimeProvider.System, CancellationToken.None).ConfigureAwait(false);
        return await stream.WriteAsync(Stream.Null, CancellationToken.None).ConfigureAwait(false);
    }

    private static async Task<(double Wall, double Cpu)> TimeAsync(Func<Task> work)
    {
        using var process = Process.GetCurrentProcess();
        GC.Collect();
        process.Refresh();
        var cpu = process.TotalProcessorTime;
        long start = Stopwatch.GetTimestamp();
        await work().ConfigureAwait(false);
        double wall = Stopwatch.GetElapsedTime(start).TotalSeconds;
        process.Refresh();
        return (wall, (process.TotalProcessorTime - cpu).TotalSeconds);
    }

    private static void Report(string name, List<(double Wall, double Cpu)> runs, long rows, long bytes, List<(double Wall, double Cpu)>? scans)
    {
        double cpu = Median(runs.Select(run => run.Cpu)), wall = Median(runs.Select(run => run.Wall));
        string ratio = scans is null ? "" : FormattableString.Invariant($"  {Median(runs.Zip(scans, (run, scan) => run.Cpu / scan.Cpu)):0.00} of the scan's processor time ({runs.Zip(scans, (run, scan) => run.Cpu / scan.Cpu).Min():0.00} to {runs.Zip(scans, (run, scan) => run.Cpu / scan.Cpu).Max():0.00})");
        Console.WriteLine(FormattableString.Invariant($"  {name,-18} a core: {rows / cpu / 1e6,6:0.00} M rows/s {bytes / cpu / 1e6,7:N0} MB/s   clock: {rows / wall / 1e6,6:0.00} M rows/s {bytes / wall / 1e6,7:N0} MB/s{ratio}"));
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static long PeakBytes() => long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) * 1024;

    /// <summary>Synchronised frames: seven signals of a sensor's noise that may be absent, a label in runs.</summary>
    private static IEnumerable<RecordBatch> Frames(int count)
    {
        var schema = new Schema(
        [
            new("recording_id", DataType.Utf8, Nullable: false), new("sequence", DataType.Int64, Nullable: false), .. Enumerable.Range(0, 7).Select(i => new Field($"x{i}", DataType.Float64)),
            new("label", DataType.Utf8),
        ]);
        string[] labels = ["accelerate", "brake", "cruise", "stop", "turn_left", "turn_right"];
        var random = new Random(5);
        double value = 0;
        for (int done = 0; done < count; done += 16 << 10)
        {
            var row = new StructBuilder(schema.AsStruct());
            for (int i = done; i < done + (16 << 10); i++)
            {
                ((BinaryBuilder)row.Children[0]).Append($"{i / 36_000:x64}");
                ((FixedWidthBuilder<long>)row.Children[1]).Append(i % 36_000);
                bool missing = i % 500 == 0;
                for (int signal = 0; signal < 7; signal++)
                {
                    value += random.NextDouble() - 0.5;
                    if (missing) row.Children[2 + signal].AppendNull();
                    else ((FixedWidthBuilder<double>)row.Children[2 + signal]).Append(value + random.NextDouble());
                }

                ((BinaryBuilder)row.Children[9]).Append(labels[i / 45 % labels.Length]);
                row.EndStruct();
            }

            yield return row.BuildBatch();
        }
    }

    /// <summary>Compressed images of 4 to 12 KB.</summary>
    private static IEnumerable<RecordBatch> Images(int count)
    {
        var schema = new Schema([new("sequence", DataType.Int64, Nullable: false), new("image", DataType.Binary, Nullable: false)]);
        var random = new Random(6);
        byte[] image = new byte[12 << 10];
        for (int done = 0; done < count; done += 1024)
        {
            var row = new StructBuilder(schema.AsStruct());
            for (int i = done; i < done + 1024; i++)
            {
                ((FixedWidthBuilder<long>)row.Children[0]).Append(i);
                int length = (4 << 10) + random.Next(8 << 10);
                random.NextBytes(image.AsSpan(0, length));
                ((BinaryBuilder)row.Children[1]).Append(image.AsSpan(0, length));
                row.EndStruct();
            }

            yield return row.BuildBatch();
        }
    }
}
