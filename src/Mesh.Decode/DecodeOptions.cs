using Mesh.Formats;
using Mesh.Formats.Bus;
using Mesh.Formats.Messages;
using Mesh.Lakehouse.Iceberg;
using Mesh.Model;
using Mesh.Streaming.Ingest;
using Mesh.Streaming.Topologies;

namespace Mesh.Decode;

/// <summary>How recordings are decoded: the <c>decode</c> section of a topology, and limits.</summary>
public sealed record DecodeOptions
{
    /// <summary>Channels wanted: those that match at least one rule (default: empty, which means all).</summary>
    public IReadOnlyList<ChannelRule> Channels { get; init; } = [];

    /// <summary>Right schemas of channels that were recorded with wrong ones (default: none); the first that matches a channel counts.</summary>
    public IReadOnlyList<SchemaCorrection> Schemas { get; init; } = [];

    /// <summary>The only messages that are decoded; the others count as not selected (default: null, all that <see cref="Channels"/> select).</summary>
    public MessageSelection? Only { get; init; }

    /// <summary>What a changed message schema may do to its table (default: evolve). What is refused goes to a table of its own.</summary>
    public SchemaChangePolicy OnSchemaChange { get; init; } = SchemaChangePolicy.Evolve;

    /// <summary>What damage does to the upload (default: dead letters for the damaged messages only).</summary>
    public CorruptPolicy OnCorrupt { get; init; } = CorruptPolicy.DeadLetter;

    /// <summary>Whether the clocks of all selected channels are estimated (default: no).</summary>
    public ClockOptions Clock { get; init; } = new();

    /// <summary>Bytes of a batch (default: 4 MiB). A single message may exceed it and is then a batch of its own.</summary>
    public long BatchBytes { get; init; } = 4L << 20;

    /// <summary>Rows of a batch (default: 8192).</summary>
    public int BatchRows { get; init; } = 8192;

    /// <summary>Bytes that all open batches of a recording may hold together (default: 32 MiB); beyond it the largest is emitted early.</summary>
    public long MaxBufferedBytes { get; init; } = 32L << 20;

    /// <summary>
    /// Largest message, in bytes (<c>limits.maxMessage</c>, default: 128 MiB). A longer one is a dead letter that refers to the recording. Of MCAP files
    /// such messages are not even held; other formats hold up to <see cref="RecordingReaderOptions.MaxMessageBytes"/>.
    /// </summary>
    public long MaxMessageBytes { get; init; } = 128L << 20;

    /// <summary>Largest payload copied into a dead letter, in bytes (default: 64 KiB); larger ones are referred to in the recording.</summary>
    public int MaxLetterPayloadBytes { get; init; } = 64 << 10;

    /// <summary>
    /// Dead letters written one by one per channel (default: 1000). Further ones are counted in one letter per error code, with the first
    /// and last sequence, so that a recording of nothing but bad messages does not flood the log.
    /// </summary>
    public int MaxLettersPerChannel { get; init; } = 1000;

    /// <summary>
    /// How recordings are read: bus databases, limits. Decompresses on one thread ahead by default, within 32 MiB: recordings are worked on side by side.
    /// </summary>
    public RecordingReaderOptions Reader { get; init; } = new() { Parallelism = 2, MaxBufferedBytes = 32L << 20 };

    /// <summary>Limits of the message decoders.</summary>
    public MessageDecoderOptions Messages { get; init; } = new();

    /// <summary>Whether a channel of a vehicle's recording is wanted.</summary>
    public bool Selects(string schemaName, string topic, string vehicleId) => Channels.Count == 0 || RuleOf(schemaName, topic, vehicleId) is not null;

    /// <summary>What a changed schema of a channel may do to its table: what the first rule that means it says, else <see cref="OnSchemaChange"/>.</summary>
    public SchemaChangePolicy PolicyOf(string schemaName, string topic, string vehicleId) => RuleOf(schemaName, topic, vehicleId)?.OnSchemaChange ?? OnSchemaChange;

