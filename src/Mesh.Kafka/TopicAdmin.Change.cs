using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Mesh.Model;

namespace Mesh.Kafka;

/// <summary>Changing topics and groups.</summary>
public sealed partial class TopicAdmin
{
    /// <summary>Creates a topic that does not exist.</summary>
    /// <param name="topic">Name.</param>
    /// <param name="partitions">Partitions; null takes the cluster's own default.</param>
    /// <param name="replicas">Replicas of each; null takes the cluster's own default.</param>
    /// <param name="settings">Settings of its own, by Kafka's names.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="MeshException"><c>MESH7107</c>: it exists, a value is wrong, it is not allowed; transient when no broker answers.</exception>
    public Task CreateAsync(string topic, int? partitions, short? replicas, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken) => RequestAsync(
        $"create the topic {topic}",
        () => admin.CreateTopicsAsync(
            [new TopicSpecification { Name = topic, NumPartitions = partitions ?? -1, ReplicationFactor = replicas ?? options.ReplicationFactor, Configs = new(settings) }],
            new CreateTopicsOptions { RequestTimeout = RequestTimeout }),
        cancellationToken);

    /// <summary>Deletes a topic with everything in it.</summary>
    /// <exception cref="MeshException"><c>MESH7107</c>: there is none, or it is not allowed; transient when no broker answers.</exception>
    public Task DeleteAsync(string topic, CancellationToken cancellationToken) => RequestAsync(
        $"delete the topic {topic}", () => admin.DeleteTopicsAsync([topic], new DeleteTopicsOptions { RequestTimeout = RequestTimeout }), cancellationToken);

    /// <summary>
    /// Changes a topic's settings. The library knows only the request that replaces all of them, so they are read, changed and written; what
    /// somebody else changes in between is lost.
    /// </summary>
    /// <param name="topic">Name.</param>
    /// <param name="set">New values, by Kafka's names.</param>
    /// <param name="remove">Names of settings that have their default again.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="MeshException"><c>MESH7107</c>: there is no such topic or setting, or it is not allowed; transient when no broker answers.</exception>
    public async Task AlterAsync(string topic, IReadOnlyDictionary<string, string> set, IReadOnlyCollection<string> remove, CancellationToken cancellationToken)
    {
        var settings = await SettingsAsync(topic, cancellationToken).ConfigureAwait(false);
        foreach (string name in remove) settings.Remove(name);
        foreach (var (name, value) in set) settings[name] = value;
        await RequestAsync(
            $"change the settings of {topic}",
            () => admin.AlterConfigsAsync(
                new Dictionary<ConfigResource, List<ConfigEntry>>
                {
                    [new ConfigResource { Type = ResourceType.Topic, Name = topic }] = [.. settings.Select(setting => new ConfigEntry { Name = setting.Key, Value = setting.Value })],
                },
                new AlterConfigsOptions { RequestTimeout = RequestTimeout }),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives a topic more partitions. Keys then go to other partitions than before, so their order holds only from here on.</summary>
    /// <param name="topic">Name.</param>
    /// <param name="total">How many it has afterwards.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="MeshException"><c>MESH7107</c>: it has as many already, or it is not allowed; transient when no broker answers.</exception>
    public Task AddPartitionsAsync(string topic, int total, CancellationToken cancellationToken) => RequestAsync(
        $"add partitions to {topic}",
        () => admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = topic, IncreaseTo = total }], new CreatePartitionsOptions { RequestTimeout = RequestTimeout }),
        cancellationToken);

    /// <summary>Sets a group's next offsets in a topic. The group must have no members.</summary>
    /// <param name="group">Group.</param>
    /// <param name="topic">Topic.</param>
    /// <param name="start">Where it reads next, in each partition.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>How far the group is then.</returns>
    /// <exception cref="MeshException"><c>MESH7107</c>: the group has members, or it is not allowed; transient when no broker answers. <c>MESH7108</c>: no such topic.</exception>
    public async Task<IReadOnlyList<GroupLag>> ResetOffsetsAsync(string group, string topic, TailStart start, CancellationToken cancellationToken)
    {
        var plan = await PlanOffsetsAsync(group, topic, start, cancellationToken).ConfigureAwait(false);
        await SetOffsetsAsync(group, topic, plan.ToDictionary(change => change.Partition, change => change.After), cancellationToken).ConfigureAwait(false);
        return [.. plan.Select(change => new GroupLag(group, topic, change.Partition, change.After, change.EndOffset - change.After))];
    }

    /// <summary>What <see cref="ResetOffsetsAsync"/> would set, partition by partition. Changes nothing.</summary>
    /// <exception cref="MeshException"><c>MESH7107</c>, transient when no broker answers. <c>MESH7108</c>: no such topic.</exception>
    public async Task<IReadOnlyList<OffsetChange>> PlanOffsetsAsync(string group, string topic, TailStart start, CancellationToken cancellationToken)
    {
        var places = PlacesOf(await FindAsync(topic, cancellationToken).ConfigureAwait(false)).ToList();
        var ranges = await RangesAsync(places, cancellationToken).ConfigureAwait(false);
        var before = (await LagAsync(group, places, ranges, cancellationToken).ConfigureAwait(false)).ToDictionary(lag => lag.Partition, lag => lag.CommittedOffset);
        using var consumer = BuildReader();
        var offsets = await StartsAsync(consumer, ranges, start, cancellationToken).ConfigureAwait(false);
        return
        [
            .. offsets.OrderBy(offset => offset.Key.Partition.Value).Select(offset => new OffsetChange(
                offset.Key.Partition.Value, before.TryGetValue(offset.Key.Partition.Value, out long was) ? was : null, offset.Value, ranges[offset.Key].Start, ranges[offset.Key].End)),
        ];
    }

    /// <summary>Sets a group's next offsets in a topic to exactly these. The group must have no members.</summary>
    /// <param name="group">Group.</param>
    /// <param name="topic">Topic.</param>
    /// <param name="offsets">Next offset by partition; partitions that are not named keep theirs.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="MeshException"><c>MESH7107</c>: the group has members, or it is not allowed; transient when no broker answers.</exception>
    public Task SetOffsetsAsync(string group, string topic, IReadOnlyDictionary<int, long> offsets, CancellationToken cancellationToken) => RequestAsync(
        $"set the offsets of group {group}",
        () => admin.AlterConsumerGroupOffsetsAsync(
            [new ConsumerGroupTopicPartitionOffsets(group, [.. offsets.Select(offset => new TopicPartitionOffset(topic, offset.Key, offset.Value))])],
            new AlterConsumerGroupOffsetsOptions { RequestTimeout = RequestTimeout }),
        cancellationToken);

    private async Task RequestAsync(string what, Func<Task> request, CancellationToken cancellationToken)
    {
        try
        {
            await request().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (KafkaException exception)
        {
            throw Failed(what, ErrorOf(exception), exception);
        }
    }
}
