using Mesh.Broker;
using Mesh.Commands;
using Mesh.Commands.Observability;
using Mesh.Commands.Queries;
using Mesh.Commands.State;
using Mesh.Commands.Topologies;
using Mesh.Lakehouse.Recordings;
using Mesh.Streaming.DeadLetters;

namespace Mesh.Cli.Hosting;

/// <summary>What a running server knows of itself.</summary>
internal sealed class RunningServer(
    StateDirectory state, ActiveTopologies topologies, RecordingStore recordings, DeadLetterIndexer letters, StageSupervisor stages, KafkaBroker? broker, ServerHealth health, TimeProvider time) : IServerFacts
{
    private static readonly TimeSpan LetterPatience = TimeSpan.FromSeconds(5);

    private readonly DateTimeOffset startedAt = time.GetUtcNow();

    /// <summary>Set once the listeners are open.</summary>
    public ServerEndpoints? Endpoints { get; set; }

    public async Task<StatusView> GetStatusAsync(CancellationToken cancellationToken) => new(
        MeshVersion.Text, Running: true, state.Root, startedAt, Endpoints?.Http, Endpoints?.Kafka, Endpoints?.SchemaRegistry,
        string.Join(", ", topologies.Active.Select(plan => plan.FullName)), stages.Views,
        await RecordingCounts.OfAsync(recordings, cancellationToken).ConfigureAwait(false), TopicSizes(), new DriveInfo(state.Root).AvailableFreeSpace)
    {
        Health = await health.ExamineAsync(cancellationToken).ConfigureAwait(false),
    };

    public Task CatchUpWithLettersAsync(CancellationToken cancellationToken) => letters.CatchUpAsync(LetterPatience, cancellationToken);

    private Dictionary<string, long> TopicSizes() => broker is null
        ? []
        : broker.Describe().Topics.OrderBy(topic => topic.Name, StringComparer.Ordinal)
            .ToDictionary(topic => topic.Name, topic => topic.Partitions.Sum(partition => partition.EndOffset - partition.StartOffset));
}
