using System.Collections.Frozen;
using System.Text;

namespace Mesh.Formats.Messages;

/// <summary>
/// Definitions of the standard ROS 2 messages, for bags that carry none (sqlite3 bags up to Humble): std_msgs, builtin_interfaces,
/// geometry_msgs, sensor_msgs, nav_msgs, tf2_msgs, diagnostic_msgs, visualization_msgs, trajectory_msgs, shape_msgs, stereo_msgs,
/// rosgraph_msgs, rcl_interfaces, lifecycle_msgs, statistics_msgs, action_msgs, actionlib_msgs, unique_identifier_msgs.
/// </summary>
/// <remarks>
/// As of Humble. The few messages that were laid out differently before (visualization_msgs/Marker) or since (sensor_msgs/Range) do not
/// decode from bags of those releases, which is reported message by message.
/// </remarks>
public static class StandardDefinitions
{
    private const string Separator = "================================================================================\n";

    private static readonly Lazy<FrozenDictionary<string, string>> Texts = new(Load);

    /// <summary>The types known, as <c>package/Name</c>.</summary>
    public static IReadOnlyCollection<string> TypeNames => Texts.Value.Keys;

    /// <summary>The definition of a type with those of all types it contains.</summary>
    /// <param name="typeName"><c>package/msg/Name</c> or <c>package/Name</c>.</param>
    /// <param name="ros2msgText">
    /// Schema of encoding <c>ros2msg</c>: the type's own definition, then each other's after a line of <c>=</c> and a line <c>MSG: package/Name</c>.
    /// </param>
    /// <returns>False when the type is not a standard one.</returns>
    public static bool TryGet(string typeName, out ReadOnlyMemory<byte> ros2msgText)
    {
        string name = Ros.RosMessageParser.ShortName(typeName);
        ros2msgText = default;
        if (!Texts.Value.TryGetValue(name, out string? own)) return false;
        var text = new StringBuilder(own);
        var seen = new HashSet<string> { name };
        var pending = new Queue<string>();
        pending.Enqueue(name);
        while (pending.TryDequeue(out string? next))
        {
            foreach (string dependency in Dependencies(next))
            {
                if (!seen.Add(dependency)) continue;
                text.Append(Separator).Append("MSG: ").Append(dependency).Append('\n').Append(Texts.Value[dependency]);
                pending.Enqueue(dependency);
            }
        }

        ros2msgText = Encoding.UTF8.GetBytes(text.ToString());
        return true;
    }

    private static IEnumerable<string> Dependencies(string name)
    {
        string package = name[..name.IndexOf('/', StringComparison.Ordinal)];
        foreach (string line in Texts.Value[name].Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string type = line[..line.AsSpan().IndexOfAny(" [<")];
            if (type.Contains('/', StringComparison.Ordinal)) yield return type;
            else if (Texts.Value.ContainsKey($"{package}/{type}")) yield return $"{package}/{type}";
        }
    }

    private static FrozenDictionary<string, string> Load()
    {
        using var stream = typeof(StandardDefinitions).Assembly.GetManifestResourceStream("Mesh.Formats.Messages.StandardDefinitions.txt")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var texts = new Dictionary<string, string>();
        // What stands before the first definition is the origin and licence.
        foreach (string section in reader.ReadToEnd().Split("\n== ").Skip(1))
        {
            int end = section.IndexOf('\n', StringComparison.Ordinal);
            if (end < 0) texts.Add(section, "");
            else texts.Add(section[..end], $"{section[(end + 1)..].TrimEnd('\n')}\n");
        }

        return texts.ToFrozenDictionary();
    }
}
