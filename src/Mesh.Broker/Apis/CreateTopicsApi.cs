using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;

namespace Mesh.Broker.Apis;

/// <summary>Creates topics.</summary>
internal sealed class CreateTopicsApi(BrokerState broker) : Api(ApiKey.CreateTopics, 0, 7, flexibleFrom: 5)
{
    private sealed record NewTopic(string Name, int Partitions, short ReplicationFactor, int Assigned, Dictionary<string, string> Settings);

    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        var topics = request.Array(ReadTopic);
        request.Int32();
        bool validateOnly = version >= 1 && request.Boolean();
        request.Tags();

        if (version >= 2) response.Int32(0);
        response.ArrayLength(topics.Count);
        foreach (var topic in topics)
        {
            var (error, message, created) = await CreateAsync(topic, validateOnly).ConfigureAwait(false);
            int partitions = created?.Partitions.Count ?? Partitions(topic);
            response.String(topic.Name);
            if (version >= 7) response.Uuid(created?.Id ?? Guid.Empty);
            response.Error(error);
            if (version >= 1) response.NullableString(message);
            if (version >= 5)
            {
                response.Int32(error == ErrorCode.None ? partitions : -1);
                response.Int16(error == ErrorCode.None ? (short)1 : (short)-1);
                response.Array(error == ErrorCode.None ? topic.Settings : [], static (writer, setting) =>
                {
                    writer.String(setting.Key);
                    writer.NullableString(setting.Value);
                    writer.Boolean(false);
                    writer.Int8(DescribeConfigsApi.TopicSource);
                    writer.Boolean(false);
                    writer.Tags();
                });
            }

            response.Tags();
        }

        response.Tags();
    }

    private static NewTopic ReadTopic(ProtocolReader reader)
    {
        string name = reader.String();
        int partitions = reader.Int32();
        short replicationFactor = reader.Int16();
        int assigned = reader.Array(static assignment =>
        {
            int partition = assignment.Int32();
            assignment.Array(static replica => replica.Int32());
            assignment.Tags();
            return partition;
        }).Count;
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in reader.Array(static setting =>
        {
            var pair = (Key: setting.String(), Value: setting.NullableString());
            setting.Tags();
            return pair;
        }))
        {
            if (value is not null) settings[key] = value;
        }

        reader.Tags();
        return new NewTopic(name, partitions, replicationFactor, assigned, settings);
    }

    private int Partitions(NewTopic topic) => topic.Partitions == -1 ? (topic.Assigned > 0 ? topic.Assigned : broker.Options.DefaultPartitions) : topic.Partitions;

    private async ValueTask<(ErrorCode Error, string? Message, Topic? Topic)> CreateAsync(NewTopic topic, bool validateOnly)
    {
        if (topic.Assigned == 0 && topic.ReplicationFactor is not (1 or -1))
        {
            return (ErrorCode.InvalidReplicationFactor, "There is one broker, so the replication factor can only be 1.", null);
        }

        if (TopicSettings.Validate(topic.Settings) is { } wrong) return (ErrorCode.InvalidConfig, wrong, null);

        var error = ErrorCode.None;
        Topic? created = null;
        if (!validateOnly)
        {
            (error, created) = await broker.Topics.CreateAsync(topic.Name, Partitions(topic), topic.Settings).ConfigureAwait(false);
        }
        else if (!Topic.IsValidName(topic.Name))
        {
            error = ErrorCode.InvalidTopic;
        }
        else if (broker.Topics.Find(topic.Name) is not null)
        {
            error = ErrorCode.TopicAlreadyExists;
        }
        else if (Partitions(topic) <= 0)
        {
            error = ErrorCode.InvalidPartitions;
        }

        string? message = error switch
        {
            ErrorCode.None => null,
            ErrorCode.TopicAlreadyExists => $"Topic '{topic.Name}' already exists.",
            ErrorCode.InvalidTopic => "A topic's name has 1 to 249 of the characters a-z, A-Z, 0-9, '.', '_' and '-'.",
            ErrorCode.InvalidPartitions => $"The number of partitions must be at least 1, and at most {broker.Options.MaxPartitions} over all topics.",
            _ => "The topic could not be written to the disk.",
        };
        return (error, message, error == ErrorCode.None ? created : null);
    }
}
