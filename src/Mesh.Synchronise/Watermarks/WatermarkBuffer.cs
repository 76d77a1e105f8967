using Mesh.Model;
using Mesh.Synchronise.Matching;

namespace Mesh.Synchronise.Watermarks;

/// <summary>
/// Puts messages that arrive nearly in order into the order of their key (stamp, channel, sequence): what leaves is a function of the messages,
/// not of their order of arrival, as long as none lies further behind the latest stamp than the lateness allowed. Looks at stamps only, never
/// at a clock. Single-threaded; allocates nothing per message once it has grown.
/// </summary>
/// <remarks>
/// <para>
/// The watermark never falls. A message is put in when its stamp is not below it, and let go when its stamp is below it (strictly: equal stamps
/// may still come). One that comes too late goes to <see cref="IWatermarkSink{T}.Late"/>; nothing that has left is ever amended.
/// </para>
/// <para>Why it holds: a message leaves when its stamp is below (latest - lateness), and whatever comes after is not below that.</para>
/// </remarks>
/// <typeparam name="T">What is buffered.</typeparam>
public sealed class WatermarkBuffer<T>
{
    /// <summary>Bytes counted for a message beside its own.</summary>
    public const int MessageOverheadBytes = 48;

    private const int Confirmations = 3;
    private readonly IWatermarkSink<T> sink;
    private readonly long lateness;
    private readonly long[] channelLateness;
    private readonly long inactivity;
    private readonly long? maxAhead;
    private readonly long? segmentJump;
    private readonly long maxBytes;
    private readonly long[] latestOfChannel;
    private readonly KeyHeap<T> heap = new();
    private readonly List<KeyHeap<T>.Entry> ahead = new(Confirmations);
    private readonly List<KeyHeap<T>.Entry> behind = new(Confirmations);
    private long latest;
    private bool hasLatest;
    private bool completed;

    /// <exception cref="MeshException"><c>MESH3101</c> or <c>MESH3102</c>: channels or options out of range.</exception>
    public WatermarkBuffer(int channels, IWatermarkSink<T> sink, WatermarkOptions? options = null)
    {
        options ??= new WatermarkOptions();
        if (channels < 1) throw new MeshException("MESH3101", $"A watermark needs at least 1 channel, not {channels}.");
        OptionCheck.Range("LatenessNs", options.LatenessNs, 0, long.MaxValue);
        OptionCheck.Range("MaxBytes", options.MaxBytes, 0, long.MaxValue);
        OptionCheck.Range("MaxAheadNs", options.MaxAheadNs ?? 1, 1, long.MaxValue);
        OptionCheck.Range("SegmentJumpNs", options.SegmentJumpNs ?? 1, 1, long.MaxValue);
        if (options.ChannelLatenessNs.Count != 0 && options.ChannelLatenessNs.Count != channels)
        {
            throw OptionCheck.Wrong("ChannelLatenessNs", $"{options.ChannelLatenessNs.Count} values", $"none or one for each of the {channels} channels");
        }

        foreach (long each in options.ChannelLatenessNs)
        {
            OptionCheck.Range("ChannelLatenessNs", each, 0, long.MaxValue);
            OptionCheck.Range("InactivityNs", options.InactivityNs, each, long.MaxValue);
        }

        this.sink = sink;
        Channels = channels;
        lateness = options.LatenessNs;
        channelLateness = [.. options.ChannelLatenessNs];
        inactivity = options.InactivityNs;
        maxAhead = options.MaxAheadNs;
        segmentJump = options.SegmentJumpNs;
        maxBytes = options.MaxBytes;
        latestOfChannel = new long[channels];
        WatermarkNs = options.FloorNs;
        if (options.ResumeLatestNs is not { } resumed) return;
        hasLatest = true;
        latest = resumed;
        latestOfChannel.AsSpan().Fill(resumed);
        WatermarkNs = Math.Max(WatermarkNs, Candidate());
    }

    /// <summary>Latest stamp of what was put in; null at the start of a segment.</summary>
    public long? LatestNs => hasLatest ? latest : null;

    /// <summary>Number of channels; they are numbered from 0.</summary>
    public int Channels { get; }

    /// <summary>Everything with a smaller stamp has left; <see cref="WatermarkOptions.FloorNs"/> at the start, <see cref="long.MaxValue"/> when complete.</summary>
    public long WatermarkNs { get; private set; }

    /// <summary>Messages held.</summary>
    public int Count => heap.Count + ahead.Count + behind.Count;

    /// <summary>Bytes held, with <see cref="MessageOverheadBytes"/> per message.</summary>
    public long HeldBytes { get; private set; }

    /// <summary>Messages let go in order.</summary>
    public long ReleasedMessages { get; private set; }

    /// <summary>Messages that went to <see cref="IWatermarkSink{T}.Late"/>.</summary>
    public long LateMessages { get; private set; }

    /// <summary>Largest lateness among them, nanoseconds: what <see cref="WatermarkOptions.LatenessNs"/> would have had to be more.</summary>
    public long WorstLatenessNs { get; private set; }

    /// <summary>Messages let go before their time because <see cref="WatermarkOptions.MaxBytes"/> was reached.</summary>
    public long ForcedReleases { get; private set; }

