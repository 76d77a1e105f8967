using Mesh.Broker;
using Mesh.Commands.Observability;
using Mesh.Commands.Queries;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Streaming.DeadLetters;

namespace Mesh.Commands.Live;

/// <summary>Looks at a running server: its memory each time, its database only for what has changed.</summary>
public sealed class LiveSource : ILiveSource, IDisposable
{
    /// <summary>Meters that are read: what flows, and what waits between the stages.</summary>
    private static readonly string[] Meters =
    [
        "mesh_ingest_rows_total", "mesh_ingest_messages_total", "mesh_ingest_bytes_total", "mesh_ingest_queue_bytes", "mesh_ingest_waiting", "mesh_ingest_working",
        "mesh_ingest_dead_letters_total", "mesh_telemetry_rows_total", "mesh_telemetry_messages_total", "mesh_telemetry_queue_bytes", "mesh_upload_received_bytes_total",
        "mesh_upload_active", "mesh_catalogue_commits_total", "mesh_catalogue_rows_total",
    ];

    private readonly ChangeFeed changes;
    private readonly MetricsCollector metrics;
    private readonly RecordingStore recordings;
    private readonly DeadLetterStore letters;
    private readonly ServerObserver observer;
    private readonly ServerHealth health;
    private readonly KafkaBroker? broker;
    private readonly Func<IReadOnlyList<StageView>> stages;
    private readonly Func<long> freeBytes;
    private readonly TimeProvider time;
    private readonly Remembered<IReadOnlyDictionary<string, long>> counts = new();
    private readonly Remembered<long> open = new();

    /// <param name="database">Metadata.</param>
    /// <param name="metrics">What is measured.</param>
    /// <param name="recordings">Recordings.</param>
    /// <param name="observer">Knows the lags where the event log is a cluster of others.</param>
    /// <param name="health">How the server is; only its last report is read.</param>
    /// <param name="broker">The embedded broker; null with a cluster.</param>
    /// <param name="stages">The stages.</param>
    /// <param name="freeBytes">Free bytes of the state directory's disk.</param>
    /// <param name="time">Clock.</param>
    public LiveSource(
        MetadataDatabase database, MetricsCollector metrics, RecordingStore recordings, ServerObserver observer, ServerHealth health, KafkaBroker? broker,
        Func<IReadOnlyList<StageView>> stages, Func<long> freeBytes, TimeProvider time)
    {
        changes = new ChangeFeed(database, time);
        letters = new DeadLetterStore(database, time);
        this.metrics = metrics;
        this.recordings = recordings;
        this.observer = observer;
        this.health = health;
        this.broker = broker;
        this.stages = stages;
        this.freeBytes = freeBytes;
        this.time = time;
    }

    /// <inheritdoc/>
    public LiveHistory History { get; } = new();

    /// <inheritdoc/>
    public long VersionOf(string kind) => changes.VersionOf(kind);

    /// <inheritdoc/>
    public async Task<LiveFacts> ReadAsync(CancellationToken cancellationToken)
    {
        var (topics, lags) = ReadLog();
        var states = await counts.GetAsync(changes.VersionOf("recordings"), () => RecordingCounts.OfAsync(recordings, cancellationToken)).ConfigureAwait(false);
        long openLetters = await open.GetAsync(
            changes.VersionOf("letters"), () => letters.CountAsync(new DeadLetterFilter { State = DeadLetterState.Open }, cancellationToken).AsTask()).ConfigureAwait(false);
        return new LiveFacts(time.GetUtcNow(), stages(), health.Last, states, openLetters, topics, lags, metrics.SumByTopology(Meters), freeBytes());
    }

    /// <summary>Adds a point to <see cref="History"/> every fifteen seconds until cancelled; a point that cannot be had is left out.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1) / LiveHistory.Capacity, time);
        do
        {
            try
            {
                History.Add(await ReadAsync(cancellationToken).ConfigureAwait(false));
            }
            catch (MeshException exception) when (exception.IsTransient)
            {
                // Health says so; the next point spans the gap.
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public void Dispose() => changes.Dispose();

    private (IReadOnlyDictionary<string, long> Topics, IReadOnlyDictionary<(string, string), long> Lags) ReadLog()
    {
        if (broker is null) return (new Dictionary<string, long>(), Sum(observer.Lags.Select(lag => (lag.Group, lag.Topic, lag.Lag))));
        var snapshot = broker.Describe();
        var topics = snapshot.Topics.ToDictionary(topic => topic.Name, topic => topic.Partitions.Sum(partition => partition.EndOffset - partition.StartOffset), StringComparer.Ordinal);
        return (topics, Sum(snapshot.Groups.SelectMany(group => group.Offsets.Where(offset => offset.Lag is not null).Select(offset => (group.Group, offset.Topic, offset.Lag!.Value)))));
    }

    private static Dictionary<(string, string), long> Sum(IEnumerable<(string Group, string Topic, long Lag)> lags) =>
        lags.Where(lag => lag.Group.StartsWith("mesh.", StringComparison.Ordinal)).GroupBy(lag => (lag.Group, lag.Topic)).ToDictionary(group => group.Key, group => group.Sum(lag => lag.Lag));

    /// <summary>An answer that stands until a version changes.</summary>
    private sealed class Remembered<T>
    {
        private readonly Lock gate = new();
        private (long Version, T Value)? known;

        public async Task<T> GetAsync(long version, Func<Task<T>> ask)
        {
            lock (gate)
            {
                if (known is { } answer && answer.Version == version) return answer.Value;
            }

            // The version was read before the question: what changes meanwhile asks again.
            T value = await ask().ConfigureAwait(false);
            lock (gate) known = (version, value);
            return value;
        }
    }
}
