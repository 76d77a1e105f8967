using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;

namespace Mesh.Broker.Apis;

/// <summary>Changes single settings of a topic or the broker (KIP-339).</summary>
internal sealed class IncrementalAlterConfigsApi(BrokerState broker) : Api(ApiKey.IncrementalAlterConfigs, 0, 1, flexibleFrom: 1)
{
    private enum Operation : sbyte
    {
        Set = 0,
        Delete = 1,
        Append = 2,
        Subtract = 3,
    }

    private readonly record struct Entry(string Name, Operation Operation, string? Value);

    private readonly record struct Resource(ConfigResourceType Type, string Name, List<Entry> Entries);

    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        var resources = request.Array(static reader =>
        {
            var resource = new Resource((ConfigResourceType)reader.Int8(), reader.String(), reader.Array(static inner =>
            {
                var entry = new Entry(inner.String(), (Operation)inner.Int8(), inner.NullableString());
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
                : await TopicConfigChange.ApplyAsync(broker, context.Principal, resource.Type, resource.Name, validateOnly, ChangeBy(resource.Type, resource.Entries)).ConfigureAwait(false);
            response.Error(outcome.Error);
            response.NullableString(outcome.Message);
            response.Int8((sbyte)resource.Type);
            response.String(resource.Name);
            response.Tags();
        }

        response.Tags();
    }

    private TopicConfigChange.Change ChangeBy(ConfigResourceType type, List<Entry> entries) => (present, out changed) =>
    {
        bool ofBroker = type == ConfigResourceType.Broker;
        TopicSetting? Find(string name) => ofBroker ? DynamicSettings.Find(name) : TopicSettings.Find(name);
        var settings = new Dictionary<string, string>(present, StringComparer.Ordinal);
        changed = settings;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, operation, value) in entries)
        {
            if (!seen.Add(name)) return new(ErrorCode.InvalidRequest, $"Error due to duplicate config keys : {name}");
            if (operation == Operation.Delete)
            {
                if (Find(name) is null) return Unknown(name, ofBroker);
                settings.Remove(name);
                continue;
            }

            if (!Enum.IsDefined(operation)) return new(ErrorCode.InvalidRequest, $"Unknown operation {(sbyte)operation} for {name}.");
            if (value is null) return new(ErrorCode.InvalidRequest, $"Null value not supported for : {name}");
            if (operation == Operation.Set)
            {
                settings[name] = value;
                continue;
            }

            if (Find(name) is not { } setting) return Unknown(name, ofBroker);
            if (setting.Type != SettingType.List) return new(ErrorCode.InvalidConfig, $"Can't {operation.ToString().ToUpperInvariant()} to key {name} because its type is not LIST.");

            // What does not set the list begins from what holds for it by default.
            var list = Split(settings.GetValueOrDefault(name) ?? (ofBroker ? broker.Dynamic.ValueOf(setting) : broker.Dynamic.DefaultOf(setting)));
            foreach (string item in Split(value))
            {
                if (operation == Operation.Subtract) list.Remove(item);
                else if (!list.Contains(item)) list.Add(item);
            }

            settings[name] = string.Join(',', list);
        }

        return TopicConfigChange.Outcome.Done;
    };

    private static TopicConfigChange.Outcome Unknown(string name, bool ofBroker) =>
        new(ErrorCode.InvalidConfig, ofBroker ? $"'{name}' cannot be changed while the broker runs." : $"There is no topic setting '{name}'.");

    private static List<string> Split(string value) => [.. value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
}
