using Mesh.Formats.Bus.Frames;
using Mesh.Formats.Bus.J1939;

namespace Mesh.Formats.Bus;

/// <summary>
/// Finds the message of a frame's identifier among the databases of one bus channel. The database named first wins; within a database the
/// message named last, as in other tools.
/// </summary>
internal sealed class BusMessageIndex
{
    private const int StandardIds = 0x800;
    private readonly int[] standard = new int[StandardIds];
    private readonly Dictionary<uint, int> extended = [];
    private readonly Dictionary<int, int> groups = [];
    private readonly List<BusMessage> messages = [];
    private readonly List<int> outer = [];

    public BusMessageIndex(IReadOnlyList<BusDatabaseBinding> bindings, int channel)
    {
        Array.Fill(standard, -1);
        foreach (var binding in bindings)
        {
            if (binding.Channel is { } number && number != channel) continue;
            var all = binding.Database.Messages;
            for (int i = all.Count - 1; i >= 0; i--) Add(all[i]);
        }
    }

    public bool IsEmpty => messages.Count == 0;

    public bool HasGroups => groups.Count > 0;

    public BusMessage this[int index] => messages[index];

    /// <summary>Index of the message that an identifier (bit 31 set in the extended format) is of; -1 when none is known.</summary>
    public int Find(uint id)
    {
        if ((id & CanFrame.ExtendedFlag) == 0) return id < StandardIds ? standard[id] : -1;
        if (extended.TryGetValue(id, out int index)) return index;
        return groups.Count > 0 && groups.TryGetValue(J1939Id.ParameterGroup(id), out index) ? index : -1;
    }

    public int FindGroup(int parameterGroup) => groups.GetValueOrDefault(parameterGroup, -1);

    /// <summary>Position of a message's recording channel; made when first asked for.</summary>
    public int ChannelOf(int index, int busChannel, BusChannels channels)
    {
        if (outer[index] < 0)
        {
            var message = messages[index];
            string topic = $"{BusFrameSchemas.TopicOf(BusKind.Can, busChannel)}/{message.Name}";
            var metadata = new Dictionary<string, string>
            {
                ["bus_channel"] = busChannel.ToString(System.Globalization.CultureInfo.InvariantCulture),
                ["can_id"] = "0x" + message.Id.ToString(message.IsExtended ? "X8" : "X3", System.Globalization.CultureInfo.InvariantCulture),
            };
            outer[index] = channels.Add(topic, message.IsJ1939 ? BusSchemas.J1939 : BusSchemas.Can, BusSchemas.SchemaOf(message), metadata);
        }

        return outer[index];
    }

    private void Add(BusMessage message)
    {
        int index = messages.Count;
        bool isNew;
        if (message.IsJ1939) isNew = groups.TryAdd(message.ParameterGroup, index);
        else if (message.IsExtended) isNew = extended.TryAdd(message.Key, index);
        else
        {
            isNew = message.Id < StandardIds && standard[message.Id] < 0;
            if (isNew) standard[message.Id] = index;
        }

        if (!isNew) return;
        messages.Add(message);
        outer.Add(-1);
    }
}
