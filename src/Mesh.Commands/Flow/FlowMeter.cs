using Mesh.Broker;
using Mesh.Commands.Observability;
using Mesh.Kafka;
using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Commands.Flow;

/// <summary>
/// Measures how fast data flows: looks every two seconds at the embedded broker, which costs it nothing, and every fifteen at a cluster of others.
/// Rates are those of the last ten seconds, or of the last two looks.
/// </summary>
/// <param name="admin">Asks a cluster of others.</param>
/// <param name="broker">The embedded broker; null with a cluster.</param>
/// <param name="metrics">What the stages count.</param>
/// <param name="time">Clock.</param>
/// <param name="logger">Log.</param>
public sealed class FlowMeter(TopicAdmin admin, KafkaBroker? broker, MetricsCollector metrics, TimeProvider time, ILogger logger)
{
    /// <summary>Beginning of the names of Mesh's own groups.</summary>
    private const string GroupPrefix = "mesh.";

    private static readonly TimeSpan OwnInterval = TimeSpan.FromSeconds(2), OthersInterval = TimeSpan.FromSeconds(15), Window = TimeSpan.FromSeconds(10);
    private readonly Queue<FlowSample> samples = new();
    private volatile FlowMeasures? current;

    /// <summary>What was measured last; null before the first time.</summary>
    internal FlowMeasures? Current => current;

    /// <summary>Measures until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(broker is null ? OthersInterval : OwnInterval, time);
        do
        {
            await MeasureAsync(cancellationToken).ConfigureAwait(false);
        }
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Measures once. A log that does not answer leaves what was; its age tells.</summary>
    internal async Task MeasureAsync(CancellationToken cancellationToken)
    {
        try
        {
            var sample = broker is null ? await AskAsync(cancellationToken).ConfigureAwait(false) : Look(broker.Describe());
            while (samples.Count > 1 && sample.At - samples.Peek().At > Window + (OwnInterval / 2)) samples.Dequeue();
            samples.Enqueue(sample);
            current = new FlowMeasures(samples.Peek(), sample);
        }
        catch (MeshException exception)
        {
            ObservationLog.NotObserved(logger, exception.Message);
        }
    }

    private FlowSample Look(BrokerSnapshot snapshot)
    {
        var (committed, lags) = (new Dictionary<(string, string), long>(), new Dictionary<(string, string), long>());
        foreach (var group in snapshot.Groups)
        {
            foreach (var offset in group.Offsets.Where(offset => offset.Lag is not null))
            {
                Add(committed, (group.Group, offset.Topic), offset.CommittedOffset);
                Add(lags, (group.Group, offset.Topic), offset.Lag!.Value);
            }
        }

        return new FlowSample(
            time.GetUtcNow(), Sum(snapshot, partition => partition.EndOffset), Sum(snapshot, partition => partition.EndOffset - partition.StartOffset),
            Sum(snapshot, partition => partition.Bytes), committed, lags, ReadMetrics());
    }

    private async Task<FlowSample> AskAsync(CancellationToken cancellationToken)
    {
        var ends = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (place, end) in await admin.EndOffsetsAsync(_ => true, cancellationToken).ConfigureAwait(false)) Add(ends, place.Topic, end);
        var (committed, lags) = (new Dictionary<(string, string), long>(), new Dictionary<(string, string), long>());
        foreach (var group in (await admin.ListGroupsAsync(cancellationToken).ConfigureAwait(false)).Where(group => group.Name.StartsWith(GroupPrefix, StringComparison.Ordinal)))
        {
            foreach (var lag in await admin.DescribeGroupAsync(group.Name, cancellationToken).ConfigureAwait(false))
            {
                Add(committed, (lag.Group, lag.Topic), lag.CommittedOffset);
                Add(lags, (lag.Group, lag.Topic), lag.Lag);
            }
        }

        return new FlowSample(time.GetUtcNow(), ends, new Dictionary<string, long>(), new Dictionary<string, long>(), committed, lags, ReadMetrics());
    }

    private Dictionary<(string, string), double> ReadMetrics() => metrics.SumByTopology(FlowMetricNames.All)
        .SelectMany(metric => metric.Value.Select(topology => (metric.Key, Topology: topology.Key, topology.Value)))
        .ToDictionary(value => (value.Key, value.Topology), value => value.Value);

    private static Dictionary<string, long> Sum(BrokerSnapshot snapshot, Func<PartitionSnapshot, long> value) =>
        snapshot.Topics.ToDictionary(topic => topic.Name, topic => topic.Partitions.Sum(value), StringComparer.Ordinal);

    private static void Add<TKey>(Dictionary<TKey, long> sums, TKey key, long value)
        where TKey : notnull => sums[key] = sums.GetValueOrDefault(key) + value;
}
