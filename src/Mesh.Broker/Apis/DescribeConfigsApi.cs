using System.Globalization;
using Mesh.Broker.Access;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;

namespace Mesh.Broker.Apis;

/// <summary>Shows the settings of topics and of the broker that have an effect here.</summary>
internal sealed class DescribeConfigsApi(BrokerState broker) : Api(ApiKey.DescribeConfigs, 0, 4, flexibleFrom: 4)
{
    /// <summary>A value set on the topic itself.</summary>
    public const sbyte TopicSource = 1;

    private const sbyte StaticBrokerSource = 4;
    private const sbyte DefaultSource = 5;
    private const sbyte TopicResource = 2;
    private const sbyte BrokerResource = 4;

    private sealed record Setting(string Name, string Value, sbyte Source);

    public override ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        var resources = request.Array(static reader =>
        {
            var resource = (Type: reader.Int8(), Name: reader.String(), Keys: reader.NullableArray(static key => key.String()));
            reader.Tags();
            return resource;
        });
        if (version >= 1) request.Boolean();
        if (version >= 3) request.Boolean();
        request.Tags();

        response.Int32(0);
        response.Array(resources, (writer, resource) =>
        {
            var refused = Refused(context.Principal, resource.Type, resource.Name);
            var (error, settings) = refused == ErrorCode.None ? Settings(resource.Type, resource.Name) : (refused, []);
            writer.Error(error);
            writer.NullableString(error == ErrorCode.None ? null : refused != ErrorCode.None ? "DescribeConfigs is not allowed." : $"There is no such resource: '{resource.Name}'.");
            writer.Int8(resource.Type);
            writer.String(resource.Name);
            writer.Array(settings.Where(setting => resource.Keys?.Contains(setting.Name) ?? true).ToList(), (inner, setting) => Write(inner, version, setting));
            writer.Tags();
        });
        response.Tags();
        return ValueTask.CompletedTask;
    }

    private static void Write(ProtocolWriter writer, short version, Setting setting)
    {
        const sbyte textType = 2;
        writer.String(setting.Name);
        writer.NullableString(setting.Value);
        writer.Boolean(true);
        if (version == 0) writer.Boolean(setting.Source == DefaultSource);
        else writer.Int8(setting.Source);
        writer.Boolean(false);
        if (version >= 1) writer.ArrayLength(0);
        if (version >= 3)
        {
            writer.Int8(textType);
            writer.NullableString(null);
        }

        writer.Tags();
    }

    private ErrorCode Refused(Principal principal, sbyte type, string name) => type switch
    {
        TopicResource when !broker.Authoriser.AllowsTopic(principal, AclOperation.DescribeConfigs, name) => ErrorCode.TopicAuthorizationFailed,
        BrokerResource when !broker.Authoriser.AllowsCluster(principal, AclOperation.DescribeConfigs) => ErrorCode.ClusterAuthorizationFailed,
        _ => ErrorCode.None,
    };

    private (ErrorCode Error, List<Setting> Settings) Settings(sbyte type, string name) => type switch
    {
        TopicResource => broker.Topics.Find(name) is { } topic ? (ErrorCode.None, OfTopic(topic)) : (ErrorCode.UnknownTopicOrPartition, []),
        BrokerResource when name.Length == 0 || name == BrokerState.NodeId.ToString(CultureInfo.InvariantCulture) => (ErrorCode.None, OfBroker()),
        _ => (ErrorCode.InvalidRequest, []),
    };

    private List<Setting> OfTopic(Topic topic)
    {
        var settings = new Dictionary<string, Setting>(StringComparer.Ordinal);
        foreach (var setting in Defaults()) settings[setting.Name] = setting;
        foreach (var (key, value) in topic.Settings) settings[key] = new Setting(key, value, TopicSource);
        return [.. settings.Values];
    }

    private List<Setting> OfBroker() =>
    [
        new("broker.id", Text(BrokerState.NodeId), StaticBrokerSource),
        new("auto.create.topics.enable", broker.Options.AutoCreateTopics ? "true" : "false", StaticBrokerSource),
        new("num.partitions", Text(broker.Options.DefaultPartitions), StaticBrokerSource),
        new("message.max.bytes", Text(broker.Options.MaxMessageBytes), StaticBrokerSource),
        new("socket.request.max.bytes", Text(broker.Options.MaxRequestBytes), StaticBrokerSource),
    ];

    private List<Setting> Defaults() =>
    [
        new("cleanup.policy", "delete", DefaultSource),
        new("compression.type", "producer", DefaultSource),
        new("message.timestamp.type", "CreateTime", DefaultSource),
        new("max.message.bytes", Text(broker.Options.MaxMessageBytes), DefaultSource),
        new("segment.bytes", Text(broker.Options.SegmentBytes), DefaultSource),
        new("retention.ms", broker.Options.Retention is { } age ? Text((long)age.TotalMilliseconds) : "-1", DefaultSource),
        new("retention.bytes", Text(broker.Options.RetentionBytes ?? -1), DefaultSource),
    ];

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
