using System.Globalization;
using Mesh.Broker.Access;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;

namespace Mesh.Broker.Apis;

/// <summary>Shows the settings of topics and of the broker.</summary>
internal sealed class DescribeConfigsApi(BrokerState broker) : Api(ApiKey.DescribeConfigs, 0, 4, flexibleFrom: 4)
{
    private readonly record struct Resource(ConfigResourceType Type, string Name, List<string>? Keys);

    private readonly record struct Answer(ErrorCode Error, string? Message, IReadOnlyList<ConfigEntry> Entries);

    public override ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        var resources = request.Array(static reader =>
        {
            var resource = new Resource((ConfigResourceType)reader.Int8(), reader.String(), reader.NullableArray(static key => key.String()));
            reader.Tags();
            return resource;
        });
        bool withSynonyms = version >= 1 && request.Boolean();
        bool withDocumentation = version >= 3 && request.Boolean();
        request.Tags();

        response.Int32(0);
        response.Array(resources, (writer, resource) =>
        {
            var (error, message, entries) = Describe(context.Principal, resource);
            writer.Error(error);
            writer.NullableString(message);
            writer.Int8((sbyte)resource.Type);
            writer.String(resource.Name);
            var wanted = resource.Keys is { } keys ? entries.Where(entry => keys.Contains(entry.Name)).ToList() : entries;
            writer.Array(wanted, (inner, entry) => entry.Write(inner, version, withSynonyms, withDocumentation));
            writer.Tags();
        });
        response.Tags();
        return ValueTask.CompletedTask;
    }

    private Answer Describe(Principal principal, Resource resource) => resource.Type switch
    {
        ConfigResourceType.Topic when !broker.Authoriser.Allows(principal, AclOperation.DescribeConfigs, AclResourceType.Topic, resource.Name) =>
            new(ErrorCode.TopicAuthorizationFailed, "Describing a topic's settings needs DescribeConfigs on it.", []),
        ConfigResourceType.Topic when !Topic.IsValidName(resource.Name) => new(ErrorCode.InvalidTopic, "This is no name of a topic.", []),
        ConfigResourceType.Topic => broker.Topics.Find(resource.Name) is { } topic
            ? new(ErrorCode.None, null, ConfigEntry.OfTopic(topic.Settings, broker.Dynamic))
            : new(ErrorCode.UnknownTopicOrPartition, $"There is no topic '{resource.Name}'.", []),
        ConfigResourceType.Broker when !broker.Authoriser.Allows(principal, AclOperation.DescribeConfigs, AclResourceType.Cluster, AclEntry.ClusterName) =>
            new(ErrorCode.ClusterAuthorizationFailed, "Describing the broker's settings needs DescribeConfigs on the cluster.", []),
        // No name stands for what holds for all brokers, which is what was changed at run time.
        ConfigResourceType.Broker when resource.Name.Length == 0 => new(ErrorCode.None, null, [.. ConfigEntry.OfBroker(broker).Where(entry => entry.Source == ConfigSource.DynamicBroker)]),
        ConfigResourceType.Broker when resource.Name == BrokerState.NodeId.ToString(CultureInfo.InvariantCulture) => new(ErrorCode.None, null, ConfigEntry.OfBroker(broker)),
        ConfigResourceType.Broker => new(ErrorCode.InvalidRequest, $"Unexpected broker id, expected {BrokerState.NodeId} or empty string, but received '{resource.Name}'.", []),
        ConfigResourceType.BrokerLogger => new(ErrorCode.InvalidRequest, "This broker's logging has no settings that clients see.", []),
        _ => new(ErrorCode.InvalidRequest, $"There are no settings of resource type {(sbyte)resource.Type}.", []),
    };
}
