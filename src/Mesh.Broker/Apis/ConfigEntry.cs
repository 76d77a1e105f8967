using System.Globalization;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;

namespace Mesh.Broker.Apis;

/// <summary>A setting with its value as DescribeConfigs and CreateTopics answer it.</summary>
/// <param name="Name">Name.</param>
/// <param name="Value">Its value here.</param>
/// <param name="Source">Where the value comes from.</param>
/// <param name="ReadOnly">Whether clients cannot change it.</param>
/// <param name="Type">Type of the value.</param>
/// <param name="Documentation">One sentence.</param>
/// <param name="Synonyms">Every place the value can come from, the one that decides first (KIP-226).</param>
internal sealed record ConfigEntry(
    string Name, string Value, ConfigSource Source, bool ReadOnly, SettingType Type, string Documentation, IReadOnlyList<ConfigSynonym> Synonyms)
{
    /// <summary>All settings of a topic, in the order of their names.</summary>
    public static IReadOnlyList<ConfigEntry> OfTopic(IReadOnlyDictionary<string, string> settings, DynamicSettings broker) =>
        [.. TopicSettings.All.Select(setting => OfTopic(setting, settings, broker))];

    /// <summary>All settings of the broker. What clients cannot change comes from the options it was started with.</summary>
    public static IReadOnlyList<ConfigEntry> OfBroker(BrokerState broker)
    {
        var options = broker.Options;
        return
        [
            Fixed("broker.id", Text(BrokerState.NodeId), SettingType.Int, "Number of the only broker."),
            Fixed("node.id", Text(BrokerState.NodeId), SettingType.Int, "Number of the only broker."),
            Fixed("listeners", $"{(options.TlsCertificate is null ? "PLAINTEXT" : "SSL")}://{broker.Host}:{Text(broker.Port)}", SettingType.Text, "Where clients connect."),
            Fixed("default.replication.factor", "1", SettingType.Int, "Replicas of a topic whose creator does not say."),
            Fixed("delete.topic.enable", "true", SettingType.Boolean, "Whether topics can be deleted."),
            Fixed("group.initial.rebalance.delay.ms", Text((long)options.InitialRebalanceDelay.TotalMilliseconds), SettingType.Int, "How long the first member of a group waits for others, in milliseconds."),
            Fixed("group.max.size", Text(options.MaxGroupMembers), SettingType.Int, "Members of one group."),
            Fixed("socket.request.max.bytes", Text(options.MaxRequestBytes), SettingType.Int, "Largest request accepted, in bytes."),
            .. DynamicSettings.OwnSettings.Select(setting => OfBroker(setting, setting.Name, broker.Dynamic)),
            .. TopicSettings.All.Where(setting => DynamicSettings.BrokerNameOf(setting.Name) is not null).Select(setting => OfBroker(setting, DynamicSettings.BrokerNameOf(setting.Name)!, broker.Dynamic)),
        ];
    }

    /// <summary>Writes it for DescribeConfigs.</summary>
    public void Write(ProtocolWriter writer, short version, bool withSynonyms, bool withDocumentation)
    {
        writer.String(Name);
        writer.NullableString(Value);
        writer.Boolean(ReadOnly);
        if (version == 0) writer.Boolean(Source == ConfigSource.Default);
        else writer.Int8((sbyte)Source);
        writer.Boolean(false);
        if (version >= 1)
        {
            writer.Array(withSynonyms ? Synonyms : [], static (inner, synonym) =>
            {
                inner.String(synonym.Name);
                inner.NullableString(synonym.Value);
                inner.Int8((sbyte)synonym.Source);
                inner.Tags();
            });
        }

        if (version >= 3)
        {
            writer.Int8((sbyte)Type);
            writer.NullableString(withDocumentation ? Documentation : null);
        }

        writer.Tags();
    }

    private static ConfigEntry OfTopic(TopicSetting setting, IReadOnlyDictionary<string, string> settings, DynamicSettings broker)
    {
        string? brokerName = DynamicSettings.BrokerNameOf(setting.Name);
        var otherwise = brokerName is null
            ? new ConfigEntry(setting.Name, setting.Default, ConfigSource.Default, false, setting.Type, setting.Documentation, [new ConfigSynonym(setting.Name, setting.Default, ConfigSource.Default)])
            : OfBroker(setting, brokerName, broker) with { Name = setting.Name };
        return settings.TryGetValue(setting.Name, out string? value)
            ? otherwise with { Value = value, Source = ConfigSource.Topic, Synonyms = [new ConfigSynonym(setting.Name, value, ConfigSource.Topic), .. otherwise.Synonyms] }
            : otherwise;
    }

    private static ConfigEntry OfBroker(TopicSetting setting, string name, DynamicSettings broker)
    {
        var synonyms = new List<ConfigSynonym>();
        if (broker.Values.TryGetValue(name, out string? changed)) synonyms.Add(new ConfigSynonym(name, changed, ConfigSource.DynamicBroker));
        if (broker.StartedWith(name) is var started && started != setting.Default) synonyms.Add(new ConfigSynonym(name, started, ConfigSource.StaticBroker));
        synonyms.Add(new ConfigSynonym(name, setting.Default, ConfigSource.Default));
        return new ConfigEntry(name, synonyms[0].Value, synonyms[0].Source, false, setting.Type, setting.Documentation, synonyms);
    }

    private static ConfigEntry Fixed(string name, string value, SettingType type, string documentation) =>
        new(name, value, ConfigSource.StaticBroker, true, type, documentation, [new ConfigSynonym(name, value, ConfigSource.StaticBroker)]);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
