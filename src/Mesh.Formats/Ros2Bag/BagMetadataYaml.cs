using System.Globalization;
using System.Text;

namespace Mesh.Formats.Ros2Bag;

/// <summary>Collects what <c>metadata.yaml</c> says of a bag being written, and writes it as rosbag2 of ROS Iron does (version 7).</summary>
internal sealed class BagMetadataYaml(string fileName)
{
    public const int Version = 7;

    private readonly List<(string Name, string Type, string Qos, string Hash, long Messages)> topics = [];
    private ulong start = long.MaxValue;
    private ulong end;
    private long messages;

    public string FileName => fileName;

    public SortedDictionary<string, string> CustomData { get; } = new(StringComparer.Ordinal);

    public int IndexOf(string topic) => topics.FindIndex(known => known.Name == topic);

    public string TypeOf(int topic) => topics[topic].Type;

    public string TopicOf(int topic) => topics[topic].Name;

    public int AddTopic(string name, string type, string qos, string hash)
    {
        topics.Add((name, type, qos, hash, 0));
        return topics.Count - 1;
    }

    public void Count(int topic, ulong timeNs)
    {
        topics[topic] = topics[topic] with { Messages = topics[topic].Messages + 1 };
        messages++;
        start = Math.Min(start, timeNs);
        end = Math.Max(end, timeNs);
    }

    /// <summary>The text.</summary>
    /// <param name="indent">What stands before each line.</param>
    public string ToYaml(string indent)
    {
        ulong duration = messages == 0 ? 0 : end - start;
        var text = new StringBuilder();
        Line($"version: {Version}");
        Line("storage_identifier: sqlite3");
        Line("duration:");
        Line($"  nanoseconds: {duration}");
        Line("starting_time:");
        Line($"  nanoseconds_since_epoch: {start}");
        Line($"message_count: {messages}");
        Line("topics_with_message_count:");
        if (topics.Count == 0) Line("  []");
        foreach (var topic in topics)
        {
            Line("  - topic_metadata:");
            Line($"      name: {Quote(topic.Name)}");
            Line($"      type: {Quote(topic.Type)}");
            Line("      serialization_format: cdr");
            Line($"      offered_qos_profiles: {Quote(topic.Qos)}");
            Line($"      type_description_hash: {Quote(topic.Hash)}");
            Line($"    message_count: {topic.Messages}");
        }

        Line("compression_format: \"\"");
        Line("compression_mode: \"\"");
        Line("relative_file_paths:");
        Line($"  - {Quote(fileName)}");
        Line("files:");
        Line($"  - path: {Quote(fileName)}");
        Line("    starting_time:");
        Line($"      nanoseconds_since_epoch: {start}");
        Line("    duration:");
        Line($"      nanoseconds: {duration}");
        Line($"    message_count: {messages}");
        Line(CustomData.Count == 0 ? "custom_data: ~" : "custom_data:");
        foreach (var (key, value) in CustomData) Line($"  {Quote(key)}: {Quote(value)}");
        return text.ToString();

        void Line(string line) => text.Append(indent).Append(line).Append('\n');
    }

    // A double-quoted scalar (YAML 1.2, 7.3.1); names that no reader takes for anything else stay plain, as yaml-cpp writes them.
    private static string Quote(string value)
    {
        bool isPlain = value.Length > 1 && (char.IsAsciiLetter(value[0]) || value[0] == '/') && value.Contains('/', StringComparison.Ordinal)
            && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_');
        if (isPlain) return value;
        var text = new StringBuilder("\"");
        foreach (char c in value)
        {
            switch (c)
            {
                case '"' or '\\':
                    text.Append('\\').Append(c);
                    break;
                case '\n':
                    text.Append("\\n");
                    break;
                case < ' ' or (>= '\x7F' and < '\xA0') or '\uFEFF' or '\u2028' or '\u2029':
                    text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                    break;
                default:
                    text.Append(c);
                    break;
            }
        }

        return text.Append('"').ToString();
    }
}
