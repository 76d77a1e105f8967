namespace Mesh.Synchronise.Matching;

/// <summary>
/// Messages with equal stamps, as the Python <c>TimeSynchronizer</c> of ROS message_filters: unlike <see cref="ExactTimeMatcher"/> a set leaves
/// older messages where they are, and each channel has its own queue.
/// </summary>
public sealed class PythonExactMatcher : SetMatcher
{
    private readonly int queueSize;
    private readonly SortedList<long, long>[] queues;
    private readonly long[] set;

    /// <param name="channels">Number of channels.</param>
    /// <param name="sink">Receives the decisions.</param>
    /// <param name="queueSize">Messages kept per channel, at least 1; when there are more the one with the smallest stamp is dropped.</param>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH3101</c> or <c>MESH3102</c>: channels or queue size out of range.</exception>
    public PythonExactMatcher(int channels, IMatchSink sink, int queueSize = 100)
        : base(channels, sink)
    {
        OptionCheck.Range(nameof(queueSize), queueSize, 1, int.MaxValue);
        this.queueSize = queueSize;
        queues = new SortedList<long, long>[channels];
        for (int c = 0; c < channels; c++) queues[c] = [];
        set = new long[channels];
    }

    private protected override void Take(int channel, long stampNs, long arrivalNs, long message)
    {
        var queue = queues[channel];
        if (queue.TryGetValue(stampNs, out long replaced)) Sink.Dropped(channel, replaced, DropReason.Superseded);
        queue[stampNs] = message;
        if (queue.Count > queueSize)
        {
            long oldest = queue.GetValueAtIndex(0);
            queue.RemoveAt(0);
            Sink.Dropped(channel, oldest, DropReason.QueueOverflow);
        }

        // Stamps common to all channels leave at once, so only the newest can have become one.
        for (int c = 0; c < Channels; c++)
        {
            if (!queues[c].TryGetValue(stampNs, out set[c])) return;
        }

        foreach (var each in queues) each.Remove(stampNs);
        Sink.Matched(set);
    }

    private protected override void Finish()
    {
        for (int c = 0; c < Channels; c++)
        {
            foreach (long message in queues[c].Values) Sink.Dropped(c, message, DropReason.EndOfRecording);
            queues[c].Clear();
        }
    }
}
