using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Mesh.Model;
using Mesh.Simulation;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests.Clusters;

/// <summary>From the producer to the snapshot exactly once, on any event log; other people's readers look at the tables.</summary>
public abstract class ChainSuite : IDisposable
{
    private const string Kcat = "kcat";
    private const string KcatRemedy = "apt-get install kcat";

    private protected TemporaryFolder Folder { get; } = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The log; a suite whose log is not there skips.</summary>
    protected abstract ValueTask<ChainCluster> ConnectAsync();

    [Fact]
    public async Task Recordings_become_rows_once_though_their_groups_are_rebalanced_while_they_are_read()
    {
        await using var cluster = await ConnectAsync();
        string kcat = Require.Program(Kcat, KcatRemedy);
        var truths = new List<SimulationTruth>();
        for (int i = 0; i < 8; i++) truths.Add(await SimulateAsync(i, TimeSpan.FromSeconds(3)));
        await using var server = await UpAsync(cluster);

        // Foreign members that commit nothing: what they are given while they are there is read again by the server.
        var first = PublishAsync(server, truths, 0..4);
        using (var uploads = Join(kcat, cluster, "mesh.ingest", "fleet.uploads.v1"))
        using (var written = Join(kcat, cluster, "mesh.catalogue", "lake.files-written.v1"))
        {
            await uploads.AssignedAsync();
            await written.AssignedAsync();
            var second = PublishAsync(server, truths, 4..8);
            await Task.WhenAny(first, Task.Delay(500, Stop));
            await uploads.LeaveAsync();
            await written.LeaveAsync();
            await first;
            await second;
        }

        await HeldAsync(truths);
        await CaughtUpAsync(cluster, "mesh.ingest");
        await CaughtUpAsync(cluster, "mesh.catalogue");
    }

    [Fact]
    public async Task Telemetry_becomes_rows_once_though_the_server_dies()
    {
        const int batches = 3;
        const int messages = 200;
        await using var cluster = await ConnectAsync();
        string kcat = Require.Program(Kcat, KcatRemedy);
        string name = $"chain-{Guid.NewGuid():N}";
        File.WriteAllText(Folder["live.yaml"], $"apiVersion: mesh/v1\nkind: Topology\nmetadata: {{ name: {name}, owner: fleet }}\nsource: {{ topic: {name}, from: earliest }}\ntelemetry: {{ maxRows: 70, maxDelay: 100ms }}\n");
        for (int batch = 0; batch < batches; batch++)
        {
            await using var server = await UpAsync(cluster, "--topology", Folder["live.yaml"]);
            File.WriteAllLines(Folder["lines"], Enumerable.Range(batch * messages, messages).Select(i => $$"""{"n": {{i.ToString(CultureInfo.InvariantCulture)}}}"""));
            await ToolProcess.RunAsync(
                kcat, [.. cluster.Kcat, "-P", "-t", name, "-k", "V1", "-H", "mesh-encoding=json", "-H", "mesh-channel=/notes", "-H", "mesh-log-time=1764460800000000000", "-l", Folder["lines"]]);

            // Some of the batch is committed then, some not.
            await server.WaitUntilAsync(() => Directory.Exists(Folder["data/lake/raw/notes/metadata"]), "a first commit");
            await server.KillAsync();
        }

        await using var last = await UpAsync(cluster, "--topology", Folder["live.yaml"]);
        await CaughtUpAsync(cluster, $"mesh.{name}");
        var table = (await NodeScript.RunAsync("lake-read.mjs", Folder["data/lake"])).GetProperty("raw.notes");
        foreach (string reader in (string[])["icebird", "duckdb", "distinct", "duckdb_distinct"]) table.GetProperty(reader).GetInt32().ShouldBe(batches * messages, reader);
    }

    [Fact]
    public async Task A_recording_in_pieces_becomes_rows_once()
    {
        await using var cluster = await ConnectAsync();
        var truth = await SimulateAsync(1, TimeSpan.FromSeconds(4));
        await using var server = await UpAsync(cluster);

        // As a producer does that has nothing but the log.
        string[] publish = ["publish", Folder["drive1.mcap"], "--vehicle", "V1", "--kafka", cluster.Log.Bootstrap, "--wait", "--json", "--data", Folder["data"]];
        var accepted = await RunJsonAsync(cluster, publish);
        var again = await RunJsonAsync(cluster, publish);

        accepted[0].GetProperty("result").GetString().ShouldBe("accepted");
        accepted[0].GetProperty("rows").GetInt64().ShouldBe(truth.Messages);
        again[0].GetProperty("result").GetString().ShouldBe("duplicate");
        await HeldAsync([truth]);
    }

    private static async Task<JsonElement> RunJsonAsync(ChainCluster cluster, params string[] arguments)
    {
        await using var mesh = MeshProcess.Start(cluster.Environment, arguments);
        await mesh.WaitForExitAsync();
        Assert.True(mesh.ExitCode == 0, $"mesh {string.Join(' ', arguments)} ended with {mesh.ExitCode}:\n{mesh.Errors}\n{mesh.Output}");
        using var document = JsonDocument.Parse(mesh.Output);
        return document.RootElement.Clone();
    }

