namespace Mesh.Synchronise.Matching;

/// <summary>
/// The oldest messages of all channels if they lie within epsilon, as ROS 2 message_filters' <c>sync_policies::ApproximateEpsilonTime</c>
/// (6.0.6): greedy and immediate. What is too old for its partners is dropped, and all near the oldest with it, even when they would fit later ones.
/// </summary>
public sealed class ApproximateEpsilonTimeMatcher : SetMatcher
{
    private readonly long epsilon;
    private readonly int queueSize;
    private readonly StampQueue[] queues;
    private readonly long[] set;

    /// <param name="channels">Number of channels.</param>
    /// <param name="sink">Receives the decisions.</param>
    /// <param name="epsilonNs">Widest set, nanoseconds, 0 or above.</param>
    /// <param name="queueSize">Messages kept per channel while another channel has none, at least 1.</param>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH3101</c> or <c>MESH3102</c>: channels or options out of range.</exception>
    public ApproximateEpsilonTimeMatcher(int channels, IMatchSink sink, long epsilonNs, int queueSize = 100)
        : base(channels, sink)
    {
        OptionCheck.Range(nameof(epsilonNs), epsilonNs, 0, long.MaxValue);
        OptionCheck.Range(nameof(queueSize), queueSize, 1, int.MaxValue);
        epsilon = epsilonNs;
        this.queueSize = queueSize;
        queues = new StampQueue[channels];
        for (int c = 0; c < channels; c++) queues[c] = new StampQueue();
        set = new long[channels];
    }

    private protected override void Take(int channel, long stampNs, long arrivalNs, long message)
    {
        queues[channel].Append(stampNs, message);
        if (!TryOldest(out long oldest))
        {
            if (queues[channel].Count > queueSize) DropFirst(channel, DropReason.QueueOverflow);
            return;
        }

        do MatchOrDrop(StampMath.Add(oldest, epsilon));
        while (TryOldest(out oldest));
    }

    private protected override void Finish()
    {
        for (int c = 0; c < Channels; c++)
        {
            while (queues[c].Count > 0) DropFirst(c, DropReason.EndOfRecording);
        }
    }

    private void MatchOrDrop(long latestAllowed)
    {
        bool allFit = true;
        for (int c = 0; c < Channels; c++)
        {
            allFit &= queues[c][0].Stamp <= latestAllowed;
            set[c] = queues[c][0].Message;
        }

        for (int c = 0; c < Channels; c++)
        {
            if (allFit) queues[c].RemoveFirst();
            else if (queues[c][0].Stamp <= latestAllowed) DropFirst(c, DropReason.TooFarApart);
        }

        if (allFit) Sink.Matched(set);
    }

    /// <returns>False when a channel has no message.</returns>
    private bool TryOldest(out long oldest)
    {
        oldest = long.MaxValue;
        foreach (var queue in queues)
        {
            if (queue.Count == 0) return false;
            oldest = Math.Min(oldest, queue[0].Stamp);
        }

        return true;
    }

    private void DropFirst(int channel, DropReason reason)
    {
        long message = queues[channel][0].Message;
        queues[channel].RemoveFirst();
        Sink.Dropped(channel, message, reason);
    }
}
