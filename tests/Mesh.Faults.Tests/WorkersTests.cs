using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Mesh.Catalogue;
using Mesh.Faults.Tests.Support;
using Mesh.Kafka;
using Mesh.Storage.S3;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Faults.Tests;

/// <summary>
/// Several servers share one log, one catalogue in PostgreSQL and one bucket. One dies, one stands still longer than its groups and the database
/// wait for it and then goes on as if nothing had happened; the others bring everything to its end, and nothing is there twice.
/// </summary>
public sealed partial class WorkersTests(Drives drives) : IDisposable
{
    private const int Uploads = 12;

    /// <summary>Where the worker stands still; with a count, the n-th time the place is reached.</summary>
    /// <remarks>Each takes more than a minute: all of them at the level <c>full</c>, the one in the middle of a commit otherwise.</remarks>
    public static readonly TheoryData<string> Places = Require.Level == TestLevel.Full
        ? ["lake.mid-swap:2", "decode.mid-recording:2", "lake.before-swap:2", "catalogue.after-commit:2", "outbox.after-publish"]
        : ["lake.mid-swap:2"];

    /// <summary>Longer than the group's session (10 s), a transaction's pause (20 s) and a duty's silence (15 s).</summary>
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(22);

    private readonly TemporaryFolder folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_worker_dies_and_another_stands_still_at(string place)
    {
        Require.AtLeast(TestLevel.Default);
        await using var fleet = await FleetAsync();
        var offsets = new OffsetWatch(fleet.Log, "mesh.ingest", CatalogueStage.Group);
        await using var _ = offsets;
        await using var front = await fleet.UpAsync("front", "upload");
        await using var zombie = await fleet.UpAsync("zombie", "ingest,catalogue,outbox", ("MESH_STALL_AT", place));
        await using var doomed = await fleet.UpAsync("doomed", "ingest,catalogue", ("MESH_CRASH_AT", "partition.after-object-put:3"));
        var all = Enumerable.Range(0, Uploads).Select(i => drives.All[i % drives.All.Count] with { Vehicle = $"car-{i}" }).ToList();

        (await front.PublishAsync(all)).Count.ShouldBe(all.Count);
        await front.WaitUntilAsync(() => Task.FromResult(IsStopped(zombie)), () => $"the worker to stand still at {place}\n{zombie.Process.Errors}");
        var stalled = Stopwatch.StartNew();
        await doomed.Process.WaitUntilDeadAsync();
        doomed.Process.ExitCode.ShouldBe(FaultServer.Killed, doomed.Process.Errors);
        await using var successor = await fleet.UpAsync("successor", "ingest,catalogue,outbox,replay,maintenance,trigger");
        foreach (var drive in all) await successor.CommittedAsTruthSaysAsync(drive);
        IsStopped(zombie).ShouldBeTrue("all is done without it");

        var rest = Stall - stalled.Elapsed;
        if (rest > TimeSpan.Zero) await Task.Delay(rest, Stop);
        await zombie.Process.SignalAsync("CONT");
        var more = drives.All.Select(drive => drive with { Vehicle = "late-" + drive.Vehicle }).ToList();
        (await front.PublishAsync(more)).Count.ShouldBe(more.Count);
        all.AddRange(more);
        foreach (var drive in all) await successor.CommittedAsTruthSaysAsync(drive);

        // Stopped in order, the zombie has brought to its end whatever it had begun.
        await zombie.Process.SignalAsync("INT");
        await zombie.Process.WaitForExitAsync();
        zombie.Process.ExitCode.ShouldBe(0, zombie.Process.Errors);
        await offsets.WaitUntilCaughtUpAsync();
        offsets.WentBack.ShouldBeEmpty();
        foreach (var drive in all) await successor.CommittedAsTruthSaysAsync(drive);
        (await successor.GetAsync("recordings"))!.Value.GetArrayLength().ShouldBe(all.Count);
        (await successor.DeadLettersAsync()).ShouldBeEmpty();
        using var lake = S3ObjectStore.OpenForReading($"{fleet.Uri}/lake", fleet.Storage);
        await Lake.HoldsExactlyAsync(lake, all);
    }

    [Fact]
    public async Task A_topology_that_is_applied_on_one_server_is_run_and_retired_by_the_others()
    {
        Require.AtLeast(TestLevel.Default);
        await using var fleet = await FleetAsync();
        await using var front = await fleet.UpAsync("front", "upload,outbox");
        await using var worker = await fleet.UpAsync("worker", "ingest,catalogue");
        string yaml = "apiVersion: mesh/v1\nkind: Topology\nmetadata: { name: second, owner: fleet }\npartition: { namespace: second }\n";

        using (var answer = await front.Http.PostAsJsonAsync("api/v1/topologies/apply", new { file_name = "second.yaml", yaml }, Stop)) answer.EnsureSuccessStatusCode();
        await worker.WaitUntilAsync(async () => await TopologiesOfAsync(worker) is "fleet-ingest@1, second@1", () => "the worker to follow");
        (await worker.PublishAsync(drives.All[0].Path, drives.All[0].Vehicle))!.Code.ShouldBe("MESH1018");
        (await front.PublishAsync(drives.All)).Count.ShouldBe(drives.All.Count);
        foreach (var drive in drives.All)
        {
            var recording = await front.FinishedAsync(drive.IngestId);
            recording.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("topology").GetString()).Order().ShouldBe(["fleet-ingest", "second"]);
        }

