using Mesh.Model;

namespace Mesh.Synchronise.Matching;

/// <summary>
/// The adaptive algorithm of ROS message_filters' <c>sync_policies::ApproximateTime</c>: the same sets at the same calls as ROS 1 (C++,
/// release 1.15.15) or, with <see cref="ApproximateTimeArithmetic.Ros2"/>, ROS 2. A set leaves only once no later set around its pivot can
/// be better. Allocates nothing per message once the queues have grown.
/// </summary>
/// <remarks>
/// The references have no drop callback; here the message is reported when the reference would forget it. Stamps of a channel should not
/// decrease. The reference's range is 0 to 2^32 s for stamps and 2^31 s for durations; beyond it results saturate.
/// </remarks>
public sealed class ApproximateTimeMatcher : SetMatcher
{
    private const int None = -1;
    private readonly int queueSize;
    private readonly long maxInterval;
    private readonly bool flushAtEnd;
    private readonly AgeFactor age;
    private readonly long[] lowerBounds;
    private readonly StampQueue[] buffers;

    // Messages of a channel before its head are hidden: a search has moved past them, but may still bring them back.
    private readonly int[] heads;
    private readonly int[] savedHeads;
    private readonly bool[] hasDropped;
    private readonly long[] set;
    private int waiting;
    private int pivot = None;
    private long pivotTime;
    private long candidateStart;
    private long candidateEnd;

    /// <exception cref="MeshException"><c>MESH3101</c> or <c>MESH3102</c>: channels or options out of range.</exception>
    public ApproximateTimeMatcher(int channels, IMatchSink sink, ApproximateTimeOptions? options = null)
        : base(channels, sink)
    {
        options ??= new ApproximateTimeOptions();
        OptionCheck.Range("QueueSize", options.QueueSize, 1, int.MaxValue);
        OptionCheck.Range("MaxIntervalNs", options.MaxIntervalNs, 0, long.MaxValue);
        if (options.AgePenalty is not (>= 0 and <= 1_000_000)) throw OptionCheck.Wrong("AgePenalty", options.AgePenalty, "0 to 1000000");
        if (options.LowerBoundsNs.Count != 0 && options.LowerBoundsNs.Count != channels)
        {
            throw OptionCheck.Wrong("LowerBoundsNs", $"{options.LowerBoundsNs.Count} values", $"none or one for each of the {channels} channels");
        }

        foreach (long bound in options.LowerBoundsNs) OptionCheck.Range("LowerBoundsNs", bound, 0, long.MaxValue);
        queueSize = options.QueueSize;
        maxInterval = options.MaxIntervalNs;
        flushAtEnd = options.FlushAtEnd;
        age = new AgeFactor(options.AgePenalty, options.Arithmetic);
        lowerBounds = options.LowerBoundsNs.Count == 0 ? new long[channels] : [.. options.LowerBoundsNs];
        buffers = new StampQueue[channels];
        for (int c = 0; c < channels; c++) buffers[c] = new StampQueue();
        heads = new int[channels];
        savedHeads = new int[channels];
        hasDropped = new bool[channels];
        set = new long[channels];
    }

    private bool AllWaiting => waiting == Channels;

    private protected override void Take(int channel, long stampNs, long arrivalNs, long message)
    {
        var buffer = buffers[channel];
        bool wasEmpty = heads[channel] == buffer.Count;
        buffer.Append(stampNs, message);
        if (wasEmpty && ++waiting == Channels) Process();
        if (buffer.Count <= queueSize) return;

        Unhide();
        DropFirst(channel, DropReason.QueueOverflow);
        hasDropped[channel] = true;
        if (pivot == None) return;
        pivot = None;
        Process();
    }

    private protected override void Finish()
    {
        while (flushAtEnd && pivot != None)
        {
            Publish();
            Process();
        }

        for (int c = 0; c < Channels; c++)
        {
            while (buffers[c].Count > 0) DropFirst(c, DropReason.EndOfRecording);
        }
    }

