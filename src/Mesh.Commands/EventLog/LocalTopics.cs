using Mesh.Broker;
using Mesh.Commands.Flow;
using Mesh.Kafka;
using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Commands.EventLog;

/// <summary>Asks the event log: the embedded broker for what it has in memory, and everything else over Kafka's protocol, as a cluster is asked.</summary>
public sealed partial class LocalTopics : ITopics, IDisposable
{
    private readonly TopicAdmin admin;
    private readonly KafkaBroker? broker;
    private readonly FlowMeter? meter;
    private readonly EventDecoder decoder;
    private readonly SchemaRegistryClient registry;

    /// <param name="options">Where the log and the registry are.</param>
    /// <param name="admin">Asks the log.</param>
    /// <param name="broker">The embedded broker; null with a cluster, or from outside of the server.</param>
    /// <param name="meter">Rates; null where nobody measures.</param>
    /// <param name="logger">Is told of attempts at the registry that failed.</param>
    public LocalTopics(KafkaOptions options, TopicAdmin admin, KafkaBroker? broker, FlowMeter? meter, ILogger logger)
    {
        this.admin = admin;
        this.broker = broker;
        this.meter = meter;
        decoder = new EventDecoder(options);
        registry = new SchemaRegistryClient(options, logger);
    }

    /// <inheritdoc/>
    public async Task<TopicList> ListAsync(CancellationToken cancellationToken)
    {
        var measures = meter?.Current;
        if (broker?.Describe() is not { } snapshot)
        {
            var summaries = await admin.SummariseAsync(cancellationToken).ConfigureAwait(false);
            return new TopicList([.. summaries.Select(topic => new TopicRow(topic.Name, topic.Partitions, topic.Replicas, topic.Records, null, measures?.TopicRate(topic.Name), measures?.SlowestLag(topic.Name))
            {
                IsInternal = topic.Name.StartsWith("__", StringComparison.Ordinal),
            })], measures?.At);
        }

        var slowest = snapshot.Groups.SelectMany(group => group.Offsets.GroupBy(offset => offset.Topic).Select(topic => (Topic: topic.Key, Lag: topic.Sum(offset => offset.Lag ?? 0))))
            .GroupBy(group => group.Topic).ToDictionary(topic => topic.Key, topic => topic.Max(group => group.Lag), StringComparer.Ordinal);
        return new TopicList([.. snapshot.Topics.OrderBy(topic => topic.Name, StringComparer.Ordinal).Select(topic => new TopicRow(
            topic.Name, topic.Partitions.Count, null, topic.Partitions.Sum(partition => partition.EndOffset - partition.StartOffset), topic.Partitions.Sum(partition => partition.Bytes),
            measures?.TopicRate(topic.Name), slowest.TryGetValue(topic.Name, out long lag) ? lag : null) { IsInternal = topic.IsInternal })], measures?.At);
    }

    /// <inheritdoc/>
    public async Task<TopicDetails> DescribeAsync(string topic, CancellationToken cancellationToken)
    {
        var description = await admin.DescribeWithoutGroupsAsync(topic, cancellationToken).ConfigureAwait(false);
        var bytes = broker?.Describe().Topics.FirstOrDefault(each => each.Name == topic)?.Partitions.ToDictionary(partition => partition.Partition, partition => partition.Bytes);
        return new TopicDetails(topic, description.Partitions, bytes ?? [], description.Settings, meter?.Current?.TopicRate(topic));
    }

    /// <inheritdoc/>
    public async Task<TopicGroups> ListGroupsOfAsync(string topic, CancellationToken cancellationToken)
    {
        if (broker?.Describe() is { } snapshot)
        {
            return new TopicGroups([.. snapshot.Groups.OrderBy(group => group.Group, StringComparer.Ordinal).SelectMany(group => group.Offsets.Where(offset => offset.Topic == topic && offset.Lag is not null)
                .OrderBy(offset => offset.Partition).Select(offset => new GroupLag(group.Group, topic, offset.Partition, offset.CommittedOffset, Math.Max(0, offset.Lag!.Value))))], 0);
        }

        var groups = await admin.ListGroupsAsync(cancellationToken).ConfigureAwait(false);
        var lags = new List<GroupLag>();
        foreach (var group in groups.Take(TopicGroups.MaxAsked))
        {
            lags.AddRange((await admin.DescribeGroupAsync(group.Name, cancellationToken).ConfigureAwait(false)).Where(lag => lag.Topic == topic));
        }

        return new TopicGroups(lags, Math.Max(0, groups.Count - TopicGroups.MaxAsked));
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SchemaView>> ListSchemasAsync(string topic, CancellationToken cancellationToken)
    {
        var schemas = new List<SchemaView>();
        foreach (string subject in (string[])[$"{topic}-value", $"{topic}-key"])
        {
            string path = $"subjects/{Uri.EscapeDataString(subject)}/versions";
            try
            {
                var versions = await registry.SendAsync(HttpMethod.Get, path, null, cancellationToken).ConfigureAwait(false);
                var latest = await registry.SendAsync(HttpMethod.Get, path + "/latest", null, cancellationToken).ConfigureAwait(false);
                schemas.Add(new SchemaView(
                    subject, latest.GetProperty("version").GetInt32(), [.. versions.EnumerateArray().Select(version => version.GetInt32())], latest.GetProperty("id").GetInt32(),
                    latest.TryGetProperty("schemaType", out var type) ? type.GetString() ?? "" : "AVRO", latest.GetProperty("schema").GetString() ?? ""));
            }
            catch (MeshException exception) when (!exception.IsTransient)
            {
                // A registry answers so that has no such subject.
            }
        }

        return schemas;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        decoder.Dispose();
        registry.Dispose();
    }
}
