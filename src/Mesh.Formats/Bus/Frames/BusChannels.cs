using System.Globalization;

namespace Mesh.Formats.Bus.Frames;

/// <summary>The channels that a reader of bus traffic shows: one per bus and its number, and others it adds.</summary>
internal sealed class BusChannels(RecordingQuery query)
{
    private const int Direct = 64;
    private static readonly IReadOnlyDictionary<string, string> NoMetadata = new Dictionary<string, string>();
    private readonly List<RecordingChannel> channels = [];
    private readonly List<bool> wanted = [];
    private readonly int[] direct = NewDirect();
    private readonly Dictionary<int, int> others = [];

    public IReadOnlyList<RecordingChannel> List => channels;

    public bool IsWanted(int index) => wanted[index];

    /// <summary>Index of the channel of a bus.</summary>
    public int IndexOf(BusKind kind, int number)
    {
        if ((uint)number < Direct)
        {
            ref int index = ref direct[((int)kind * Direct) + number];
            if (index < 0) index = AddBus(kind, number);
            return index;
        }

        int key = ((int)kind << 16) | (number & 0xffff);
        if (!others.TryGetValue(key, out int other)) others[key] = other = AddBus(kind, number & 0xffff);
        return other;
    }

    public int Add(string topic, string messageEncoding, MessageSchema? schema, IReadOnlyDictionary<string, string>? metadata = null)
    {
        channels.Add(new RecordingChannel(channels.Count, topic, messageEncoding, schema, metadata ?? NoMetadata));
        wanted.Add(query.Selects(topic));
        return channels.Count - 1;
    }

    private int AddBus(BusKind kind, int number) => Add(
        BusFrameSchemas.TopicOf(kind, number), BusFrameSchemas.Encoding, BusFrameSchemas.Of(kind),
        new Dictionary<string, string> { ["bus_channel"] = number.ToString(CultureInfo.InvariantCulture) });

    private static int[] NewDirect()
    {
        int[] table = new int[4 * Direct];
        Array.Fill(table, -1);
        return table;
    }
}
