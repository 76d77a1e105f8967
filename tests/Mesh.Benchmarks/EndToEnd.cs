using System.Diagnostics;
using System.Globalization;
using Mesh.Formats.Mcap;
using Mesh.Model;
using Mesh.Simulation;
using Mesh.Testing;

namespace Mesh.Benchmarks;

/// <summary>
/// One recording through a server of its own process, from `publish` to committed tables: megabytes per second and the server's peak
/// memory (VmHWM), with the settings it comes with. Environment variables reach the server, so DOTNET_ settings can be tried out.
/// </summary>
internal static class EndToEnd
{
    public static async Task<int> RunAsync(string[] args)
    {
        if (!ByteSizeText.TryParse(args.Length > 0 ? args[0] : "200MiB", out long wantedBytes))
        {
            await Console.Error.WriteLineAsync("usage: end-to-end [SIZE [LIDAR_POINTS]]   for example end-to-end 2GiB; few lidar points make many small messages");
            return 2;
        }

        int lidarPoints = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 20_000;
        string folder = Directory.CreateTempSubdirectory("mesh-benchmark-").FullName;
        try
        {
            string recording = Path.Combine(folder, "drive.mcap");
            var options = new DriveOptions { Seed = 9, LidarPoints = lidarPoints, Duration = TimeSpan.FromSeconds(10), Compression = McapCompression.Zstd };
            await SimulatedRecording.WriteAsync(recording, options, default);
            double bytesPerSecond = new FileInfo(recording).Length / 10.0;
            options = options with { Duration = TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling(wantedBytes / bytesPerSecond))) };
            var simulate = Stopwatch.StartNew();
            var truth = await SimulatedRecording.WriteAsync(recording, options, default);
            double size = new FileInfo(recording).Length;
            double payload = truth.Channels.Sum(channel => channel.PayloadBytes);
            Report($"recording: {size / 1e6:N0} MB file, {payload / 1e6:N0} MB payload, {truth.Messages:N0} messages, simulated in {simulate.Elapsed.TotalSeconds:0.0} s");

            await using var server = await MeshProcess.UpAsync(Path.Combine(folder, "data"));
            var publish = Stopwatch.StartNew();
            var answer = await MeshProcess.RunJsonAsync("publish", recording, "--vehicle", "V1", "--wait", "--json", "--server", server.AddressOf("http"));
            double seconds = publish.Elapsed.TotalSeconds;
            long rows = answer[0].GetProperty("rows").GetInt64();
            Report($"published and committed in {seconds:0.0} s: {size / 1e6 / seconds:0.0} MB/s of file, {payload / 1e6 / seconds:0.0} MB/s of payload, {rows:N0} rows of {truth.Messages:N0} messages");
            using var process = Process.GetProcessById(server.Id);
            Report($"server's processor time: {process.TotalProcessorTime.TotalSeconds:0.0} s, of it {process.PrivilegedProcessorTime.TotalSeconds:0.0} s in the kernel");
            string[] status = await File.ReadAllLinesAsync($"/proc/{server.Id}/status");
            Report($"server's peak memory (VmHWM): {MebibytesOf(status, "VmHWM")} MiB; now anonymous {MebibytesOf(status, "RssAnon")} MiB, mapped files {MebibytesOf(status, "RssFile")} MiB");
            return rows == truth.Messages ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static long MebibytesOf(string[] status, string name) =>
        long.Parse(status.First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;

    private static void Report(FormattableString line) => Console.WriteLine(FormattableString.Invariant(line));
}
