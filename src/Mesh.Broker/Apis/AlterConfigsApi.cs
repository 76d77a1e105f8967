using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>Replaces all settings of a topic, or all that clients set of the broker (KIP-133): what is not named has its default again.</summary>
internal sealed class AlterConfigsApi(BrokerState broker) : Api(ApiKey.AlterConfigs, 0, 2, flexibleFrom: 2)
{
    private readonly record struct Entry(string Name, string? Value);

    private readonly record struct Resource(ConfigResourceType Type, string Name, List<Entry> Entries);

    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        var resources = request.Array(static reader =>
        {
            var resource = new Resource((ConfigResourceType)reader.Int8(), reader.String(), reader.Array(static inner =>
            {
                var entry = new Entry(inner.String(), inner.NullableString());
                inner.Tags();
                return entry;
            }));
            reader.Tags();
            return resource;
        });
        bool validateOnly = request.Boolean();
        request.Tags();

        var repeated = resources.CountBy(resource => (resource.Type, resource.Name)).Where(count => count.Value > 1).Select(count => count.Key).ToHashSet();
        response.Int32(0);
        response.ArrayLength(resources.Count);
        foreach (var resource in resources)
        {
            var outcome = repeated.Contains((resource.Type, resource.Name))
                ? new TopicConfigChange.Outcome(ErrorCode.InvalidRequest, "Each resource must appear at most once.")
                : await TopicConfigChange.ApplyAsync(broker, context.Principal, resource.Type, resource.Name, validateOnly, ChangeTo(resource.Entries)).ConfigureAwait(false);
            response.Error(outcome.Error);
            response.NullableString(outcome.Message);
            response.Int8((sbyte)resource.Type);
            response.String(resource.Name);
            response.Tags();
        }

        response.Tags();
    }

    private static TopicConfigChange.Change ChangeTo(List<Entry> entries) => (_, out changed) =>
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        changed = settings;
        foreach (var (name, value) in entries)
        {
            if (value is null) return new(ErrorCode.InvalidRequest, $"Null value not supported for : {name}");
            if (!settings.TryAdd(name, value)) return new(ErrorCode.InvalidRequest, "Error due to duplicate config keys");
        }

        return TopicConfigChange.Outcome.Done;
    };
}
