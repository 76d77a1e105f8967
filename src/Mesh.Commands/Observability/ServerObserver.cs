using System.Diagnostics.Metrics;
using Mesh.Broker;
using Mesh.Commands.Queries;
using Mesh.Kafka;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Commands.Observability;

/// <summary>
/// Meter <c>Mesh.Server</c>: what can only be known by asking, as gauges. Asks every fifteen seconds, so that a reading of the metrics costs
/// the event log and the database nothing.
/// </summary>
public sealed class ServerObserver : IDisposable
{
    private const string GroupPrefix = "mesh.";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private readonly Meter meter = new("Mesh.Server");
    private readonly TopicAdmin admin;
    private readonly KafkaBroker? broker;
    private readonly RecordingStore recordings;
    private readonly ServerHealth health;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private volatile ServerFigures figures = ServerFigures.None;

    /// <param name="admin">Asks the event log.</param>
    /// <param name="broker">The embedded broker; null with a cluster.</param>
    /// <param name="recordings">Recordings.</param>
    /// <param name="health">Examined along the way.</param>
    /// <param name="stages">The stages.</param>
    /// <param name="freeBytes">Free bytes of the state directory's disk.</param>
    /// <param name="time">Clock.</param>
    /// <param name="logger">Log.</param>
    public ServerObserver(
        TopicAdmin admin, KafkaBroker? broker, RecordingStore recordings, ServerHealth health, Func<IReadOnlyList<StageView>> stages, Func<long> freeBytes,
        TimeProvider time, ILogger logger)
    {
        this.admin = admin;
        this.broker = broker;
        this.recordings = recordings;
        this.health = health;
        this.time = time;
        this.logger = logger;
        ObserveServer(stages, freeBytes);
        ObserveFigures();
    }

    /// <summary>How far the groups of the event log are, as it was at the last look.</summary>
    internal IReadOnlyList<GroupLag> Lags => figures.Lags;

    /// <summary>Looks at once, then every fifteen seconds until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            await health.ExamineAsync(cancellationToken).ConfigureAwait(false);
            await RefreshAsync(cancellationToken).ConfigureAwait(false);
        }
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Asks once. What does not answer is as it was; health says so.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            var snapshot = broker?.Describe();
            var lags = snapshot is null
                ? await AskForLagsAsync(cancellationToken).ConfigureAwait(false)
                : [.. snapshot.Groups.SelectMany(group => group.Offsets.Where(offset => offset.Lag is not null).Select(
                    offset => new GroupLag(group.Group, offset.Topic, offset.Partition, offset.CommittedOffset, offset.Lag!.Value)))];
            figures = new ServerFigures(
                await recordings.SummariseAsync(cancellationToken).ConfigureAwait(false), lags,
                Sum(snapshot, partition => partition.EndOffset - partition.StartOffset), Sum(snapshot, partition => partition.Bytes), snapshot?.Connections);
        }
        catch (MeshException exception)
        {
            ObservationLog.NotObserved(logger, exception.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    private void ObserveServer(Func<IReadOnlyList<StageView>> stages, Func<long> freeBytes)
    {
        var startedAt = time.GetUtcNow();
        meter.CreateObservableGauge("process.uptime", () => (time.GetUtcNow() - startedAt).TotalSeconds, "s", "Time since the server was started.");
        meter.CreateObservableGauge("mesh.build.info", () => new Measurement<int>(1, Tag("version", MeshVersion.Text)), null, "1, with the version of the server.");
        meter.CreateObservableGauge("mesh.disk.free", freeBytes, "By", "Free space of the state directory's disk.");
        meter.CreateObservableGauge(
            "mesh.stage.up", () => stages().Select(stage => new Measurement<int>(stage.State == "running" ? 1 : 0, Tag("mesh.stage", stage.Name))), null, "1 while a stage runs.");
        meter.CreateObservableCounter(
            "mesh.stage.restarts", () => stages().Select(stage => new Measurement<int>(stage.Restarts, Tag("mesh.stage", stage.Name))), "{restart}", "How often a stage failed and was started again.");
        meter.CreateObservableGauge(
            "mesh.health.state", () => (health.Last?.Checks ?? []).Select(check => new Measurement<int>((int)check.State, Tag("mesh.health.check", check.Name))), null,
            "How a part is: 0 ok, 1 degraded, 2 failed.");
    }

    private void ObserveFigures()
    {
        meter.CreateObservableGauge(
            "mesh.recordings", () => figures.Recordings.ByState.Select(pair => new Measurement<long>(pair.Value, Tag("state", pair.Key.ToString().ToLowerInvariant()))),
            "{recording}", "Recordings by state.");
        meter.CreateObservableGauge(
            "mesh.recordings.oldest_unfinished.age", () => figures.Recordings.OldestUnfinishedAt is { } oldest ? (time.GetUtcNow() - oldest).TotalSeconds : 0, "s",
            "Age of the oldest upload that is not yet in every table; 0 when there is none.");
        meter.CreateObservableGauge(
            "mesh.kafka.consumer.lag",
            () => figures.Lags.Where(lag => lag.Group.StartsWith(GroupPrefix, StringComparison.Ordinal)).Select(lag => new Measurement<long>(
                lag.Lag, Tag("messaging.consumer.group.name", lag.Group), Tag("messaging.destination.name", lag.Topic), Tag("messaging.destination.partition.id", lag.Partition))),
            "{event}", "Events of a partition that a group of Mesh has not finished.");
        meter.CreateObservableGauge("mesh.broker.records", () => ByTopic(figures.TopicRecords), "{record}", "Records in a topic of the embedded broker.");
        meter.CreateObservableGauge("mesh.broker.size", () => ByTopic(figures.TopicBytes), "By", "Bytes of a topic of the embedded broker.");
        meter.CreateObservableGauge(
            "mesh.broker.connections", () => figures.Connections is { } open ? [new Measurement<int>(open)] : (Measurement<int>[])[], "{connection}", "Connections to the embedded broker.");
    }

    private async Task<List<GroupLag>> AskForLagsAsync(CancellationToken cancellationToken)
    {
        var lags = new List<GroupLag>();
        foreach (var group in await admin.ListGroupsAsync(cancellationToken).ConfigureAwait(false))
        {
            if (group.Name.StartsWith(GroupPrefix, StringComparison.Ordinal)) lags.AddRange(await admin.DescribeGroupAsync(group.Name, cancellationToken).ConfigureAwait(false));
        }

        return lags;
    }

    private static Dictionary<string, long> Sum(BrokerSnapshot? snapshot, Func<PartitionSnapshot, long> value) =>
        (snapshot?.Topics ?? []).ToDictionary(topic => topic.Name, topic => topic.Partitions.Sum(value), StringComparer.Ordinal);

    private static IEnumerable<Measurement<long>> ByTopic(IReadOnlyDictionary<string, long> values) =>
        values.Select(pair => new Measurement<long>(pair.Value, Tag("messaging.destination.name", pair.Key)));

    private static KeyValuePair<string, object?> Tag(string name, object value) => new(name, value);
}
