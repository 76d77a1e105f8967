using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Mesh.Formats.Messages.Ros;

/// <summary>
/// Service events: rosbag2 records them under <c>package/srv/Name_Event</c> with the service's definition, request and response, as schema. The
/// event recorded is what rosidl derives from it: an info, then at most one request and at most one response.
/// </summary>
internal static class RosServices
{
    private const string EventSuffix = "_Event";

    /// <returns>False when the schema's name is not that of an event.</returns>
    public static bool TryParseEvent(string schemaName, ReadOnlySpan<byte> text, [NotNullWhen(true)] out RosDefinitions? definitions)
    {
        definitions = null;
        if (!schemaName.EndsWith(EventSuffix, StringComparison.Ordinal)) return false;
        string service = RosMessageParser.ShortName(schemaName[..^EventSuffix.Length]);
        string[] lines = Encoding.UTF8.GetString(text).Split('\n');
        int divider = Array.FindIndex(lines, line => line.Trim() == "---");
        // What the parts contain follows the response after the first separator, as it does for messages.
        string request = string.Join('\n', lines[..divider]);
        string response = string.Join('\n', lines[(divider + 1)..]);
        string schema = $"""
            service_msgs/ServiceEventInfo info
            {service}_Request[<=1] request
            {service}_Response[<=1] response
            ===
            MSG: service_msgs/ServiceEventInfo
            uint8 event_type
            builtin_interfaces/Time stamp
            char[16] client_gid
            int64 sequence_number
            ===
            MSG: {service}_Request
            {request}
            ===
            MSG: {service}_Response
            {response}
            """;
        definitions = RosMessageParser.Parse(schemaName, Encoding.UTF8.GetBytes(schema));
        return true;
    }
}
