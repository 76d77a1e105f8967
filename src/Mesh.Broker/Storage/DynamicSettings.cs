using System.Globalization;
using System.Text.Json;
using Mesh.Model;

namespace Mesh.Broker.Storage;

/// <summary>
/// Settings of the broker that clients change while it runs (KIP-226): what holds for topics that do not say, and a few of its own. They
/// are kept in <c>broker-settings.json</c> and win over the options it was started with. There is one broker, so what is set for all
/// brokers and what is set for this one is the same.
/// </summary>
internal sealed class DynamicSettings
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

    private static readonly HashSet<string> TopicOnly = new(StringComparer.Ordinal)
    {
        "follower.replication.throttled.replicas", "leader.replication.throttled.replicas",
    };

    /// <summary>The settings that are not about topics.</summary>
    public static IReadOnlyList<TopicSetting> OwnSettings { get; } =
    [
        new("auto.create.topics.enable", "true", SettingType.Boolean, "Whether asking for a topic that does not exist creates it."),
        new("background.threads", "10", SettingType.Int, "No effect: there are no threads for background work alone.") { Min = 1, Max = 4096 },
        new("connections.max.idle.ms", "600000", SettingType.Long, "Silence after which a connection is closed, in milliseconds.") { Min = 1_000, Max = int.MaxValue },
        new("max.connections", "1000", SettingType.Int, "Open connections.") { Min = 1, Max = int.MaxValue },
        new("num.partitions", "1", SettingType.Int, "Partitions of a topic whose creator does not say.") { Min = 1, Max = int.MaxValue },
        new("sasl.kerberos.min.time.before.relogin", "60000", SettingType.Long, "No effect: there is no Kerberos.") { Min = 0 },
    ];

    private static readonly Dictionary<string, TopicSetting> ByName = TopicSettings.All
        .Where(setting => !TopicOnly.Contains(setting.Name)).Select(setting => setting with { Name = BrokerNameOf(setting.Name)! }).Concat(OwnSettings)
        .ToDictionary(setting => setting.Name, StringComparer.Ordinal);

    private static readonly Dictionary<string, string> TopicNames = TopicSettings.All
        .Where(setting => !TopicOnly.Contains(setting.Name)).ToDictionary(setting => BrokerNameOf(setting.Name)!, setting => setting.Name, StringComparer.Ordinal);

    private readonly BrokerOptions started;
    private State state;

    private DynamicSettings(BrokerOptions started, IReadOnlyDictionary<string, string> values)
    {
        this.started = started;
        state = Compute(started, values);
    }

    /// <summary>What clients set, by the broker's name of it.</summary>
    public IReadOnlyDictionary<string, string> Values => Volatile.Read(ref state).Values;

    /// <summary>What clients set for topics that do not say, by the topic's name of it.</summary>
    public IReadOnlyDictionary<string, string> TopicDefaults => Volatile.Read(ref state).TopicDefaults;

    /// <summary>Options in force.</summary>
    public BrokerOptions Options => Volatile.Read(ref state).Options;

    private string FilePath => FileIn(started.DataFolder);

    /// <exception cref="MeshException"><c>MESH7004</c>: the file is damaged.</exception>
    public static async ValueTask<DynamicSettings> OpenAsync(BrokerOptions started)
    {
        string path = FileIn(started.DataFolder);
        if (!File.Exists(path)) return new DynamicSettings(started, new Dictionary<string, string>());
        try
        {
            var values = JsonSerializer.Deserialize<Dictionary<string, string>>(await File.ReadAllBytesAsync(path).ConfigureAwait(false)) ?? throw new JsonException("empty");

            // What is not valid any more counts as not set.
            return new DynamicSettings(started, values.Where(pair => Validate(pair.Key, pair.Value, started) is null).ToDictionary(StringComparer.Ordinal));
        }
        catch (JsonException e)
        {
            throw new MeshException("MESH7004", $"{path} cannot be read: {e.Message} Restore it from a backup, or remove it to go back to the options that the broker is started with.", innerException: e);
        }
    }

    /// <summary>The broker's name of a topic setting; null when only topics have it.</summary>
    public static string? BrokerNameOf(string topicSetting) =>
        TopicOnly.Contains(topicSetting) ? null : BrokerNames.GetValueOrDefault(topicSetting) ?? $"log.{topicSetting}";

    /// <summary>A setting that can be changed; null when there is none of the name.</summary>
    public static TopicSetting? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>The first thing wrong with a change; null when nothing is.</summary>
    public string? Validate(IReadOnlyDictionary<string, string> values) =>
        values.Select(pair => Validate(pair.Key, pair.Value, started)).FirstOrDefault(static wrong => wrong is not null);

    /// <summary>The value in force of a setting that <see cref="Find"/> knows.</summary>
    public string ValueOf(TopicSetting setting) => Values.GetValueOrDefault(setting.Name) ?? StartedWith(setting.Name);

    /// <summary>The value that the options the broker was started with give a setting.</summary>
    public string StartedWith(string name) => name switch
    {
        "auto.create.topics.enable" => started.AutoCreateTopics ? "true" : "false",
        "connections.max.idle.ms" => Text((long)started.IdleTimeout.TotalMilliseconds),
        "max.connections" => Text(started.MaxConnections),
        "num.partitions" => Text(started.DefaultPartitions),
        _ => TopicNames.TryGetValue(name, out string? topicSetting) ? TopicSettings.DefaultOf(TopicSettings.Find(topicSetting)!, started) : ByName[name].Default,
    };

    /// <summary>The value of a topic that does not set it.</summary>
    public string DefaultOf(TopicSetting topicSetting) => TopicDefaults.GetValueOrDefault(topicSetting.Name) ?? TopicSettings.DefaultOf(topicSetting, started);

    /// <summary>Replaces all of them, durably.</summary>
    public async ValueTask ReplaceAsync(IReadOnlyDictionary<string, string> values)
    {
        await AtomicFile.WriteAsync(FilePath, JsonSerializer.SerializeToUtf8Bytes(values), CancellationToken.None).ConfigureAwait(false);
        Volatile.Write(ref state, Compute(started, values));
    }

    private static string FileIn(string folder) => Path.Combine(folder, "broker-settings.json");

    private static string? Validate(string name, string value, BrokerOptions started)
    {
        if (Find(name) is not { } setting)
        {
            return $"'{name}' cannot be changed while the broker runs. These can: {string.Join(", ", ByName.Keys.Order(StringComparer.Ordinal))}.";
        }

        if (TopicSettings.Validate(setting, value) is { } wrong) return wrong;
        return name == "message.max.bytes" && long.Parse(value, CultureInfo.InvariantCulture) > started.MaxMessageBytes
            ? $"message.max.bytes can only be lowered while the broker runs; it was started with {Text(started.MaxMessageBytes)}."
            : null;
    }

    private static State Compute(BrokerOptions started, IReadOnlyDictionary<string, string> values)
    {
        int Number(string name, int otherwise) => values.TryGetValue(name, out string? value) ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;
        var options = started with
        {
            AutoCreateTopics = values.TryGetValue("auto.create.topics.enable", out string? creates) ? creates == "true" : started.AutoCreateTopics,
            DefaultPartitions = Number("num.partitions", started.DefaultPartitions),
            MaxConnections = Number("max.connections", started.MaxConnections),
            IdleTimeout = values.ContainsKey("connections.max.idle.ms") ? TimeSpan.FromMilliseconds(Number("connections.max.idle.ms", 0)) : started.IdleTimeout,
        };
        var defaults = values.Where(pair => TopicNames.ContainsKey(pair.Key)).ToDictionary(pair => TopicNames[pair.Key], pair => pair.Value, StringComparer.Ordinal);
        return new State(values, defaults, options);
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private sealed record State(IReadOnlyDictionary<string, string> Values, IReadOnlyDictionary<string, string> TopicDefaults, BrokerOptions Options);
}
