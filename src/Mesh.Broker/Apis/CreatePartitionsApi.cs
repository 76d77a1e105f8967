using Mesh.Broker.Access;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>Gives topics more partitions (KIP-195).</summary>
internal sealed class CreatePartitionsApi(BrokerState broker) : Api(ApiKey.CreatePartitions, 0, 3, flexibleFrom: 2)
{
    private readonly record struct Wanted(string Topic, int Count, List<List<int>>? Assignments);

    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        var topics = request.Array(static reader =>
        {
            var wanted = new Wanted(reader.String(), reader.Int32(), reader.NullableArray(static assignment =>
            {
                var brokers = assignment.Array(static replica => replica.Int32());
                assignment.Tags();
                return brokers;
            }));
            reader.Tags();
            return wanted;
        });
        request.Int32();
        bool validateOnly = request.Boolean();
        request.Tags();

        var repeated = topics.CountBy(topic => topic.Topic).Where(count => count.Value > 1).Select(count => count.Key).ToHashSet(StringComparer.Ordinal);
        response.Int32(0);
        response.ArrayLength(topics.Count);
        foreach (var topic in topics)
        {
            var (error, message) = repeated.Contains(topic.Topic)
                ? (ErrorCode.InvalidRequest, "Duplicate topic name.")
                : await AddAsync(context.Principal, topic, validateOnly).ConfigureAwait(false);
            response.String(topic.Topic);
            response.Error(error);
            response.NullableString(message);
            response.Tags();
        }

        response.Tags();
    }

    private async ValueTask<(ErrorCode Error, string? Message)> AddAsync(Principal principal, Wanted wanted, bool validateOnly)
    {
        if (!broker.Authoriser.Allows(principal, AclOperation.Alter, AclResourceType.Topic, wanted.Topic))
        {
            return (ErrorCode.TopicAuthorizationFailed, "Adding partitions to a topic needs Alter on it.");
        }

        if (broker.Topics.Find(wanted.Topic) is not { } topic) return (ErrorCode.UnknownTopicOrPartition, $"There is no topic '{wanted.Topic}'.");
        int present = topic.Partitions.Count;
        if (wanted.Count == present) return (ErrorCode.InvalidPartitions, $"Topic already has {present} partition(s).");
        if (wanted.Count < present) return (ErrorCode.InvalidPartitions, $"The topic {wanted.Topic} currently has {present} partition(s); {wanted.Count} would not be an increase.");
        if (wanted.Assignments is { } assignments)
        {
            if (assignments.Count != wanted.Count - present)
            {
                return (ErrorCode.InvalidReplicaAssignment, $"Attempted to add {wanted.Count - present} additional partition(s), but only {assignments.Count} assignment(s) were specified.");
            }

            if (assignments.Exists(static brokers => brokers is not [BrokerState.NodeId]))
            {
                return (ErrorCode.InvalidReplicaAssignment, $"There is one broker, number {BrokerState.NodeId}; every partition is on it alone.");
            }
        }

        if (broker.Topics.PartitionCount + (long)wanted.Count - present > broker.Options.MaxPartitions)
        {
            return (ErrorCode.InvalidPartitions, $"There may be {broker.Options.MaxPartitions} partitions over all topics.");
        }

        if (validateOnly) return (ErrorCode.None, null);
        var error = await broker.Topics.AddPartitionsAsync(wanted.Topic, wanted.Count).ConfigureAwait(false);
        return (error, error switch
        {
            ErrorCode.None => null,
            ErrorCode.KafkaStorageError => "The partitions could not be written to the disk.",
            _ => "The topic changed meanwhile.",
        });
    }
}
