using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Mesh.Formats.Mcap;
using Mesh.Simulation;
using Mesh.Testing;
using Mesh.Upload;

namespace Mesh.Benchmarks.Ingest;

/// <summary>
/// A fleet that uploads at once: so many vehicles, each with a short drive of its own, against a server with its default settings. Reports
/// the time from the last byte of an upload to its snapshot (p50, p99), the throughput, and the server's peak memory; fails when a message is missing.
/// </summary>
internal static class FleetRun
{
    public static async Task<int> RunAsync(string[] args)
    {
        int vehicles = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1000;
        double seconds = args.Length > 1 ? double.Parse(args[1], CultureInfo.InvariantCulture) : 5;
        string folder = Directory.CreateTempSubdirectory("mesh-fleet-").FullName;
        try
        {
            long expected = 0, bytes = 0;
            for (int i = 0; i < vehicles; i++)
            {
                var options = new DriveOptions { Seed = i, LidarPoints = 200, Duration = TimeSpan.FromSeconds(seconds), Compression = McapCompression.Zstd };
                expected += (await SimulatedRecording.WriteAsync(PathOf(i), options, default)).Messages;
                bytes += new FileInfo(PathOf(i)).Length;
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{vehicles:N0} recordings, {bytes / 1e6:N0} MB, {expected:N0} messages"));
            // Without training, which would take a core for itself as soon as the first rule fires.
            await using var server = await MeshProcess.UpAsync(
                Path.Combine(folder, "data"), null, "--stages", "upload,ingest,catalogue,trigger,publish,maintenance,replay,outbox");
            using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = vehicles }) { Timeout = Timeout.InfiniteTimeSpan };
            var client = new UploadClient(http, new UploadClientOptions { Server = new Uri(server.AddressOf("http")) });
            var accepted = new ConcurrentDictionary<string, TimeSpan>();
            var clock = Stopwatch.StartNew();
            await Task.WhenAll(Enumerable.Range(0, vehicles).Select(async i =>
            {
                var answer = await client.UploadAsync(PathOf(i), $"V{i}", "", null, default);
                accepted[answer.IngestId!] = clock.Elapsed;
            }));
            double uploaded = clock.Elapsed.TotalSeconds;
            var latencies = await LatenciesAsync(http, server.AddressOf("http"), accepted, clock);
            double whole = clock.Elapsed.TotalSeconds;

            long rows = await RowsAsync(http, server.AddressOf("http"), vehicles);
            string peak = (await File.ReadAllLinesAsync($"/proc/{server.Id}/status")).First(line => line.StartsWith("VmHWM", StringComparison.Ordinal))[6..].Trim();
            latencies.Sort();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"all accepted after {uploaded:0.0} s, all committed after {whole:0.0} s: {bytes / 1e6 / whole:0.0} MB/s, {expected / whole:N0} messages/s"));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"accepted to committed: p50 {latencies[latencies.Count / 2]:0.0} s, p99 {latencies[latencies.Count * 99 / 100]:0.0} s; peak memory {peak}; {rows:N0} rows of {expected:N0}"));
            return rows == expected ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        string PathOf(int i) => Path.Combine(folder, $"{i}.mcap");
    }

    /// <summary>Seen from outside, by asking for the list of recordings until all are committed: exact to half a second.</summary>
    private static async Task<List<double>> LatenciesAsync(HttpClient http, string server, ConcurrentDictionary<string, TimeSpan> accepted, Stopwatch clock)
    {
        List<double> latencies = [];
        HashSet<string> seen = [];
        while (seen.Count < accepted.Count)
        {
            foreach (var recording in await RecordingsAsync(http, server, accepted.Count))
            {
                string id = recording.GetProperty("ingest_id").GetString()!;
                if (recording.GetProperty("state").GetString() != "committed" || !accepted.ContainsKey(id) || !seen.Add(id)) continue;
                latencies.Add((clock.Elapsed - accepted[id]).TotalSeconds);
            }

            await Task.Delay(500);
        }

        return latencies;
    }

    private static async Task<long> RowsAsync(HttpClient http, string server, int count) =>
        (await RecordingsAsync(http, server, count)).Sum(recording => recording.GetProperty("rows_out").GetInt64());

    private static async Task<List<JsonElement>> RecordingsAsync(HttpClient http, string server, int count)
    {
        using var answer = JsonDocument.Parse(await http.GetByteArrayAsync($"{server}/api/v1/recordings?limit={count}"));
        return [.. answer.RootElement.EnumerateArray().Select(recording => recording.Clone())];
    }
}
