using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Mesh.Model;

namespace Mesh.Kafka;

/// <summary>Looking at topics and groups.</summary>
public sealed partial class TopicAdmin
{
    /// <summary>What ListOffsets takes instead of a time: the beginning and the end.</summary>
    private static readonly Timestamp Beginning = new(-2, TimestampType.NotAvailable), End = new(-1, TimestampType.NotAvailable);

    /// <summary>All topics with their sizes, by name.</summary>
    /// <exception cref="MeshException"><c>MESH7107</c>, transient when no broker answers.</exception>
    public async Task<IReadOnlyList<TopicSummary>> SummariseAsync(CancellationToken cancellationToken)
    {
        var metadata = await OnThreadAsync("list the topics", () => admin.GetMetadata(RequestTimeout), cancellationToken).ConfigureAwait(false);
        var topics = metadata.Topics.Where(topic => !topic.Error.IsError).OrderBy(topic => topic.Topic, StringComparer.Ordinal).ToList();
        var ranges = await RangesAsync(topics.SelectMany(PlacesOf).ToList(), cancellationToken).ConfigureAwait(false);
        return
        [
            .. topics.Select(topic => new TopicSummary(
                topic.Topic, topic.Partitions.Count, topic.Partitions.Select(partition => partition.Replicas.Length).FirstOrDefault(),
                PlacesOf(topic).Sum(place => ranges.TryGetValue(place, out var range) ? range.End - range.Start : 0))),
        ];
    }

    /// <summary>Everything about one topic.</summary>
    /// <exception cref="MeshException"><c>MESH7108</c>: there is no such topic. <c>MESH7107</c>, transient when no broker answers.</exception>
    public async Task<TopicDescription> DescribeAsync(string topic, CancellationToken cancellationToken)
    {
        var (description, ranges) = await DescribeBareAsync(topic, cancellationToken).ConfigureAwait(false);
        var groups = new List<GroupLag>();
        foreach (var group in await ListGroupsAsync(cancellationToken).ConfigureAwait(false))
        {
            groups.AddRange(await LagAsync(group.Name, ranges.Keys, ranges, cancellationToken).ConfigureAwait(false));
        }

        return description with { Groups = groups };
    }

    /// <summary>A topic without its groups, which a cluster has to be asked for one by one.</summary>
    /// <exception cref="MeshException"><c>MESH7108</c>: there is no such topic. <c>MESH7107</c>, transient when no broker answers.</exception>
    public async Task<TopicDescription> DescribeWithoutGroupsAsync(string topic, CancellationToken cancellationToken) =>
        (await DescribeBareAsync(topic, cancellationToken).ConfigureAwait(false)).Description;

    private async Task<(TopicDescription Description, Dictionary<TopicPartition, (long Start, long End)> Ranges)> DescribeBareAsync(string topic, CancellationToken cancellationToken)
    {
        var metadata = await FindAsync(topic, cancellationToken).ConfigureAwait(false);
        var ranges = await RangesAsync(PlacesOf(metadata).ToList(), cancellationToken).ConfigureAwait(false);
        var settings = await SettingsAsync(topic, cancellationToken).ConfigureAwait(false);
        var partitions = metadata.Partitions.OrderBy(partition => partition.PartitionId).Select(partition =>
        {
            var (start, end) = ranges.GetValueOrDefault(new TopicPartition(topic, partition.PartitionId));
            return new PartitionDescription(partition.PartitionId, partition.Leader, partition.Replicas, partition.InSyncReplicas, start, end);
        });
        return (new TopicDescription(topic, [.. partitions], settings, []), ranges);
    }

