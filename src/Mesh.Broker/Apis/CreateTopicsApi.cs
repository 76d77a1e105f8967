using Mesh.Broker.Access;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;

namespace Mesh.Broker.Apis;

/// <summary>Creates topics.</summary>
internal sealed class CreateTopicsApi(BrokerState broker) : Api(ApiKey.CreateTopics, 0, 7, flexibleFrom: 5)
{
    private readonly record struct Assignment(int Partition, List<int> Brokers);

    private sealed record NewTopic(string Name, int Partitions, short ReplicationFactor, List<Assignment> Assignments, Dictionary<string, string> Settings, string? WrongSetting);

    private readonly record struct Answer(ErrorCode Error, string? Message, Guid Id, int Partitions);

    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        var topics = request.Array(ReadTopic);
        request.Int32();
        bool validateOnly = version >= 1 && request.Boolean();
        request.Tags();

        var repeated = topics.CountBy(topic => topic.Name).Where(count => count.Value > 1).Select(count => count.Key).ToHashSet(StringComparer.Ordinal);
        if (version >= 2) response.Int32(0);
        response.ArrayLength(topics.Count);
        foreach (var topic in topics)
        {
            var answer = repeated.Contains(topic.Name)
                ? new Answer(ErrorCode.InvalidRequest, "Duplicate topic name.", Guid.Empty, -1)
                : await CreateAsync(context.Principal, topic, validateOnly).ConfigureAwait(false);
            Write(response, version, topic, answer, broker.Authoriser.Allows(context.Principal, AclOperation.DescribeConfigs, AclResourceType.Topic, topic.Name));
        }

        response.Tags();
    }

    private static NewTopic ReadTopic(ProtocolReader reader)
    {
        string name = reader.String();
        int partitions = reader.Int32();
        short replicationFactor = reader.Int16();
        var assignments = reader.Array(static assignment =>
        {
            var read = new Assignment(assignment.Int32(), assignment.Array(static replica => replica.Int32()));
            assignment.Tags();
            return read;
        });
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        string? wrong = null;
        foreach (var (key, value) in reader.Array(static setting =>
        {
            var pair = (Key: setting.String(), Value: setting.NullableString());
            setting.Tags();
            return pair;
        }))
        {
            if (value is null) wrong ??= $"Null value not supported for topic configs: {key}";
            else settings[key] = value;
        }

        reader.Tags();
        return new NewTopic(name, partitions, replicationFactor, assignments, settings, wrong);
    }

    private void Write(ProtocolWriter writer, short version, NewTopic topic, Answer answer, bool showsSettings)
    {
        bool created = answer.Error == ErrorCode.None;
        writer.String(topic.Name);
        if (version >= 7) writer.Uuid(answer.Id);
        writer.Error(answer.Error);
        if (version >= 1) writer.NullableString(answer.Message);
        if (version >= 5)
        {
            // Who may not see the settings is not told them here either (KIP-525).
            bool tells = created && showsSettings;
            writer.Int32(tells ? answer.Partitions : -1);
            writer.Int16(tells ? (short)1 : (short)-1);
            if (created && !showsSettings)
            {
                writer.NullArray();
                writer.UnsignedVarInt(1);
                writer.UnsignedVarInt(0);
                writer.UnsignedVarInt(sizeof(short));
                writer.Error(ErrorCode.TopicAuthorizationFailed);
                return;
            }

            writer.Array(created ? ConfigEntry.OfTopic(topic.Settings, broker.Dynamic) : [], static (inner, entry) =>
            {
                inner.String(entry.Name);
                inner.NullableString(entry.Value);
                inner.Boolean(entry.ReadOnly);
                inner.Int8((sbyte)entry.Source);
                inner.Boolean(false);
                inner.Tags();
            });
        }

        writer.Tags();
    }

    private async ValueTask<Answer> CreateAsync(Principal principal, NewTopic topic, bool validateOnly)
    {
        if (!broker.Authoriser.Allows(principal, AclOperation.Create, AclResourceType.Cluster, AclEntry.ClusterName)
            && !broker.Authoriser.Allows(principal, AclOperation.Create, AclResourceType.Topic, topic.Name))
        {
            return Refused(ErrorCode.TopicAuthorizationFailed, "Creating a topic needs Create on the cluster or on the topic.");
        }

        int partitions = topic.Assignments.Count > 0 ? topic.Assignments.Count : topic.Partitions == -1 ? broker.Options.DefaultPartitions : topic.Partitions;
        if (!Topic.IsValidName(topic.Name)) return Refused(ErrorCode.InvalidTopic, "A topic's name has 1 to 249 of the characters a-z, A-Z, 0-9, '.', '_' and '-'.");
        if (broker.Topics.Find(topic.Name) is not null) return Refused(ErrorCode.TopicAlreadyExists, $"Topic '{topic.Name}' already exists.");
        if (WrongPlacement(topic) is { } wrong) return wrong;
        if (partitions <= 0) return Refused(ErrorCode.InvalidPartitions, "Number of partitions was set to an invalid non-positive value.");
        if (broker.Topics.PartitionCount + (long)partitions > broker.Options.MaxPartitions) return TooManyPartitions();
        if ((topic.WrongSetting ?? TopicSettings.Validate(topic.Settings)) is { } setting) return Refused(ErrorCode.InvalidConfig, setting);
        if (validateOnly) return new Answer(ErrorCode.None, null, Guid.Empty, partitions);

        var (error, created) = await broker.Topics.CreateAsync(topic.Name, partitions, topic.Settings).ConfigureAwait(false);
        return error switch
        {
            ErrorCode.None => new Answer(ErrorCode.None, null, created!.Id, partitions),
            ErrorCode.TopicAlreadyExists => Refused(error, $"Topic '{topic.Name}' already exists."),
            ErrorCode.InvalidPartitions => TooManyPartitions(),
            _ => Refused(error, "The topic could not be written to the disk."),
        };
    }

    private static Answer? WrongPlacement(NewTopic topic)
    {
        if (topic.Assignments.Count == 0)
        {
            if (topic.ReplicationFactor is 0 or < -1) return Refused(ErrorCode.InvalidReplicationFactor, "Replication factor must be larger than 0, or -1 to use the default value.");
            return topic.ReplicationFactor > 1 ? Refused(ErrorCode.InvalidReplicationFactor, "There is one broker, so the replication factor can only be 1.") : null;
        }

        if (topic.ReplicationFactor != -1) return Refused(ErrorCode.InvalidRequest, "A manual partition assignment was specified, but replication factor was not set to -1.");
        if (topic.Partitions != -1) return Refused(ErrorCode.InvalidRequest, "A manual partition assignment was specified, but number of partitions was not set to -1.");
        if (!topic.Assignments.Select(assignment => assignment.Partition).Order().SequenceEqual(Enumerable.Range(0, topic.Assignments.Count)))
        {
            return Refused(ErrorCode.InvalidReplicaAssignment, "Partitions should be a consecutive 0-based integer sequence.");
        }

        return topic.Assignments.Exists(static assignment => assignment.Brokers is not [BrokerState.NodeId])
            ? Refused(ErrorCode.InvalidReplicaAssignment, $"There is one broker, number {BrokerState.NodeId}; every partition is on it alone.")
            : null;
    }

    private Answer TooManyPartitions() => Refused(ErrorCode.InvalidPartitions, $"There may be {broker.Options.MaxPartitions} partitions over all topics.");

    private static Answer Refused(ErrorCode error, string message) => new(error, message, Guid.Empty, -1);
}
