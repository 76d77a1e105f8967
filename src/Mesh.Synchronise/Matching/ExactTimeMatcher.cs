namespace Mesh.Synchronise.Matching;

/// <summary>
/// Messages with equal stamps, as ROS message_filters' <c>sync_policies::ExactTime</c> (1.15.15): a complete set leaves at once and takes every
/// older incomplete one with it.
/// </summary>
/// <remarks>
/// A second message of a channel with the same stamp replaces the first, which is reported as <see cref="DropReason.Superseded"/>; the
/// reference forgets it silently. Its own drops are <see cref="DropReason.NoPartner"/> (older than a set) and
/// <see cref="DropReason.QueueOverflow"/>.
/// </remarks>
public sealed class ExactTimeMatcher : SetMatcher
{
    private const long None = -1;
    private readonly int queueSize;
    private readonly List<Row> rows = [];
    private readonly Stack<long[]> free = [];

    /// <param name="channels">Number of channels.</param>
    /// <param name="sink">Receives the decisions.</param>
    /// <param name="queueSize">Incomplete sets kept; when there are more the oldest is dropped. 0 keeps all.</param>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH3101</c> or <c>MESH3102</c>: channels or queue size out of range.</exception>
    public ExactTimeMatcher(int channels, IMatchSink sink, int queueSize = 100)
        : base(channels, sink)
    {
        OptionCheck.Range(nameof(queueSize), queueSize, 0, int.MaxValue);
        this.queueSize = queueSize;
    }

    private protected override void Take(int channel, long stampNs, long arrivalNs, long message)
    {
        int at = Find(stampNs);
        if (at < 0)
        {
            at = ~at;
            rows.Insert(at, new Row(stampNs, NewSlots()));
        }

        long[] slots = rows[at].Slots;
        if (slots[channel] != None) Sink.Dropped(channel, slots[channel], DropReason.Superseded);
        slots[channel] = message;
        if (!slots.AsSpan().Contains(None))
        {
            Sink.Matched(slots);
            free.Push(slots);
            for (int i = 0; i < at; i++) Drop(rows[i].Slots, DropReason.NoPartner);
            rows.RemoveRange(0, at + 1);
        }

        if (queueSize == 0 || rows.Count <= queueSize) return;
        int surplus = rows.Count - queueSize;
        for (int i = 0; i < surplus; i++) Drop(rows[i].Slots, DropReason.QueueOverflow);
        rows.RemoveRange(0, surplus);
    }

    private protected override void Finish()
    {
        foreach (var row in rows) Drop(row.Slots, DropReason.EndOfRecording);
        rows.Clear();
    }

    // From the end, where nearly every stamp goes.
    private int Find(long stamp)
    {
        if (rows.Count == 0 || rows[^1].Stamp < stamp) return ~rows.Count;
        int low = 0, high = rows.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            long there = rows[middle].Stamp;
            if (there == stamp) return middle;
            if (there < stamp) low = middle + 1;
            else high = middle - 1;
        }

        return ~low;
    }

    private long[] NewSlots()
    {
        if (!free.TryPop(out long[]? slots)) slots = new long[Channels];
        slots.AsSpan().Fill(None);
        return slots;
    }

    private void Drop(long[] slots, DropReason reason)
    {
        for (int c = 0; c < slots.Length; c++)
        {
            if (slots[c] != None) Sink.Dropped(c, slots[c], reason);
        }

        free.Push(slots);
    }

    private readonly record struct Row(long Stamp, long[] Slots);
}
