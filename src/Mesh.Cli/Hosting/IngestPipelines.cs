using Mesh.Commands.Ingest;
using Mesh.Commands.Ingest.Telemetry;
using Mesh.Commands.State;
using Mesh.Commands.Topologies;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Storage;
using Mesh.Streaming;
using Mesh.Streaming.Topologies;
using Microsoft.Extensions.Logging;

namespace Mesh.Cli.Hosting;

/// <summary>One ingest pipeline per topology in force, each a stage of its own.</summary>
internal sealed class IngestPipelines : ITopologyHost, IDisposable
{
    private readonly Dictionary<string, IDisposable[]> pipelines = [];
    private readonly Dictionary<string, StageHeartbeat> heartbeats = [];

    /// <summary>Whether this server ingests; otherwise it only knows what is in force.</summary>
    public required bool IsIngesting { get; init; }

    /// <summary>Memory that the pipelines share.</summary>
    public required IngestMemory Memory { get; init; }

    /// <summary>Whether each pipeline gets on.</summary>
    public IReadOnlyList<StageHeartbeat> Heartbeats
    {
        get
        {
            lock (pipelines) return [.. heartbeats.Values];
        }
    }

    /// <summary>The pipelines that read telemetry.</summary>
    public IReadOnlyList<TelemetryWorker> Telemetry
    {
        get
        {
            lock (pipelines) return [.. pipelines.Values.SelectMany(parts => parts).OfType<TelemetryWorker>()];
        }
    }

    public required StateDirectory State { get; init; }

    public required LakeStorage Storage { get; init; }

    public required TableCatalogue Tables { get; init; }

    public required MetadataDatabase Database { get; init; }

    /// <summary>Key that turns a VIN into a pseudonym; empty for none.</summary>
    public required string? VinKey { get; init; }

    public required RecordingStore Recordings { get; init; }

    public required KafkaOptions Kafka { get; init; }

    public required TopicAdmin Admin { get; init; }

    public required EventProducer Producer { get; init; }

    /// <summary>Writes a dead letter.</summary>
    public required Func<DeadLetter, CancellationToken, Task> WriteLetter { get; init; }

    public required StageSupervisor Stages { get; init; }

    /// <summary>Partitions of a source topic that is made.</summary>
    public required int Partitions { get; init; }

    public required ILoggerFactory Loggers { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Whether an upload is being worked on.</summary>
    public bool IsBusy
    {
        get
        {
            lock (pipelines) return pipelines.Values.SelectMany(parts => parts).OfType<IngestWorker>().Any(worker => worker.IsBusy);
        }
    }

    public async Task PrepareAsync(TopologyPlan plan, bool fromEarliest, CancellationToken cancellationToken)
    {
        string topic = plan.Topology.SourceTopic;
        var topics = ProductsSection.Read(plan.Topology).Select(product => product.Topic?.Name).OfType<string>().Append(topic).Distinct();
        await Admin.EnsureAsync(topics.ToDictionary(name => name, _ => Partitions), cancellationToken).ConfigureAwait(false);

        // A group that has committed nothing reads from the beginning by itself.
        if (fromEarliest) return;
        var lags = await Admin.DescribeGroupAsync(plan.Topology.Group, cancellationToken).ConfigureAwait(false);
        if (lags.Any(lag => lag.Topic == topic)) return;
        await Admin.ResetOffsetsAsync(plan.Topology.Group, topic, TailStart.Latest, cancellationToken).ConfigureAwait(false);
    }

    public void Start(TopologyPlan plan)
    {
        if (!IsIngesting) return;
        if (plan.Telemetry is { } live)
        {
            var reader = new TelemetryWorker(
                live with { VinKey = VinKey }, Kafka, Tables, Storage.Lake, Database, WriteLetter, Time, Loggers.CreateLogger<TelemetryWorker>());
            lock (pipelines)
            {
                pipelines.Add(plan.FullName, [reader]);
                heartbeats[plan.FullName] = reader.Heartbeat;
            }

            Stages.Start(StageOf(plan), reader.RunAsync, stopsFirst: true);
            return;
        }

        var options = plan.Ingest with { SpillFolder = State.Spill };
        var processor = new UploadProcessor(
            options, Storage.Landing, Storage.Lake, Tables, Recordings, WriteLetter, Time, Loggers.CreateLogger<UploadProcessor>());
        var worker = new IngestWorker(options, Kafka, processor, Producer, Recordings, Time, Loggers.CreateLogger<IngestWorker>()) { Memory = Memory };
        lock (pipelines)
        {
            pipelines.Add(plan.FullName, [worker, processor]);
            heartbeats[plan.FullName] = processor.Heartbeat;
        }

        Stages.Start(StageOf(plan), worker.RunAsync, stopsFirst: true);
    }

    public async Task StopAsync(TopologyPlan plan)
    {
        await Stages.StopAsync(StageOf(plan)).ConfigureAwait(false);
        lock (pipelines)
        {
            heartbeats.Remove(plan.FullName);
            if (!pipelines.Remove(plan.FullName, out var pipeline)) return;
            foreach (var part in pipeline) part.Dispose();
        }
    }

    public void Announce(IReadOnlyList<TopologyPlan> plans) => RunningTopology.Write(State, [.. plans.Select(plan => plan.Topology)]);

    /// <summary>To be called once the stages have stopped.</summary>
    public void Dispose()
    {
        lock (pipelines)
        {
            foreach (var part in pipelines.Values.SelectMany(parts => parts)) part.Dispose();

            pipelines.Clear();
        }
    }

    private static string StageOf(TopologyPlan plan) => $"ingest {plan.FullName}";
}
