using System.Globalization;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Storage;

/// <summary>The settings topics may have: what is valid, and what they come to for a log.</summary>
internal static class TopicSettings
{
    private const string LongMax = "9223372036854775807";

    /// <summary>Upkeep comes no more often.</summary>
    private const long MinFlushMs = 30_000;

    /// <summary>Every known setting, by name.</summary>
    public static IReadOnlyList<TopicSetting> All { get; } =
    [
        new("cleanup.policy", "delete", SettingType.List, "Whether old segments are deleted (delete), only the last record of each key is kept (compact), or both.") { Values = ["delete", "compact"] },
        new("compression.type", "producer", SettingType.Text, "Compression of batches in the log: the producer's (producer), or the one named, into which others are compressed anew.") { Values = ["producer", .. RecordCompression.Names] },
        new("delete.retention.ms", "86400000", SettingType.Long, "How long a tombstone stays after it was first compacted, in milliseconds.") { Min = 0 },
        new("file.delete.delay.ms", "60000", SettingType.Long, "No effect: files go at once.") { Min = 0 },
        new("flush.messages", LongMax, SettingType.Long, "1 answers a producer only after its batch is on the disk; otherwise the broker's flush policy decides.") { Values = ["1", LongMax], Remark = "Appends are synchronised each or not at all." },
        new("flush.ms", LongMax, SettingType.Long, "Longest time until records that nobody waits for are on the disk, in milliseconds; looked after as often as retention.") { Min = MinFlushMs },
        new("follower.replication.throttled.replicas", "", SettingType.List, "No effect: there is one broker."),
        new("index.interval.bytes", "65536", SettingType.Int, "No effect: index entries lie 64 KiB apart.") { Min = 0, Max = int.MaxValue },
        new("leader.replication.throttled.replicas", "", SettingType.List, "No effect: there is one broker."),
        new("max.compaction.lag.ms", LongMax, SettingType.Long, "Longest time a record stays uncompacted, in milliseconds.") { Min = 1 },
        new("max.message.bytes", "16777216", SettingType.Int, "Largest batch accepted, in bytes; the broker's own limit holds too.") { Min = 0, Max = int.MaxValue },
        new("message.downconversion.enable", "true", SettingType.Boolean, "No effect: old record formats are never answered."),
        new("message.format.version", "3.0-IV1", SettingType.Text, "No effect: record batches are version 2."),
        new("message.timestamp.after.max.ms", LongMax, SettingType.Long, "How far a batch's timestamps may be ahead of the broker's clock, in milliseconds.") { Min = 0 },
        new("message.timestamp.before.max.ms", LongMax, SettingType.Long, "How far a batch's timestamps may be behind the broker's clock, in milliseconds.") { Min = 0 },
        new("message.timestamp.difference.max.ms", LongMax, SettingType.Long, "How far a batch's timestamps may be from the broker's clock in either direction, in milliseconds.") { Min = 0 },
        new("message.timestamp.type", "CreateTime", SettingType.Text, "Whether records carry the producer's time (CreateTime) or the time of the append (LogAppendTime).") { Values = ["CreateTime", "LogAppendTime"] },
        new("min.cleanable.dirty.ratio", "0.5", SettingType.Double, "Share of bytes not yet compacted at which compaction begins.") { Min = 0, Max = 1 },
        new("min.compaction.lag.ms", "0", SettingType.Long, "Age below which a record is not compacted, in milliseconds.") { Min = 0 },
        new("min.insync.replicas", "1", SettingType.Int, "No effect: the one replica is in sync.") { Min = 1, Max = int.MaxValue },
        new("preallocate", "false", SettingType.Boolean, "No effect: segment files grow as they are written."),
        new("retention.bytes", "-1", SettingType.Long, "Size of a partition beyond which its oldest segments go, in bytes; -1 for no limit.") { Min = -1 },
        new("retention.ms", "-1", SettingType.Long, "Age at which segments go, in milliseconds; -1 for no limit.") { Min = -1 },
        new("segment.bytes", "268435456", SettingType.Int, "Size at which a new segment begins, in bytes.") { Min = 1024, Max = int.MaxValue },
        new("segment.index.bytes", "10485760", SettingType.Int, "No effect: the index is as large as its segment needs.") { Min = 4, Max = int.MaxValue },
        new("segment.jitter.ms", "0", SettingType.Long, "No effect: segments roll at segment.ms.") { Min = 0 },
        new("segment.ms", "604800000", SettingType.Long, "Age at which a new segment begins, in milliseconds.") { Min = 1 },
        new("unclean.leader.election.enable", "false", SettingType.Boolean, "No effect: there is one broker."),
    ];

    private static readonly Dictionary<string, TopicSetting> ByName = All.ToDictionary(setting => setting.Name, StringComparer.Ordinal);

    /// <summary>The setting of a name; null when there is none.</summary>
    public static TopicSetting? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>The value of a topic that does not set it, on a broker with these options.</summary>
    public static string DefaultOf(TopicSetting setting, BrokerOptions options) => setting.Name switch
    {
        "max.message.bytes" => Text(options.MaxMessageBytes),
        "segment.bytes" => Text(options.SegmentBytes),
        "retention.ms" => options.Retention is { } age ? Text((long)age.TotalMilliseconds) : "-1",
        "retention.bytes" => Text(options.RetentionBytes ?? -1),
        "flush.messages" => options.Flush == FlushPolicy.Fsync ? "1" : setting.Default,
        _ => setting.Default,
    };