    /// <summary>
    /// What the broker called a topic when it was created (KIP-516), as 32 lower-case hexadecimal digits: a topic that is deleted and created again has
    /// another. Empty where brokers do not tell (before Kafka 2.8), and with SCRAM, which is not spoken here.
    /// </summary>
    /// <exception cref="MeshException"><c>MESH7108</c>: there is no such topic. <c>MESH7107</c>, transient when no broker answers.</exception>
    public async Task<string> ReadTopicIdAsync(string topic, CancellationToken cancellationToken)
    {
        try
        {
            return await new TopicIdRequest(options).SendAsync(topic, cancellationToken).ConfigureAwait(false)
                ?? throw new MeshException("MESH7108", $"There is no topic '{topic}' at {options.Bootstrap}. `mesh topics list` shows those there are.");
        }
        catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException or System.Security.Authentication.AuthenticationException)
        {
            throw Failed($"read the id of topic {topic}", new Error(ErrorCode.Local_Transport, exception.Message), exception);
        }
    }

    /// <summary>Offsets of the first records that partitions still have.</summary>
    /// <exception cref="MeshException"><c>MESH7107</c>, transient when no broker answers.</exception>
    public async Task<IReadOnlyDictionary<int, long>> ReadStartsAsync(string topic, IReadOnlyCollection<int> partitions, CancellationToken cancellationToken) =>
        (await RangesAsync([.. partitions.Select(partition => new TopicPartition(topic, partition))], cancellationToken).ConfigureAwait(false))
            .ToDictionary(range => range.Key.Partition.Value, range => range.Value.Start);

    /// <summary>The consumer groups, by name.</summary>
    /// <exception cref="MeshException"><c>MESH7107</c>, transient when no broker answers.</exception>
    public async Task<IReadOnlyList<GroupSummary>> ListGroupsAsync(CancellationToken cancellationToken)
    {
        // Not ListConsumerGroups, which can abort the process when a broker answers with an error.
        var groups = await OnThreadAsync("list the groups", () => admin.ListGroups(RequestTimeout), cancellationToken).ConfigureAwait(false);
        return
        [
            .. groups.Where(group => group.ProtocolType is "consumer" or "").OrderBy(group => group.Group, StringComparer.Ordinal)
                .Select(group => new GroupSummary(group.Group, group.State, group.Members.Count)),
        ];
    }

    /// <summary>How far a group is in every partition it has committed an offset of.</summary>
    /// <exception cref="MeshException"><c>MESH7107</c>, transient when no broker answers.</exception>
    public async Task<IReadOnlyList<GroupLag>> DescribeGroupAsync(string group, CancellationToken cancellationToken)
    {
        var metadata = await OnThreadAsync("list the topics", () => admin.GetMetadata(RequestTimeout), cancellationToken).ConfigureAwait(false);
        var places = metadata.Topics.Where(topic => !topic.Error.IsError).SelectMany(PlacesOf).ToList();
        return await LagAsync(group, places, null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Where the partitions of some topics end: the offset that the next record gets.</summary>
    /// <param name="wanted">Which topics.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="MeshException"><c>MESH7107</c>, transient when no broker answers.</exception>
    public async Task<IReadOnlyDictionary<(string Topic, int Partition), long>> EndOffsetsAsync(Func<string, bool> wanted, CancellationToken cancellationToken)
    {
        var metadata = await OnThreadAsync("list the topics", () => admin.GetMetadata(RequestTimeout), cancellationToken).ConfigureAwait(false);
        var places = metadata.Topics.Where(topic => !topic.Error.IsError && wanted(topic.Topic)).SelectMany(PlacesOf).ToList();
        if (places.Count == 0) return new Dictionary<(string, int), long>();
        using var consumer = BuildReader();
        return (await OffsetsAsync(consumer, places, End, cancellationToken).ConfigureAwait(false)).ToDictionary(end => (end.Key.Topic, end.Key.Partition.Value), end => end.Value);
    }

    private static IEnumerable<TopicPartition> PlacesOf(TopicMetadata topic) =>
        topic.Partitions.OrderBy(partition => partition.PartitionId).Select(partition => new TopicPartition(topic.Topic, partition.PartitionId));

    private async Task<TopicMetadata> FindAsync(string topic, CancellationToken cancellationToken)
    {
        // The metadata of all topics: asking for one that does not exist may create it.
        var metadata = await OnThreadAsync($"describe {topic}", () => admin.GetMetadata(RequestTimeout), cancellationToken).ConfigureAwait(false);
        return metadata.Topics.Find(candidate => candidate.Topic == topic && !candidate.Error.IsError)
            ?? throw new MeshException("MESH7108", $"There is no topic '{topic}' at {options.Bootstrap}. `mesh topics list` shows those there are.");
    }

    private async Task<Dictionary<TopicPartition, (long Start, long End)>> RangesAsync(List<TopicPartition> places, CancellationToken cancellationToken)
    {
        if (places.Count == 0) return [];
        using var consumer = BuildReader();
        var starts = await OffsetsAsync(consumer, places, Beginning, cancellationToken).ConfigureAwait(false);
        var ends = await OffsetsAsync(consumer, places, End, cancellationToken).ConfigureAwait(false);
        return starts.Where(start => ends.ContainsKey(start.Key)).ToDictionary(start => start.Key, start => (start.Value, ends[start.Key]));
    }

    private async Task<Dictionary<TopicPartition, long>> OffsetsAsync(
        IConsumer<byte[], byte[]> consumer, IEnumerable<TopicPartition> places, Timestamp time, CancellationToken cancellationToken)
    {
        var answers = await OnThreadAsync(
            "read the offsets", () => consumer.OffsetsForTimes(places.Select(place => new TopicPartitionTimestamp(place, time)), RequestTimeout), cancellationToken).ConfigureAwait(false);
        return answers.Where(answer => answer.Offset.Value >= 0).ToDictionary(answer => answer.TopicPartition, answer => answer.Offset.Value);
    }

    private async Task<Dictionary<string, string>> SettingsAsync(string topic, CancellationToken cancellationToken)
    {
        try
        {
            var described = await admin.DescribeConfigsAsync([new ConfigResource { Type = ResourceType.Topic, Name = topic }], new DescribeConfigsOptions { RequestTimeout = RequestTimeout })
                .WaitAsync(cancellationToken).ConfigureAwait(false);
            return described[0].Entries.Values.Where(entry => entry.Source == ConfigSource.DynamicTopicConfig)
                .OrderBy(entry => entry.Name, StringComparer.Ordinal).ToDictionary(entry => entry.Name, entry => entry.Value, StringComparer.Ordinal);
        }
        catch (KafkaException exception)
        {
            throw Failed($"read the settings of {topic}", ErrorOf(exception), exception);
        }
    }

    private async Task<List<GroupLag>> LagAsync(
        string group, IReadOnlyCollection<TopicPartition> places, Dictionary<TopicPartition, (long Start, long End)>? ranges, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await admin.ListConsumerGroupOffsetsAsync(
                [new ConsumerGroupTopicPartitions(group, [.. places])], new ListConsumerGroupOffsetsOptions { RequestTimeout = RequestTimeout })
                .WaitAsync(cancellationToken).ConfigureAwait(false);
            var committed = answer[0].Partitions.Where(partition => !partition.Error.IsError && partition.Offset.Value >= 0).ToList();
            ranges ??= await RangesAsync([.. committed.Select(partition => partition.TopicPartition)], cancellationToken).ConfigureAwait(false);
            return
            [
                .. committed.Select(partition => new GroupLag(
                    group, partition.Topic, partition.Partition.Value, partition.Offset.Value,
                    Math.Max(0, ranges.GetValueOrDefault(partition.TopicPartition).End - partition.Offset.Value))),
            ];
        }
        catch (KafkaException exception)
        {
            throw Failed($"read the offsets of group {group}", ErrorOf(exception), exception);
        }
    }

    // The error of a request for several resources says only that one of them failed.
    private static Error ErrorOf(KafkaException exception) => exception switch
    {
        DescribeConfigsException { Results: [{ Error: { IsError: true } error }, ..] } => error,
        CreateTopicsException { Results: [{ Error: { IsError: true } error }, ..] } => error,
        DeleteTopicsException { Results: [{ Error: { IsError: true } error }, ..] } => error,
        CreatePartitionsException { Results: [{ Error: { IsError: true } error }, ..] } => error,
        AlterConfigsException { Results: [{ Error: { IsError: true } error }, ..] } => error,
        ListConsumerGroupOffsetsException { Results: [{ Error: { IsError: true } error }, ..] } => error,
        AlterConsumerGroupOffsetsException { Results: [{ Error: { IsError: true } error }, ..] } => error,
        _ => exception.Error,
    };
}
