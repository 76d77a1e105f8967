using System.Globalization;
using System.Text;
using Mesh.Model;
using YamlDotNet.Core;

namespace Mesh.Formats.Ros2Bag;

/// <summary>
/// What <c>metadata.yaml</c> says of a bag (rosbag2, versions 1 to 9). Whatever is missing stays at its default: versions differ by what they
/// add (3 compression, 4 offered_qos_profiles, 5 files, 6 custom_data, 7 type_description_hash, 8 ros_distro).
/// </summary>
internal sealed record BagMetadata
{
    public const string FileName = "metadata.yaml";
    public const string Damaged = "MESH10461";

    // Version 1 bags wrote this for bags without messages.
    private const long NoStart = long.MaxValue;
    private const long MaxBytes = 16 << 20;

    public int Version { get; init; }

    public string StorageIdentifier { get; init; } = "";

    public string CompressionFormat { get; init; } = "";

    /// <summary>Empty, <c>NONE</c>, <c>FILE</c> or <c>MESSAGE</c>, in upper case.</summary>
    public string CompressionMode { get; init; } = "";

    public long? MessageCount { get; init; }

    public ulong? StartTimeNs { get; init; }

    public ulong? EndTimeNs { get; init; }

    /// <summary>Names of the files in order, without folders: rosbag2 has prefixed the bag's name in some versions.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    public IReadOnlyList<(string Name, string Type, string Format, long Messages)> Topics { get; init; } = [];

    /// <summary>Messages of a single file, where the bag says (from version 5 on).</summary>
    public IReadOnlyDictionary<string, long> MessagesByFile { get; init; } = new Dictionary<string, long>();

    public IReadOnlyDictionary<string, string> CustomData { get; init; } = new Dictionary<string, string>();

    public string Distribution { get; init; } = "";

    /// <summary>Whether each message is compressed by itself.</summary>
    public bool IsMessageCompressed => CompressionMode == "MESSAGE" && CompressionFormat.Length > 0;

    /// <summary>Reads the file of a folder; null when there is none. A damaged one is a loss, and null.</summary>
    public static async ValueTask<BagMetadata?> ReadAsync(IRecordingFolder? folder, LossList losses, CancellationToken cancellationToken)
    {
        if (folder is null || await folder.TryOpenAsync(FileName, cancellationToken).ConfigureAwait(false) is not { } opened) return null;
        await using var source = opened;
        if (source.Length > MaxBytes)
        {
            losses.Add(Damaged, 0, source.Length, string.Create(CultureInfo.InvariantCulture, $"a {FileName} of at most {MaxBytes:N0} bytes"), string.Create(CultureInfo.InvariantCulture, $"{source.Length:N0}"));
            return null;
        }

        byte[] bytes = new byte[source.Length];
        int filled = await source.ReadAtAsync(0, bytes, cancellationToken).ConfigureAwait(false);
        try
        {
            if (TryParse(Encoding.UTF8.GetString(bytes, 0, filled)) is { } metadata) return metadata;
            losses.Add(Damaged, 0, filled, $"rosbag2_bagfile_information in {FileName}", "something else");
        }
        catch (YamlException exception)
        {
            losses.Add(Damaged, exception.Start.Index, filled - Math.Min(exception.Start.Index, filled), $"YAML in {FileName}", exception.Message);
        }

        return null;
    }

    /// <summary>Reads the text; null when it is not a bag's metadata.</summary>
    /// <exception cref="YamlException">It is not YAML.</exception>
    public static BagMetadata? TryParse(string yaml)
    {
        if (YamlTree.Parse(yaml) is not Dictionary<string, object?> root) return null;
        var bag = root.GetValueOrDefault("rosbag2_bagfile_information") as Dictionary<string, object?> ?? root;
        if (Text(bag, "version") is null && Text(bag, "storage_identifier") is null) return null;

        long? start = Integer(Mapping(bag, "starting_time"), "nanoseconds_since_epoch");
        long? duration = Integer(Mapping(bag, "duration"), "nanoseconds");
        bool hasStart = start is >= 0 and < NoStart;
        return new BagMetadata
        {
            Version = (int)Math.Clamp(Integer(bag, "version") ?? 0, 0, 1000),
            StorageIdentifier = Text(bag, "storage_identifier") ?? "",
            CompressionFormat = Text(bag, "compression_format") ?? "",
            CompressionMode = (Text(bag, "compression_mode") ?? "").ToUpperInvariant(),
            MessageCount = Integer(bag, "message_count"),
            StartTimeNs = hasStart ? (ulong)start!.Value : null,
            EndTimeNs = hasStart && duration is >= 0 ? (ulong)start!.Value + (ulong)duration.Value : null,
            Files = FilesOf(bag),
            Topics = TopicsOf(bag),
            MessagesByFile = MessagesByFileOf(bag),
            CustomData = Mapping(bag, "custom_data")?.Where(pair => pair.Value is string).ToDictionary(pair => pair.Key, pair => (string)pair.Value!) ?? [],
            Distribution = Text(bag, "ros_distro") ?? "",
        };
    }

    private static List<string> FilesOf(Dictionary<string, object?> bag)
    {
        var paths = (bag.GetValueOrDefault("relative_file_paths") as List<object?>)?.OfType<string>().ToList() ?? [];
        if (paths.Count == 0) paths = [.. Sequence(bag, "files").Select(file => Text(file, "path")).OfType<string>()];
        return [.. paths.Select(Ros2BagReader.FileNameOf).Where(name => name.Length > 0 && name != "." && name != "..").Distinct()];
    }

    private static List<(string Name, string Type, string Format, long Messages)> TopicsOf(Dictionary<string, object?> bag)
    {
        List<(string, string, string, long)> topics = [];
        foreach (var entry in Sequence(bag, "topics_with_message_count"))
        {
            var topic = Mapping(entry, "topic_metadata");
            if (topic is not null && Text(topic, "name") is { } name) topics.Add((name, Text(topic, "type") ?? "", Text(topic, "serialization_format") ?? "", Integer(entry, "message_count") ?? 0));
        }

        return topics;
    }

    private static Dictionary<string, long> MessagesByFileOf(Dictionary<string, object?> bag)
    {
        Dictionary<string, long> messages = [];
        foreach (var file in Sequence(bag, "files"))
        {
            if (Text(file, "path") is { } path && Integer(file, "message_count") is { } count) messages[Ros2BagReader.FileNameOf(path)] = count;
        }

        return messages;
    }

    private static IEnumerable<Dictionary<string, object?>> Sequence(Dictionary<string, object?> mapping, string key) =>
        (mapping.GetValueOrDefault(key) as List<object?>)?.OfType<Dictionary<string, object?>>() ?? [];

    private static Dictionary<string, object?>? Mapping(Dictionary<string, object?> mapping, string key) => mapping.GetValueOrDefault(key) as Dictionary<string, object?>;

    private static string? Text(Dictionary<string, object?>? mapping, string key) => mapping?.GetValueOrDefault(key) as string;

    private static long? Integer(Dictionary<string, object?>? mapping, string key) =>
        long.TryParse(Text(mapping, key), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : null;
}