    private static async Task CaughtUpAsync(ChainCluster cluster, string group)
    {
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(500, Stop))
        {
            var places = await PlacesAsync(cluster, group);
            if (places.Count > 0 && places.Sum(place => place.GetProperty("lag").GetInt64()) == 0) return;
            Assert.True(waited.Elapsed < TimeSpan.FromMinutes(1), $"{group} does not catch up: {string.Join('\n', places)}");
        }
    }

    /// <summary>Where a group stands; nothing before it has committed for the first time.</summary>
    private static async Task<List<JsonElement>> PlacesAsync(ChainCluster cluster, string group)
    {
        await using var mesh = MeshProcess.Start(cluster.Environment, "groups", "describe", group, "--json", "--kafka", cluster.Log.Bootstrap);
        await mesh.WaitForExitAsync();
        if (mesh.Errors.Contains("MESH11072", StringComparison.Ordinal)) return [];
        Assert.True(mesh.ExitCode == 0, mesh.Errors);
        using var document = JsonDocument.Parse(mesh.Output);
        return [.. document.RootElement.Clone().EnumerateArray()];
    }

    private static ForeignMember Join(string kcat, ChainCluster cluster, string group, string topic) => new(
        new ProcessStartInfo(kcat, [.. cluster.Kcat, "-X", "enable.auto.commit=false", "-X", "partition.assignment.strategy=roundrobin", "-G", group, topic]));

    private Task<SimulationTruth> SimulateAsync(int number, TimeSpan duration) => SimulatedRecording.WriteAsync(
        Folder[$"drive{number}.mcap"], new DriveOptions { Seed = 70 + number, Duration = duration, VehicleId = $"V{number}", LidarPoints = 500 }, Stop);

    private Task<MeshProcess> UpAsync(ChainCluster cluster, params string[] more) => MeshProcess.UpAsync(Folder["data"], cluster.Environment, [.. cluster.Arguments, .. more]);

    private async Task PublishAsync(MeshProcess server, List<SimulationTruth> truths, Range range)
    {
        var (start, length) = range.GetOffsetAndLength(truths.Count);
        foreach (int i in Enumerable.Range(start, length))
        {
            var published = await MeshProcess.RunJsonAsync("publish", Folder[$"drive{i}.mcap"], "--vehicle", $"V{i}", "--json", "--server", server.AddressOf("http"));
            published[0].GetProperty("result").GetString().ShouldBe("accepted");
        }
    }

    /// <summary>Waits until every message is a row, once, and nothing else is.</summary>
    private async Task HeldAsync(IReadOnlyList<SimulationTruth> truths)
    {
        long expected = truths.Sum(truth => truth.Messages);
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(500, Stop))
        {
            long rows = 0;
            foreach (var table in (await NodeScript.RunAsync("lake-read.mjs", Folder["data/lake"])).EnumerateObject())
            {
                long found = table.Value.GetProperty("icebird").GetInt64();
                foreach (string same in (string[])["duckdb", "distinct", "duckdb_distinct"]) table.Value.GetProperty(same).GetInt64().ShouldBe(found, $"{table.Name}: {same}");
                if (!table.Name.StartsWith("raw.synchronised_", StringComparison.Ordinal) && !table.Name.StartsWith("mesh.", StringComparison.Ordinal)) rows += found;
            }

            rows.ShouldBeLessThanOrEqualTo(expected);
            if (rows == expected) return;
            Assert.True(waited.Elapsed < TimeSpan.FromMinutes(1), $"{rows} rows of {expected}");
        }
    }

    /// <summary>Somebody else's program in one of Mesh's groups.</summary>
    private sealed class ForeignMember : IDisposable
    {
        private readonly Process process;
        private readonly TaskCompletionSource assigned = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ForeignMember(ProcessStartInfo start)
        {
            start.RedirectStandardError = true;
            start.RedirectStandardOutput = true;
            process = new Process { StartInfo = start };
            process.ErrorDataReceived += (_, line) =>
            {
                if (line.Data?.Contains("assigned", StringComparison.Ordinal) == true) assigned.TrySetResult();
            };
            process.Start();
            process.BeginErrorReadLine();
            process.BeginOutputReadLine();
        }

        public Task AssignedAsync() => assigned.Task.WaitAsync(TimeSpan.FromMinutes(1), Stop);

        /// <summary>Tells it to end; it tells the group.</summary>
        public async Task LeaveAsync()
        {
            using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            await process.WaitForExitAsync(Stop).WaitAsync(TimeSpan.FromMinutes(1), Stop);
        }

        public void Dispose()
        {
            if (!process.HasExited) process.Kill();
            process.Dispose();
        }
    }
}