    /// <summary>A channel of a vehicle's recording with the schema it should have been recorded with.</summary>
    public RecordingChannel Correct(RecordingChannel channel, string vehicleId)
    {
        foreach (var correction in Schemas)
        {
            if (correction.Match.Matches(channel.Schema?.Name ?? "", channel.Topic, vehicleId)) return correction.Apply(channel);
        }

        return channel;
    }

    /// <summary>Reads the section; what is wrong is reported to the topology's errors.</summary>
    public static DecodeOptions Read(TopologyNode? section)
    {
        var options = new DecodeOptions();
        if (section is null) return options;

        section.AllowKeys("channels", "databases", "schemas", "onSchemaChange", "onCorrupt", "clock");
        return options with
        {
            Channels = [.. (section.Get("channels")?.Items ?? []).Select(ReadRule)],
            Reader = options.Reader with { Databases = [.. (section.Get("databases")?.Items ?? []).Select(ReadDatabase).OfType<BusDatabaseBinding>()] },
            Schemas = [.. (section.Get("schemas")?.Items ?? []).Select(SchemaCorrection.Read).OfType<SchemaCorrection>()],
            OnSchemaChange = section.GetChoice("onSchemaChange", options.OnSchemaChange),
            OnCorrupt = section.GetChoice("onCorrupt", options.OnCorrupt),
            Clock = ClockOptions.Read(section),
        };
    }

    private ChannelRule? RuleOf(string schemaName, string topic, string vehicleId)
    {
        foreach (var rule in Channels)
        {
            if (rule.Matches(schemaName, topic, vehicleId)) return rule;
        }

        return null;
    }

    private static BusDatabaseBinding? ReadDatabase(TopologyNode node)
    {
        node.AllowKeys("dbc", "channel");
        if (node.Get("dbc") is not { } file)
        {
            node.Report("A database needs 'dbc', the path of a DBC file, for example { dbc: databases/chassis.dbc, channel: 1 }.");
            return null;
        }

        string path = file.AsText();
        try
        {
            int? channel = node.Get("channel") is null ? null : (int)node.GetInteger("channel", 0);
            return new BusDatabaseBinding(BusDatabase.Parse(Path.GetFileName(path), File.ReadAllBytes(path)), channel);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or MeshException)
        {
            file.Report($"The database '{path}' cannot be used: {exception.Message}");
            return null;
        }
    }

    private static ChannelRule ReadRule(TopologyNode node)
    {
        node.AllowKeys("match", "blobs", "onSchemaChange");
        if (node.Get("match") is not { } match)
        {
            node.Report("A channel rule needs 'match' with 'schema', 'topic' or 'vehicle', for example { match: { schema: \"sensor_msgs/*\" } }.");
            return new ChannelRule(null, null);
        }

        match.AllowKeys("schema", "topic", "vehicle");
        var rule = new ChannelRule(match.Get("schema")?.AsText(), match.Get("topic")?.AsText())
        {
            Vehicle = match.Get("vehicle")?.AsText(),
            OnSchemaChange = node.Get("onSchemaChange") is null ? null : node.GetChoice("onSchemaChange", SchemaChangePolicy.Evolve),
        };
        if (rule is { Schema: null, Topic: null, Vehicle: null }) match.Report("'match' needs 'schema', 'topic' or 'vehicle'; leave 'channels' out to select every channel.");

        // Messages of a compressed chunk have no byte range of their own in the recording, so a reference could not be followed.
        string blobs = node.GetText("blobs", "inline");
        if (blobs == "reference") node.Get("blobs")!.Report("blobs: reference is not supported yet; write blobs: inline or leave it out.");
        else if (blobs != "inline") node.Get("blobs")!.Report($"'{blobs}' is not a way to store blobs; write inline.");
        return rule;
    }
}
