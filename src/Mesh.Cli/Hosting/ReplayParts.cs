using Mesh.Commands.Replay;
using Mesh.Commands.Topologies;
using Mesh.Kafka;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Lakehouse.Topologies;
using Mesh.Storage;
using Mesh.Streaming.DeadLetters;
using Microsoft.Extensions.Logging;

namespace Mesh.Cli.Hosting;

/// <summary>Dead letters and replays of a server: the index of the letters, the stage that brings them back, and who takes requests.</summary>
internal sealed class ReplayParts : IDisposable
{
    private readonly DeadLetterStore letters;
    private readonly ReplayStore replays;
    private readonly TimeSpan longestNeed;
    private readonly TimeProvider time;

    public ReplayParts(
        MetadataDatabase database, RecordingStore recordings, ProductNames products, TableCatalogue tables, IObjectStore landing, IObjectStore lake, KafkaOptions kafka,
        TopicAdmin admin, EventProducer producer, DeadLetterSink sink, Func<bool> isLiveBusy, string spillFolder, TimeSpan longestNeed, ILoggerFactory loggers, TimeProvider time)
    {
        this.time = time;
        this.longestNeed = longestNeed;
        var topologies = new TopologyStore(database);
        letters = new DeadLetterStore(database, time);
        replays = new ReplayStore(database, time);
        Indexer = new DeadLetterIndexer(kafka, admin, letters, loggers.CreateLogger<DeadLetterIndexer>(), time);
        Stage = new ReplayStage(
            database, topologies, recordings, tables, landing, lake, producer, sink.WriteAsync, isLiveBusy, spillFolder, loggers.CreateLogger<ReplayStage>(), time);
        Requests = new LocalReplays(database, recordings, topologies, new ProductVersions(database, products, tables, time), time);
    }

    /// <summary>Follows the topics of dead letters.</summary>
    public DeadLetterIndexer Indexer { get; }

    /// <summary>Works replays off.</summary>
    public ReplayStage Stage { get; }

    /// <summary>Takes requests.</summary>
    public LocalReplays Requests { get; }

    /// <summary>Recordings whose landing objects dead letters or replays still need.</summary>
    public async ValueTask<IReadOnlySet<string>> ListRecordingsInNeedAsync(CancellationToken cancellationToken) => new HashSet<string>(
        (await letters.ListRecordingsInNeedAsync(time.GetUtcNow() - longestNeed, cancellationToken).ConfigureAwait(false))
            .Concat(await replays.ListRecordingsInNeedAsync(cancellationToken).ConfigureAwait(false)),
        StringComparer.Ordinal);

    public void Dispose() => Stage.Dispose();
}
