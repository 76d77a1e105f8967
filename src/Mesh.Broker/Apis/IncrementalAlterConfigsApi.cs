using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;

namespace Mesh.Broker.Apis;

/// <summary>Changes single settings of a topic or the broker (KIP-339).</summary>
internal sealed class IncrementalAlterConfigsApi(BrokerState broker)
    : ConfigAlterationApi<IncrementalAlterConfigsApi.Entry>(broker, ApiKey.IncrementalAlterConfigs, 1, flexibleFrom: 1)
{
    internal enum Operation : sbyte
    {
        Set = 0,
        Delete = 1,
        Append = 2,
        Subtract = 3,
    }

    internal readonly record struct Entry(string Name, Operation Operation, string? Value);

    protected override Entry ReadEntry(ProtocolReader reader) => new(reader.String(), (Operation)reader.Int8(), reader.NullableString());

    protected override ConfigChange.Change ChangeOf(ConfigResourceType type, List<Entry> entries) => (present, out changed) =>
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
            var list = Split(settings.GetValueOrDefault(name) ?? (ofBroker ? Broker.Dynamic.ValueOf(setting) : Broker.Dynamic.DefaultOf(setting)));
            foreach (string item in Split(value))
            {
                if (operation == Operation.Subtract) list.Remove(item);
                else if (!list.Contains(item)) list.Add(item);
            }

            settings[name] = string.Join(',', list);
        }

        return ConfigChange.Outcome.Done;
    };

    private static ConfigChange.Outcome Unknown(string name, bool ofBroker) =>
        new(ErrorCode.InvalidConfig, ofBroker ? $"'{name}' cannot be changed while the broker runs." : $"There is no topic setting '{name}'.");

    private static List<string> Split(string value) => [.. value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
}
