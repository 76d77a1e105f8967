using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>Requests that change the settings of several resources, each by a list of entries.</summary>
/// <typeparam name="TEntry">What is said about one setting.</typeparam>
internal abstract class ConfigAlterationApi<TEntry>(BrokerState broker, ApiKey key, short maxVersion, short flexibleFrom) : Api(key, 0, maxVersion, flexibleFrom)
{
    protected BrokerState Broker { get; } = broker;

    private readonly record struct Resource(ConfigResourceType Type, string Name, List<TEntry> Entries);

    /// <inheritdoc/>
    public sealed override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        var resources = request.Array(reader =>
        {
            var resource = new Resource((ConfigResourceType)reader.Int8(), reader.String(), reader.Array(inner =>
            {
                var entry = ReadEntry(inner);
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
                ? new ConfigChange.Outcome(ErrorCode.InvalidRequest, "Each resource must appear at most once.")
                : await ConfigChange.ApplyAsync(Broker, context.Principal, resource.Type, resource.Name, validateOnly, ChangeOf(resource.Type, resource.Entries)).ConfigureAwait(false);
            response.Error(outcome.Error);
            response.NullableString(outcome.Message);
            response.Int8((sbyte)resource.Type);
            response.String(resource.Name);
            response.Tags();
        }

        response.Tags();
    }

    protected abstract TEntry ReadEntry(ProtocolReader reader);

    /// <summary>What the entries make of a resource's settings.</summary>
    protected abstract ConfigChange.Change ChangeOf(ConfigResourceType type, List<TEntry> entries);
}
