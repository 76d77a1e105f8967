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
    /// <summary>Broker settings whose name is not that of the topic setting after <c>log.</c>.</summary>
    private static readonly Dictionary<string, string> BrokerNames = new(StringComparer.Ordinal)
    {
        ["compression.type"] = "compression.type",
        ["delete.retention.ms"] = "log.cleaner.delete.retention.ms",
        ["file.delete.delay.ms"] = "log.segment.delete.delay.ms",
        ["flush.messages"] = "log.flush.interval.messages",
        ["flush.ms"] = "log.flush.interval.ms",
        ["max.compaction.lag.ms"] = "log.cleaner.max.compaction.lag.ms",
        ["max.message.bytes"] = "message.max.bytes",
        ["min.cleanable.dirty.ratio"] = "log.cleaner.min.cleanable.ratio",
        ["min.compaction.lag.ms"] = "log.cleaner.min.compaction.lag.ms",
        ["min.insync.replicas"] = "min.insync.replicas",
        ["segment.index.bytes"] = "log.index.size.max.bytes",
        ["segment.jitter.ms"] = "log.roll.jitter.ms",
        ["segment.ms"] = "log.roll.ms",
        ["unclean.leader.election.enable"] = "unclean.leader.election.enable",
    };

    /// <summary>Settings that only topics have.</summary>
    private static readonly HashSet<string> TopicOnly = new(StringComparer.Ordinal)
    {
        "follower.replication.throttled.replicas", "leader.replication.throttled.replicas",
    };

    /// <summary>All settings of a topic, in the order of their names.</summary>
    public static IReadOnlyList<ConfigEntry> OfTopic(IReadOnlyDictionary<string, string> settings, BrokerOptions options) =>
        [.. TopicSettings.All.Select(setting => OfTopic(setting, settings, options))];

    /// <summary>All settings of the broker. They come from its options, so no client changes them.</summary>
    public static IReadOnlyList<ConfigEntry> OfBroker(BrokerState broker)
    {
        var options = broker.Options;
        return
        [
            Fixed("broker.id", Text(BrokerState.NodeId), SettingType.Int, "Number of the only broker."),
            Fixed("node.id", Text(BrokerState.NodeId), SettingType.Int, "Number of the only broker."),
            Fixed("listeners", $"{(options.TlsCertificate is null ? "PLAINTEXT" : "SSL")}://{broker.Host}:{Text(broker.Port)}", SettingType.Text, "Where clients connect."),
            Fixed("auto.create.topics.enable", options.AutoCreateTopics ? "true" : "false", SettingType.Boolean, "Whether asking for a topic that does not exist creates it."),
            Fixed("default.replication.factor", "1", SettingType.Int, "Replicas of a topic whose creator does not say."),
            Fixed("delete.topic.enable", "true", SettingType.Boolean, "Whether topics can be deleted."),
            Fixed("group.initial.rebalance.delay.ms", Text((long)options.InitialRebalanceDelay.TotalMilliseconds), SettingType.Int, "How long the first member of a group waits for others, in milliseconds."),
            Fixed("group.max.size", Text(options.MaxGroupMembers), SettingType.Int, "Members of one group."),
            Fixed("num.partitions", Text(options.DefaultPartitions), SettingType.Int, "Partitions of a topic whose creator does not say."),
            Fixed("max.connections", Text(options.MaxConnections), SettingType.Int, "Open connections."),
            Fixed("connections.max.idle.ms", Text((long)options.IdleTimeout.TotalMilliseconds), SettingType.Long, "Silence after which a connection is closed, in milliseconds."),
            Fixed("socket.request.max.bytes", Text(options.MaxRequestBytes), SettingType.Int, "Largest request accepted, in bytes."),
            .. TopicSettings.All.Where(setting => !TopicOnly.Contains(setting.Name)).Select(setting => OfBroker(setting, options)),
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

    private static ConfigEntry OfTopic(TopicSetting setting, IReadOnlyDictionary<string, string> settings, BrokerOptions options)
    {
        var otherwise = OfBroker(setting, options);
        var synonyms = TopicOnly.Contains(setting.Name) ? [new ConfigSynonym(setting.Name, setting.Default, ConfigSource.Default)] : otherwise.Synonyms;
        return settings.TryGetValue(setting.Name, out string? value)
            ? new ConfigEntry(setting.Name, value, ConfigSource.Topic, false, setting.Type, setting.Documentation, [new ConfigSynonym(setting.Name, value, ConfigSource.Topic), .. synonyms])
            : new ConfigEntry(setting.Name, otherwise.Value, otherwise.Source, false, setting.Type, setting.Documentation, synonyms);
    }

    private static ConfigEntry OfBroker(TopicSetting setting, BrokerOptions options)
    {
        string name = BrokerNames.GetValueOrDefault(setting.Name) ?? $"log.{setting.Name}";
        string value = TopicSettings.DefaultOf(setting, options);
        var byDefault = new ConfigSynonym(name, setting.Default, ConfigSource.Default);
        return value == setting.Default
            ? new ConfigEntry(name, value, ConfigSource.Default, true, setting.Type, setting.Documentation, [byDefault])
            : new ConfigEntry(name, value, ConfigSource.StaticBroker, true, setting.Type, setting.Documentation, [new ConfigSynonym(name, value, ConfigSource.StaticBroker), byDefault]);
    }

    private static ConfigEntry Fixed(string name, string value, SettingType type, string documentation) =>
        new(name, value, ConfigSource.StaticBroker, true, type, documentation, [new ConfigSynonym(name, value, ConfigSource.StaticBroker)]);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
