using System.Diagnostics;
using System.Globalization;
using Mesh.Benchmarks.Files;
using Mesh.Formats.Mcap;
using Mesh.Kafka.Events;
using Mesh.Simulation;

namespace Mesh.Benchmarks.Ingest;

/// <summary>
/// One ingest worker against the sum of its parts, measured in the same run: reading with decompression, decoding, and encoding with
/// compression, each alone on one core, against landing object to committed snapshot on one core and on two. Without the parts of a server
/// that wait (log, HTTP); what is lost is what joining the stages costs.
/// </summary>
internal static class IngestParts
{
    private const string Topology = """
        apiVersion: mesh/v1
        kind: Topology
        metadata: { name: benchmark }
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        int seconds = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 60;
        string folder = Directory.CreateTempSubdirectory("mesh-ingest-").FullName;
        try
        {
            string small = Path.Combine(folder, "small.mcap"), drive = Path.Combine(folder, "drive.mcap");
            await CdrLog.WriteMcapAsync(small, McapCompression.Zstd, seconds * 4);
            await SimulatedRecording.WriteAsync(drive, new DriveOptions { Seed = 9, Duration = TimeSpan.FromSeconds(seconds), Compression = McapCompression.Zstd }, default);
            foreach (var (name, path) in new[] { ("small messages", small), ("images and lidar", drive) })
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {new FileInfo(path).Length / 1e6:N0} MB"));
                double one = await OnCoresAsync("0", path), two = await OnCoresAsync("0,1", path);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  two cores {one / two:0.00} times one"));
            }

            string shortDrive = Path.Combine(folder, "short.mcap");
            await SimulatedRecording.WriteAsync(shortDrive, new DriveOptions { Seed = 9, LidarPoints = 200, Duration = TimeSpan.FromSeconds(5), Compression = McapCompression.Zstd }, default);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"a small recording: {new FileInfo(shortDrive).Length / 1e6:N2} MB"));
            await OnCoresAsync("0", shortDrive, "ingest-many-here");
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Measures in this process, on the cores it was given; the last line is the time of the whole.</summary>
    public static async Task<int> MeasureAsync(string path)
    {
        using var workshop = new IngestWorkshop(Path.GetDirectoryName(path)!, Topology);
        var upload = await workshop.LandAsync(path, "V0");
        long messages = await workshop.ReadAsync(upload);
        double megabytes = new FileInfo(path).Length / 1e6, sum = 0;

        // Once without a clock, so that compiling is in none of the times.
        await workshop.WholeAsync(await workshop.LandAsync(path, "warm"));
        if (Environment.ProcessorCount == 1)
        {
            double read = await BestAsync(3, () => workshop.ReadAsync(upload));
            double decoded = await BestAsync(3, () => workshop.DecodeAsync(upload, keep: false));
            var batches = await workshop.DecodeAsync(upload, keep: true);
            double encode = await BestAsync(3, () => workshop.EncodeAsync(upload, batches));
            sum = decoded + encode;
            Line("read and decompress", read);
            Line("decode", decoded - read);
            Line("sort, encode, compress", encode);
            Line("sum of the parts", sum);
        }

        // As many recordings at a time as there are cores.
        int run = 0;
        var pausedBefore = GC.GetTotalPauseDuration();
        long contendedBefore = Monitor.LockContentionCount;
        var measured = Stopwatch.StartNew();
        double whole = await BestAsync(3, async () =>
        {
            var uploads = new List<UploadAccepted>();
            for (int i = 0; i < Environment.ProcessorCount; i++) uploads.Add(await workshop.LandAsync(path, $"V{run++}-{i}"));
            await Task.WhenAll(uploads.Select(workshop.WholeAsync));
        }) / Environment.ProcessorCount;
        Line(Environment.ProcessorCount == 1 ? "whole, one core" : "whole, two cores, two recordings", whole);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  paused to collect {(GC.GetTotalPauseDuration() - pausedBefore) / measured.Elapsed:P1} of it, {Monitor.LockContentionCount - contendedBefore} contended locks"));
        if (sum > 0) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {sum / whole:P0} of what the parts allow"));
        Console.WriteLine(whole.ToString("R", CultureInfo.InvariantCulture));
        return 0;

        void Line(string what, double time) => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  {what,-34} {time,7:0.00} s {megabytes / time,8:N0} MB/s {messages / time / 1e6,7:0.00} M messages/s"));
    }

    /// <summary>What a recording costs that is hardly there: files, commits, accounts. One after the other, in this process.</summary>
    public static async Task<int> MeasureManyAsync(string path)
    {
        const int warm = 150, counted = 150;
        using var workshop = new IngestWorkshop(Path.GetDirectoryName(path)!, Topology);
        for (int i = 0; i < warm; i++) await workshop.WholeAsync(await workshop.LandAsync(path, $"warm{i}"));
        long allocated = GC.GetTotalAllocatedBytes();
        var clock = Stopwatch.StartNew();
        for (int i = 0; i < counted; i++) await workshop.WholeAsync(await workshop.LandAsync(path, $"V{i}"));
        double each = clock.Elapsed.TotalSeconds / counted;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  {each * 1e3:0.0} ms each on one core, {(GC.GetTotalAllocatedBytes() - allocated) / 1024.0 / counted:N0} KiB allocated"));
        Console.WriteLine(each.ToString("R", CultureInfo.InvariantCulture));
        return 0;
    }

    // A process of its own: which cores a process has is settled before its runtime starts.
    private static async Task<double> OnCoresAsync(string cores, string path, string measurement = "ingest-here")
    {
        using var process = Process.Start(new ProcessStartInfo("taskset", ["-c", cores, "dotnet", typeof(IngestParts).Assembly.Location, measurement, path]) { RedirectStandardOutput = true })!;
        string[] lines = (await process.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"The measurement ended with {process.ExitCode}.");
        foreach (string line in lines[..^1]) Console.WriteLine(line);
        return double.Parse(lines[^1], CultureInfo.InvariantCulture);
    }

    private static async Task<double> BestAsync(int rounds, Func<Task> run)
    {
        double best = double.MaxValue;
        for (int i = 0; i < rounds; i++)
        {
            GC.Collect();
            var clock = Stopwatch.StartNew();
            await run();
            best = Math.Min(best, clock.Elapsed.TotalSeconds);
        }

        return best;
    }
}