    /// <summary>Takes the next message in order of arrival.</summary>
    /// <param name="channel">0-based channel.</param>
    /// <param name="stampNs">When it was measured, nanoseconds.</param>
    /// <param name="sequence">Its number within its channel at the source: orders equal stamps however they arrive.</param>
    /// <param name="item">The message.</param>
    /// <param name="bytes">Memory it holds.</param>
    public void Add(int channel, long stampNs, long sequence, T item, int bytes)
    {
        if ((uint)channel >= (uint)Channels) throw new ArgumentOutOfRangeException(nameof(channel), channel, $"The buffer has {Channels} channels.");
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (completed) throw new InvalidOperationException("The stream is complete; nothing can be added.");
        var entry = new KeyHeap<T>.Entry(stampNs, sequence, channel, bytes, item);
        if (hasLatest && StampMath.Subtract(stampNs, latest) > (maxAhead ?? long.MaxValue))
        {
            Suspect(ahead, entry, maxAhead!.Value);
        }
        else if (stampNs < WatermarkNs && StampMath.Subtract(WatermarkNs, stampNs) > (segmentJump ?? long.MaxValue))
        {
            Suspect(behind, entry, segmentJump!.Value);
        }
        else
        {
            Refute(ahead, channel);
            Refute(behind, channel);
            Admit(entry);
        }
    }

    /// <summary>End of the stream: what is held leaves in order. Unconfirmed outliers are late.</summary>
    public void Complete()
    {
        if (completed) return;
        completed = true;
        GiveUp(ahead);
        GiveUp(behind);
        ReleaseAll();
        WatermarkNs = long.MaxValue;
    }

    private void Suspect(List<KeyHeap<T>.Entry> suspects, KeyHeap<T>.Entry entry, long closeness)
    {
        // Those held agree with one another, so one comparison tells.
        if (suspects.Count > 0 && StampMath.Distance(suspects[^1].Stamp, entry.Stamp) > closeness) GiveUp(suspects);
        suspects.Add(entry);
        HeldBytes += Cost(entry);
        if (suspects.Count < Confirmations && suspects[0].Channel == entry.Channel) return;

        // All of them before the watermark moves, or it would make the earlier ones late.
        if (suspects == behind) StartSegment();
        foreach (var each in suspects)
        {
            HeldBytes -= Cost(each);
            Insert(each);
        }

        suspects.Clear();
        Settle();
    }

    private void StartSegment()
    {
        GiveUp(ahead);
        ReleaseAll();
        WatermarkNs = long.MinValue;
        hasLatest = false;
        sink.SegmentStarted();
    }

    private void Refute(List<KeyHeap<T>.Entry> suspects, int channel)
    {
        if (suspects.Count > 0 && suspects[0].Channel == channel) GiveUp(suspects);
    }

    private void GiveUp(List<KeyHeap<T>.Entry> suspects)
    {
        foreach (var entry in suspects)
        {
            HeldBytes -= Cost(entry);
            Reject(entry);
        }

        suspects.Clear();
    }

    private void Reject(KeyHeap<T>.Entry entry)
    {
        bool isBehind = entry.Stamp < WatermarkNs;
        long by = isBehind ? StampMath.Subtract(WatermarkNs, entry.Stamp) : 0;
        LateMessages++;
        WorstLatenessNs = Math.Max(WorstLatenessNs, by);
        sink.Late(entry.Channel, entry.Stamp, entry.Sequence, entry.Item, by, isBehind ? LateReason.BehindWatermark : LateReason.Outlier);
    }

    private void Admit(KeyHeap<T>.Entry entry)
    {
        if (entry.Stamp < WatermarkNs)
        {
            Reject(entry);
            return;
        }

        Insert(entry);
        Settle();
    }

    private void Insert(KeyHeap<T>.Entry entry)
    {
        heap.Push(entry);
        HeldBytes += Cost(entry);
        if (!hasLatest)
        {
            hasLatest = true;
            latest = entry.Stamp;
            latestOfChannel.AsSpan().Fill(entry.Stamp);
        }

        latest = Math.Max(latest, entry.Stamp);
        latestOfChannel[entry.Channel] = Math.Max(latestOfChannel[entry.Channel], entry.Stamp);
    }

    private void Settle()
    {
        WatermarkNs = Math.Max(WatermarkNs, Candidate());
        while (heap.Count > 0 && heap.Top.Stamp < WatermarkNs) ReleaseTop();
        while (heap.Count > 0 && HeldBytes > maxBytes)
        {
            // With all of its stamp, so that the watermark can rise past it and order still holds.
            long stamp = heap.Top.Stamp;
            for (; heap.Count > 0 && heap.Top.Stamp == stamp; ForcedReleases++) ReleaseTop();
            WatermarkNs = Math.Max(WatermarkNs, StampMath.Add(stamp, 1));
        }
    }

    private long Candidate()
    {
        if (channelLateness.Length == 0) return StampMath.Subtract(latest, lateness);
        long least = long.MaxValue;
        for (int c = 0; c < channelLateness.Length; c++)
        {
            if (StampMath.Subtract(latest, latestOfChannel[c]) > inactivity) continue;
            least = Math.Min(least, StampMath.Subtract(latestOfChannel[c], channelLateness[c]));
        }

        return least;
    }

    private void ReleaseAll()
    {
        while (heap.Count > 0) ReleaseTop();
    }

    private void ReleaseTop()
    {
        var entry = heap.Pop();
        HeldBytes -= Cost(entry);
        ReleasedMessages++;
        sink.Released(entry.Channel, entry.Stamp, entry.Sequence, entry.Item);
    }

    private static long Cost(in KeyHeap<T>.Entry entry) => (long)entry.Bytes + MessageOverheadBytes;
}
