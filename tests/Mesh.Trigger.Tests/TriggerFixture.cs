using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Metadata;
using Mesh.Streaming.Topologies;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Trigger.Tests;

/// <summary>A database, a clock and the two products of the tests.</summary>
internal sealed class TriggerFixture : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly TestDatabase place;
    private MetadataDatabase database;

    public TriggerFixture(TestDatabase? place = null)
    {
        this.place = place ?? TestDatabase.Sqlite;
        database = Open();
    }

    public ManualTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));

    public MetadataDatabase Database => database;

    public static TriggerRule Rule(string name = "retrain", long? rows = null, TimeSpan? duration = null, TimeSpan cooldown = default, params string[] products) => new()
    {
        Name = name,
        Topology = "fleet-ingest",
        TopologyVersion = "abc",
        Hash = "h",
        Inputs = [.. (products.Length > 0 ? products : ["frames"]).Select(product => new TriggerInput { Product = product, When = When(rows, duration) })],
        Cooldown = cooldown,
        Job = new TriggerJob
        {
            Trainer = "builtin/manoeuvre",
            Model = "manoeuvre",
            Hyperparameters = new Dictionary<string, string> { ["epochs"] = "5" },
            GatesJson = """{"accuracy":{"min":0.8}}""",
        },
    };

    /// <summary>Rules as a topology would hold them.</summary>
    public static TriggerRule[] Read(string triggers)
    {
        var topology = Topology.Parse($$"""
            apiVersion: mesh/v1
            kind: Topology
            metadata: { name: fleet-ingest, owner: platform }
            source: { topic: fleet.uploads.v1 }
            triggers:
            {{triggers}}
            """, "fleet.yaml");
        var rules = TriggerRule.Read(topology.Section("triggers")!, topology.Name, topology.Version);
        topology.Errors.All.ShouldBeEmpty();
        return [.. rules];
    }

    public static TableIdentifier? TableOf(string product) => product is "frames" or "imu" ? new TableIdentifier("raw", product) : null;

    /// <summary>Snapshot ids are 1000 above the sequence number, so that the two cannot be confused.</summary>
    public static SnapshotCommitted Snapshot(long sequence, long rows, long seconds = 0, string product = "frames", long? totalRows = null, string operation = "append") => new()
    {
        Table = $"raw.{product}",
        SnapshotId = sequence + 1000,
        ParentSnapshotId = sequence == 1 ? 0 : sequence + 999,
        SequenceNumber = sequence,
        AddedRows = rows,
        TotalRows = totalRows ?? rows * sequence,
        AddedDurationUs = seconds * 1_000_000,
        Operation = operation,
    };

    public TriggerEvaluator Evaluator(params TriggerRule[] rules) => new(database, () => rules, TableOf, NullLogger.Instance, Time);

    public TriggerEvaluator Evaluator(FakeMeasurer measurer, FakeJobs? jobs, params TriggerRule[] rules) =>
        new(database, () => rules, TableOf, NullLogger.Instance, Time, measurer, jobs, new TriggerOptions());

    public TriggerEvaluator Evaluator(FakeJobs jobs, params TriggerRule[] rules) =>
        new(database, () => rules, TableOf, NullLogger.Instance, Time, (Mesh.Trigger.Measuring.IRangeMeasurer?)null, jobs, new TriggerOptions());

    /// <summary>Closes and opens the database, as a restart does.</summary>
    public void Restart()
    {
        database.Dispose();
        database = Open();
    }

    public async Task<IReadOnlyList<JobRequested>> RequestsAsync()
    {
        using var outbox = new Outbox(database);
        var entries = await outbox.PeekAsync(10_000, TestContext.Current.CancellationToken);
        return [.. entries.Where(entry => entry.Topic == "job.requested.v1").Select(entry => JobRequested.Parser.ParseFrom(entry.Protobuf))];
    }

    public void Dispose()
    {
        database.Dispose();
        folder.Dispose();
    }

    private static TriggerCondition When(long? rows, TimeSpan? duration)
    {
        TriggerCondition[] parts = [.. rows is { } count ? [new NewRowsCondition(count)] : Array.Empty<TriggerCondition>(), .. duration is { } time ? [new NewDurationCondition(time)] : Array.Empty<TriggerCondition>()];
        return parts is [var one] ? one : new AnyCondition(parts);
    }

    private MetadataDatabase Open() => MetadataDatabase.Open(folder["mesh.db"], place.Connection, place.Schema);
}
