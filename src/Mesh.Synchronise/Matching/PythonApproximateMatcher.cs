namespace Mesh.Synchronise.Matching;

/// <summary>
/// The greedy <c>ApproximateTimeSynchronizer</c> of ROS message_filters (Python): the newest message takes from every other channel the nearest
/// that fit, at once, at most one set per message. Sets depend on the order of arrival and may cross.
/// </summary>
/// <remarks>
/// The reference tries every combination; here a member is only taken when the rest can still be completed, which finds the same first set
/// in polynomial time.
/// </remarks>
public sealed class PythonApproximateMatcher : SetMatcher
{
    private readonly long slop;
    private readonly int queueSize;

    // In order of insertion, as a Python dict; an equal stamp keeps its place.
    private readonly List<StampQueue.Entry>[] queues;
    private readonly List<StampQueue.Entry>[] near;
    private readonly StampQueue.Entry[] chosen;
    private readonly long[] set;

    /// <param name="channels">Number of channels.</param>
    /// <param name="sink">Receives the decisions.</param>
    /// <param name="slopNs">A set must be narrower than this, nanoseconds, 0 or above.</param>
    /// <param name="queueSize">Messages kept per channel, at least 1; when there are more the one with the smallest stamp is dropped.</param>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH3101</c> or <c>MESH3102</c>: channels or options out of range.</exception>
    public PythonApproximateMatcher(int channels, IMatchSink sink, long slopNs, int queueSize = 100)
        : base(channels, sink)
    {
        OptionCheck.Range(nameof(slopNs), slopNs, 0, long.MaxValue);
        OptionCheck.Range(nameof(queueSize), queueSize, 1, int.MaxValue);
        slop = slopNs;
        this.queueSize = queueSize;
        queues = new List<StampQueue.Entry>[channels];
        near = new List<StampQueue.Entry>[channels];
        for (int c = 0; c < channels; c++) (queues[c], near[c]) = ([], []);
        chosen = new StampQueue.Entry[channels];
        set = new long[channels];
    }

    private protected override void Take(int channel, long stampNs, long arrivalNs, long message)
    {
        Store(channel, stampNs, message);
        var queue = queues[channel];
        if (queue.Count > queueSize)
        {
            int oldest = 0;
            for (int i = 1; i < queue.Count; i++)
            {
                if (queue[i].Stamp < queue[oldest].Stamp) oldest = i;
            }

            var evicted = queue[oldest];
            queue.RemoveAt(oldest);
            Sink.Dropped(channel, evicted.Message, DropReason.QueueOverflow);
            if (evicted.Stamp == stampNs) return;
        }

        near[channel].Clear();
        near[channel].Add(new StampQueue.Entry(stampNs, message));
        for (int c = 0; c < Channels; c++)
        {
            if (c != channel && !FindNear(c, stampNs)) return;
        }

        if (TryChoose(stampNs)) Emit();
    }

    private protected override void Finish()
    {
        for (int c = 0; c < Channels; c++)
        {
            foreach (var entry in queues[c]) Sink.Dropped(c, entry.Message, DropReason.EndOfRecording);
            queues[c].Clear();
        }
    }

    private void Store(int channel, long stamp, long message)
    {
        var queue = queues[channel];
        for (int i = queue.Count - 1; i >= 0; i--)
        {
            if (queue[i].Stamp != stamp) continue;
            Sink.Dropped(channel, queue[i].Message, DropReason.Superseded);
            queue[i] = new StampQueue.Entry(stamp, message);
            return;
        }

        queue.Add(new StampQueue.Entry(stamp, message));
    }

    /// <summary>Lists a channel's messages within the slop, nearest first, ties in order of insertion.</summary>
    private bool FindNear(int channel, long stamp)
    {
        var found = near[channel];
        found.Clear();
        foreach (var entry in queues[channel])
        {
            if (StampMath.Distance(entry.Stamp, stamp) <= slop) found.Add(entry);
        }

        // Insertion sort: stable, and there are few.
        for (int i = 1; i < found.Count; i++)
        {
            var entry = found[i];
            long distance = StampMath.Distance(entry.Stamp, stamp);
            int at = i;
            for (; at > 0 && StampMath.Distance(found[at - 1].Stamp, stamp) > distance; at--) found[at] = found[at - 1];
            found[at] = entry;
        }

        return found.Count > 0;
    }

    /// <summary>First combination, the last channel varying fastest, that is narrower than the slop.</summary>
    private bool TryChoose(long stamp)
    {
        long earliest = stamp, latest = stamp;
        for (int c = 0; c < Channels; c++)
        {
            bool isFound = false;
            foreach (var entry in near[c])
            {
                long low = Math.Min(earliest, entry.Stamp), high = Math.Max(latest, entry.Stamp);
                if (!CanComplete(c + 1, low, high)) continue;
                (earliest, latest, chosen[c], isFound) = (low, high, entry, true);
                break;
            }

            if (!isFound) return false;
        }

        return true;
    }

    /// <summary>Whether channels from <paramref name="next"/> on have messages that with [low, high] stay narrower than the slop.</summary>
    private bool CanComplete(int next, long low, long high)
    {
        if (StampMath.Subtract(high, low) >= slop) return false;
        if (AllHave(next, high, low)) return true;

        // The set's earliest stamp is low or one of the candidates before it.
        for (int c = next; c < Channels; c++)
        {
            foreach (var entry in near[c])
            {
                if (entry.Stamp < low && AllHave(next, high, entry.Stamp)) return true;
            }
        }

        return false;
    }

    private bool AllHave(int next, long high, long earliest)
    {
        if (StampMath.Subtract(high, earliest) >= slop) return false;
        for (int c = next; c < Channels; c++)
        {
            bool isFound = false;
            foreach (var entry in near[c])
            {
                if (entry.Stamp < earliest || StampMath.Subtract(entry.Stamp, earliest) >= slop) continue;
                isFound = true;
                break;
            }

            if (!isFound) return false;
        }

        return true;
    }

    private void Emit()
    {
        for (int c = 0; c < Channels; c++)
        {
            set[c] = chosen[c].Message;
            queues[c].Remove(chosen[c]);
        }

        Sink.Matched(set);
    }
}
