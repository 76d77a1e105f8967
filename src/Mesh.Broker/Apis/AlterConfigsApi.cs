using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>Replaces all settings of a topic, or all that clients set of the broker (KIP-133): what is not named has its default again.</summary>
internal sealed class AlterConfigsApi(BrokerState broker) : ConfigAlterationApi<AlterConfigsApi.Entry>(broker, ApiKey.AlterConfigs, 2, flexibleFrom: 2)
{
    internal readonly record struct Entry(string Name, string? Value);

    protected override Entry ReadEntry(ProtocolReader reader) => new(reader.String(), reader.NullableString());

    protected override ConfigChange.Change ChangeOf(ConfigResourceType type, List<Entry> entries) => (_, out changed) =>
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        changed = settings;
        foreach (var (name, value) in entries)
        {
            if (value is null) return new(ErrorCode.InvalidRequest, $"Null value not supported for : {name}");
            if (!settings.TryAdd(name, value)) return new(ErrorCode.InvalidRequest, "Error due to duplicate config keys");
        }

        return ConfigChange.Outcome.Done;
    };
}