    private void Process()
    {
        while (AllWaiting)
        {
            FindBoundaries(out int endChannel, out long end, out int startChannel, out long start);
            for (int c = 0; c < Channels; c++) hasDropped[c] &= c == endChannel;
            if (pivot == None)
            {
                // Nothing is hidden here, so the head is the channel's oldest message.
                bool tooWide = StampMath.Subtract(end, start) > maxInterval;
                if (tooWide || hasDropped[endChannel])
                {
                    DropFirst(startChannel, tooWide ? DropReason.TooFarApart : DropReason.PartnerLost);
                    if (buffers[startChannel].Count == 0) waiting--;
                    continue;
                }

                MakeCandidate(start, end);
                pivot = endChannel;
                pivotTime = end;
            }
            else if (age.Times(StampMath.Subtract(end, candidateEnd)) < StampMath.Subtract(start, candidateStart))
            {
                MakeCandidate(start, end);
            }

            Hide(startChannel);
            if (startChannel == pivot || CannotImprove(end)) Publish();
            else if (!AllWaiting) SearchAhead();
        }
    }

    /// <summary>Looks at messages that have not come yet, each at the earliest time it can have, for a set that could still win.</summary>
    private void SearchAhead()
    {
        heads.CopyTo(savedHeads, 0);
        int savedWaiting = waiting;
        while (true)
        {
            FindVirtualBoundaries(out long end, out int startChannel, out long start);
            if (CannotImprove(end))
            {
                Publish();
                return;
            }

            if (age.Times(StampMath.Subtract(end, candidateEnd)) < StampMath.Subtract(start, candidateStart))
            {
                savedHeads.CopyTo(heads, 0);
                waiting = savedWaiting;
                return;
            }

            Hide(startChannel);
        }
    }

    private bool CannotImprove(long end) =>
        age.Times(StampMath.Subtract(end, candidateEnd)) >= StampMath.Subtract(pivotTime, candidateStart);

    // Ties: the earliest goes to the lowest channel, the latest to the highest.
    private void FindBoundaries(out int endChannel, out long end, out int startChannel, out long start)
    {
        endChannel = startChannel = 0;
        end = start = buffers[0][heads[0]].Stamp;
        for (int c = 1; c < Channels; c++)
        {
            long stamp = buffers[c][heads[c]].Stamp;
            if (stamp >= end) (end, endChannel) = (stamp, c);
            if (stamp < start) (start, startChannel) = (stamp, c);
        }
    }

    private void FindVirtualBoundaries(out long end, out int startChannel, out long start)
    {
        startChannel = 0;
        end = start = VirtualHead(0);
        for (int c = 1; c < Channels; c++)
        {
            long stamp = VirtualHead(c);
            if (stamp >= end) end = stamp;
            if (stamp < start) (start, startChannel) = (stamp, c);
        }
    }

    // With a candidate no buffer is empty: it holds at least the candidate's message.
    private long VirtualHead(int channel)
    {
        var buffer = buffers[channel];
        return heads[channel] < buffer.Count
            ? buffer[heads[channel]].Stamp
            : Math.Max(StampMath.Add(buffer[buffer.Count - 1].Stamp, lowerBounds[channel]), pivotTime);
    }

    private void Hide(int channel)
    {
        if (++heads[channel] == buffers[channel].Count) waiting--;
    }

    private void Unhide()
    {
        waiting = 0;
        for (int c = 0; c < Channels; c++)
        {
            heads[c] = 0;
            if (buffers[c].Count > 0) waiting++;
        }
    }

    private void MakeCandidate(long start, long end)
    {
        (candidateStart, candidateEnd) = (start, end);
        for (int c = 0; c < Channels; c++)
        {
            for (; heads[c] > 0; heads[c]--) DropFirst(c, DropReason.Superseded);
        }
    }

    private void Publish()
    {
        for (int c = 0; c < Channels; c++)
        {
            set[c] = buffers[c][0].Message;
            buffers[c].RemoveFirst();
        }

        pivot = None;
        Unhide();
        Sink.Matched(set);
    }

    private void DropFirst(int channel, DropReason reason)
    {
        long message = buffers[channel][0].Message;
        buffers[channel].RemoveFirst();
        Sink.Dropped(channel, message, reason);
    }
}