    /// <summary>Whether a value may be set; if not, a sentence that names the setting, what was given and what is expected.</summary>
    public static string? Validate(string key, string value)
    {
        return Find(key) is { } setting ? Validate(setting, value) : $"There is no topic setting '{key}'.";
    }

    /// <summary>Whether a setting may have a value; if not, a sentence that says what is expected.</summary>
    public static string? Validate(TopicSetting setting, string value)
    {
        string key = setting.Name;
        bool valid = setting.Type switch
        {
            SettingType.Boolean => value is "true" or "false",
            SettingType.Int or SettingType.Long => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) && number >= setting.Min && number <= setting.Max,
            SettingType.Double => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number >= setting.Min && number <= setting.Max,
            SettingType.List when setting.Values.Count > 0 => List(value) is { Length: > 0 } items && items.All(setting.Values.Contains),
            _ => true,
        };
        if (valid && setting.Values.Count > 0 && setting.Type != SettingType.List) valid = setting.Values.Contains(value);
        if (valid && key == "compression.type" && !RecordCompression.CanCompress(CodecOf(value) ?? 0))
        {
            return $"{key}={value} needs a library that this machine lacks: {(value == "lz4" ? "liblz4.so.1" : "libzstd.so.1")}. Install it and start the broker again, or choose gzip or snappy.";
        }

        if (valid) return null;

        string expected = setting switch
        {
            { Values.Count: > 0, Type: SettingType.List } => $"a list of {string.Join(", ", setting.Values)}",
            { Values.Count: > 0 } => string.Join(" or ", setting.Values),
            { Type: SettingType.Boolean } => "true or false",
            { Type: SettingType.Double } => Invariant($"a number from {setting.Min} to {setting.Max}"),
            { Type: SettingType.Int } => Invariant($"a whole number from {setting.Min:0} to {setting.Max:0}"),
            _ => Invariant($"a whole number of at least {setting.Min:0}"),
        };
        return $"'{value}' is no value for {key}; expected {expected}.{(setting.Remark is null ? "" : " " + setting.Remark)}";
    }

    /// <summary>The first thing wrong with a topic's settings; null when nothing is.</summary>
    public static string? Validate(IReadOnlyDictionary<string, string> settings)
    {
        foreach (var (key, value) in settings)
        {
            if (Validate(key, value) is { } error) return error;
        }

        return null;
    }

    /// <summary>How a topic's log behaves. Values that are not valid (any more) count as not set.</summary>
    public static LogSettings Apply(BrokerOptions options, TimeProvider time, IReadOnlyDictionary<string, string> settings)
    {
        string? Value(string key) => settings.TryGetValue(key, out string? value) && Validate(key, value) is null ? value : null;
        long Number(string key, long otherwise) => Value(key) is { } value ? long.Parse(value, CultureInfo.InvariantCulture) : otherwise;
        TimeSpan Span(string key, TimeSpan otherwise) => Value(key) is not null ? Milliseconds(Number(key, 0)) : otherwise;

        var defaults = new LogSettings();
        string[] policy = List(Value("cleanup.policy") ?? "delete");
        var difference = Span("message.timestamp.difference.max.ms", TimeSpan.MaxValue);
        long retention = Number("retention.ms", -1);
        long retentionBytes = Number("retention.bytes", -1);
        return new LogSettings
        {
            SegmentBytes = Number("segment.bytes", options.SegmentBytes),
            SegmentAge = Span("segment.ms", defaults.SegmentAge),
            Flush = Value("flush.messages") == "1" ? FlushPolicy.Fsync : options.Flush,
            Retention = Value("retention.ms") is null ? options.Retention : retention < 0 ? null : Milliseconds(retention),
            RetentionBytes = Value("retention.bytes") is null ? options.RetentionBytes : retentionBytes < 0 ? null : retentionBytes,
            MaxMessageBytes = (int)Math.Min(options.MaxMessageBytes, Number("max.message.bytes", options.MaxMessageBytes)),
            Delete = policy.Contains("delete"),
            Compact = policy.Contains("compact"),
            Codec = CodecOf(Value("compression.type") ?? "producer"),
            FlushInterval = Span("flush.ms", TimeSpan.MaxValue),
            LogAppendTime = Value("message.timestamp.type") == "LogAppendTime",
            MaxTimestampBehind = Min(difference, Span("message.timestamp.before.max.ms", TimeSpan.MaxValue)),
            MaxTimestampAhead = Min(difference, Span("message.timestamp.after.max.ms", TimeSpan.MaxValue)),
            MinCompactionLag = Span("min.compaction.lag.ms", defaults.MinCompactionLag),
            MaxCompactionLag = Span("max.compaction.lag.ms", defaults.MaxCompactionLag),
            DeleteRetention = Span("delete.retention.ms", defaults.DeleteRetention),
            MinDirtyRatio = Value("min.cleanable.dirty.ratio") is { } ratio ? double.Parse(ratio, CultureInfo.InvariantCulture) : defaults.MinDirtyRatio,
            ProducerExpiry = options.ProducerIdExpiration,
            Time = time,
        };
    }

    private static int? CodecOf(string value)
    {
        for (int codec = 0; codec < RecordCompression.Names.Count; codec++)
        {
            if (RecordCompression.Names[codec] == value) return codec;
        }

        return null;
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    /// <summary>Everything beyond a hundred thousand years is for ever.</summary>
    private static TimeSpan Milliseconds(long value) =>
        value > TimeSpan.MaxValue.TotalMilliseconds / 10 ? TimeSpan.MaxValue : TimeSpan.FromMilliseconds(value);

    private static string[] List(string value) => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
