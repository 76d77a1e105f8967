using Mesh.Broker;
using Mesh.Commands;
using Mesh.Commands.Ingest;
using Mesh.Commands.Queries;
using Mesh.Commands.State;
using Mesh.Commands.Topologies;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Recordings;
using Mesh.Streaming.DeadLetters;
using Microsoft.Extensions.Logging;

namespace Mesh.Cli.Hosting;

/// <summary>What a running server knows of itself.</summary>
internal sealed class RunningServer(
    StateDirectory state, TopologyPlan plan, RecordingStore recordings, TopicAdmin admin, StageSupervisor stages, KafkaBroker? broker, ILogger logger, TimeProvider time) : IServerFacts
{
    private readonly DateTimeOffset startedAt = time.GetUtcNow();

    /// <summary>Set once the listeners are open.</summary>
    public ServerEndpoints? Endpoints { get; set; }

    public async Task<StatusView> GetStatusAsync(CancellationToken cancellationToken) => new(
        MeshVersion.Text, Running: true, state.Root, startedAt, Endpoints?.Http, Endpoints?.Kafka, Endpoints?.SchemaRegistry,
        $"{plan.Topology.Name} {plan.Topology.Version}", stages.Views,
        await RecordingCounts.OfAsync(recordings, cancellationToken).ConfigureAwait(false), TopicSizes(), new DriveInfo(state.Root).AvailableFreeSpace);

    public async Task<IReadOnlyList<DeadLetterView>> ListDeadLettersAsync(CancellationToken cancellationToken)
    {
        var letters = new List<DeadLetter>();
        await foreach (var letter in new DeadLetterReader(admin, logger).ReadAsync(null, cancellationToken).ConfigureAwait(false)) letters.Add(letter);
        return [.. letters.Select(letter => new DeadLetterView(
            letter.Id, letter.Stage, letter.Code, letter.Reason, letter.IngestId, letter.VehicleId, letter.Channel, letter.Sequence, Math.Max(1, letter.Count),
            letter.LogTimeNs, letter.SchemaName, letter.PayloadBytes, letter.Attempts, DateTimeOffset.FromUnixTimeMilliseconds(letter.CreatedAtUs / 1000)))];
    }

    private Dictionary<string, long> TopicSizes() => broker is null
        ? []
        : broker.Describe().Topics.OrderBy(topic => topic.Name, StringComparer.Ordinal)
            .ToDictionary(topic => topic.Name, topic => topic.Partitions.Sum(partition => partition.EndOffset - partition.StartOffset));
}