        await using var late = await fleet.UpAsync("late", "ingest");
        (await TopologiesOfAsync(late)).ShouldBe("fleet-ingest@1, second@1");
        using (var answer = await front.Http.PostAsJsonAsync("api/v1/topologies/second/retire", new { }, Stop)) answer.EnsureSuccessStatusCode();
        foreach (var server in new[] { worker, late }) await server.WaitUntilAsync(async () => await TopologiesOfAsync(server) is "fleet-ingest@1", () => "the others to follow");
    }

    private static async Task<string?> TopologiesOfAsync(FaultServer server) => (await server.GetAsync("status"))?.GetProperty("topology").GetString();

    private static bool IsStopped(FaultServer server) => StateOf().Match(File.ReadAllText($"/proc/{server.Process.Id}/stat")).Groups[1].Value == "T";

    // The name, in parentheses, may hold anything.
    [GeneratedRegex(@"\) (\w) [^)]*$")]
    private static partial Regex StateOf();

    private async Task<Fleet> FleetAsync()
    {
        var gateway = await CephGateway.SharedAsync();
        var database = TestDatabase.Postgres();
        var broker = MeshProcess.Start("broker", "--listen", "127.0.0.1:0", "--registry", "0", "--data", folder["broker"]);
        await broker.WaitUntilAsync(() => broker.Output.Contains("schema registry", StringComparison.Ordinal), "`mesh broker` to be up");
        return new Fleet(folder, broker, gateway, database, $"s3://{await gateway.NewBucketAsync()}/fleet");
    }

    /// <summary>What the servers share.</summary>
    private sealed class Fleet(TemporaryFolder folder, MeshProcess broker, CephGateway gateway, TestDatabase database, string uri) : IAsyncDisposable
    {
        public string Uri => uri;

        public KafkaOptions Log { get; } = new() { Bootstrap = broker.AddressOf("kafka"), SchemaRegistryUrl = broker.AddressOf("schema registry") };

        public S3Options Storage { get; } = new()
        {
            Endpoint = gateway.Endpoint, Region = "us-east-1", Credentials = new S3Credentials(CephGateway.AccessKey, CephGateway.SecretKey),
        };

        public Task<FaultServer> UpAsync(string name, string stages, params (string Name, string Value)[] more)
        {
            var environment = new Dictionary<string, string>(gateway.Environment)
            {
                ["MESH_STORAGE__URI"] = uri,
                ["MESH_CATALOGUE__CONNECTION"] = database.Connection,
                ["MESH_CATALOGUE__SCHEMA"] = database.Schema,
                ["MESH_STAGES"] = stages,
            };
            foreach (var (variable, value) in more) environment[variable] = value;
            return FaultServer.UpAsync(folder[name], environment, "--kafka", Log.Bootstrap, "--schema-registry", Log.SchemaRegistryUrl);
        }

        public ValueTask DisposeAsync() => broker.DisposeAsync();
    }

    /// <summary>Looks at the groups' offsets again and again.</summary>
    private sealed class OffsetWatch : IAsyncDisposable
    {
        private readonly TopicAdmin admin;
        private readonly string[] groups;
        private readonly Dictionary<(string Group, string Topic, int Partition), long> highest = [];
        private readonly CancellationTokenSource stop = new();
        private readonly Task watching;
        private volatile bool isCaughtUp;
        private volatile string behind = "";

        public OffsetWatch(KafkaOptions log, params string[] groups)
        {
            this.groups = groups;
            admin = new TopicAdmin(log, NullLogger.Instance);
            watching = WatchAsync();
        }

        public List<string> WentBack { get; } = [];

        public async Task WaitUntilCaughtUpAsync()
        {
            isCaughtUp = false;
            for (var waited = Stopwatch.StartNew(); !isCaughtUp; await Task.Delay(100, Stop)) Assert.True(waited.Elapsed < TimeSpan.FromMinutes(1), $"the groups do not catch up: {behind}");
        }

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await watching;
            await admin.DisposeAsync();
            stop.Dispose();
        }

        private async Task WatchAsync()
        {
            while (!stop.IsCancellationRequested)
            {
                long lag = 0;
                int seen = 0;
                var late = new List<GroupLag>();
                foreach (string group in groups)
                {
                    foreach (var place in await LagsAsync(group))
                    {
                        var key = (group, place.Topic, place.Partition);
                        if (place.CommittedOffset < highest.GetValueOrDefault(key)) WentBack.Add($"{key}: {place.CommittedOffset} after {highest[key]}");
                        highest[key] = Math.Max(highest.GetValueOrDefault(key), place.CommittedOffset);
                        if (place.Lag > 0) late.Add(place);
                        lag += place.Lag;
                        seen++;
                    }
                }

                behind = string.Join('\n', late);
                isCaughtUp = seen > 0 && lag == 0;
                await Task.Delay(300, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        private async Task<IReadOnlyList<GroupLag>> LagsAsync(string group)
        {
            try
            {
                return [.. await admin.DescribeGroupAsync(group, CancellationToken.None)];
            }
            catch (Model.MeshException)
            {
                // Not there yet.
                return [];
            }
        }
    }
}
