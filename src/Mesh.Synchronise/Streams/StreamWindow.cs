using Mesh.Columnar;
using Mesh.Synchronise.Watermarks;

namespace Mesh.Synchronise.Streams;

/// <summary>
/// The frames of one vehicle of a live stream: messages in, in the order of the log; frames out once the watermark has passed what could still change
/// them. Not thread-safe.
/// </summary>
/// <remarks>
/// The watermark is the latest stamp of the group's channels less the lateness; it never falls. A message whose stamp lies before it is late: it is
/// counted and in no frame. A frame at t is decided once the watermark is later than t and, for every input, than t plus the farthest that its limits
/// reach ahead (nearest: tolerance, next: maxAge, linear: maxGap, previous: nothing). Frames look no farther than these limits, so that a sample is let
/// go of once it lies farther back than any frame to come can reach. So the frames are a function of the messages, whatever their order within the
/// lateness, and of the log alone, however it is cut into batches: a window made again from <see cref="State"/> and the log goes on with the next frame.
/// What is no function of the log, the end of an idle vehicle or of one there is no memory for, ends the stream (<see cref="End"/>): what is
/// there becomes frames, nothing is kept, and the state says that the stream begins anew with the next message.
/// </remarks>
public sealed partial class StreamWindow : IWatermarkSink<StreamWindow.Held>
{
    private const int FarBehindInRow = 100;
    private const int MaxBatchRows = 8192;

    private readonly StreamGroup group;
    private readonly string recordingId;
    private readonly string vehicleId;
    private readonly List<StreamSample>[] released;
    private readonly Queue<StreamSample> queue = [];
    private readonly List<RecordBatch> frames = [];
    private readonly List<StreamLate> late = [];
    private WatermarkBuffer<Held> buffer;
    private long releasedBytes;
    private long nextOffset;
    private long floorNs;
    private long firstNs;
    private long decidedNs;
    private int farBehind;

    internal StreamWindow(StreamGroup group, string recordingId, string vehicleId, StreamState state)
    {
        this.group = group;
        this.recordingId = recordingId;
        this.vehicleId = vehicleId;
        released = new List<StreamSample>[group.ChannelCount];
        for (int i = 0; i < released.Length; i++) released[i] = [];
        (nextOffset, floorNs, firstNs, decidedNs) = (state.FromOffset, state.FloorNs, state.FirstNs, state.DecidedNs);
        buffer = NewBuffer(state.LatestNs);
    }

    /// <summary>Where it is.</summary>
    public StreamState State => queue.TryPeek(out var first)
        ? new StreamState(first.Offset, true, first.LatestBefore, floorNs, firstNs, decidedNs)
        : new StreamState(nextOffset, false, buffer.LatestNs, floorNs, firstNs, decidedNs);

    /// <summary>Bytes of the messages it holds.</summary>
    public long HeldBytes => buffer.HeldBytes + releasedBytes;

    /// <summary>Takes messages, in any order among the channels, all of them later in the log than those taken before.</summary>
    /// <param name="batches">The messages.</param>
    /// <param name="next">Offset behind them.</param>
    public void Add(IReadOnlyList<StreamRows> batches, long next)
    {
        var arrivals = new List<(long Offset, long Sequence, int Channel, int Bytes, RowBlock Block, int Row)>();
        foreach (var (rows, offsets) in batches)
        {
            var block = group.BlockOf(rows);
            int channel = group.IndexOf(rows.Channel);
            int bytes = (int)(block.EstimatedBytes / Math.Max(1, block.Length));
            for (int row = 0; row < block.Length; row++) arrivals.Add((offsets[row], block.Sequences.Span[row], channel, bytes, block, row));
        }

        arrivals.Sort((one, other) => one.Offset != other.Offset ? one.Offset.CompareTo(other.Offset) : one.Sequence != other.Sequence ? one.Sequence.CompareTo(other.Sequence) : one.Channel.CompareTo(other.Channel));
        foreach (var (offset, sequence, channel, bytes, block, row) in arrivals)
        {
            var sample = new StreamSample(offset, channel, new RowRef(block.Times.Span[row], sequence, block, row), buffer.LatestNs);
            queue.Enqueue(sample);
            nextOffset = offset + 1;
            buffer.Add(channel, sample.Row.Time, sequence, new Held(sample, bytes + WatermarkBuffer<Held>.MessageOverheadBytes), bytes);
            if (!sample.IsDone) farBehind = 0;
            else if (farBehind >= FarBehindInRow) BeginAnew();
        }

        nextOffset = Math.Max(nextOffset, next);
    }

    /// <summary>The frames that are decided.</summary>
    public IReadOnlyList<RecordBatch> Take()
    {
        Decide(buffer.WatermarkNs, isEnd: false);
        return TakeFrames();
    }

    /// <summary>Ends the stream as a recording ends: what is there becomes frames, and later messages begin a new one.</summary>
    public IReadOnlyList<RecordBatch> End()
    {
        EndStream();
        return TakeFrames();
    }

    /// <summary>Messages that came too late for frames since this was last asked.</summary>
    public IReadOnlyList<StreamLate> TakeLate()
    {
        StreamLate[] taken = [.. late];
        late.Clear();
        return taken;
    }

    void IWatermarkSink<Held>.Released(int channel, long stampNs, long sequence, Held item)
    {
        item.Sample.Bytes = item.Bytes;
        releasedBytes += item.Bytes;
        released[channel].Add(item.Sample);
        foreach (var input in group.Inputs)
        {
            if (input.Channel == channel) firstNs = Math.Min(firstNs, Nanoseconds.Add(stampNs, input.LatencyNs));
        }
    }

    void IWatermarkSink<Held>.Late(int channel, long stampNs, long sequence, Held item, long latenessNs, LateReason reason)
    {
        item.Sample.IsDone = true;
        farBehind = latenessNs > group.Stream.MaxJumpNs ? farBehind + 1 : 0;
        late.Add(new StreamLate(group.Options.Channels.ElementAt(channel), item.Sample.Offset, latenessNs, reason));
    }

    void IWatermarkSink<Held>.SegmentStarted()
    {
    }

    private WatermarkBuffer<Held> NewBuffer(long? latestNs) => new(group.ChannelCount, this, new WatermarkOptions
    {
        LatenessNs = group.Stream.LatenessNs, MaxAheadNs = group.Stream.MaxJumpNs, MaxBytes = long.MaxValue, ResumeLatestNs = latestNs, FloorNs = floorNs,
    });

    private IReadOnlyList<RecordBatch> TakeFrames()
    {
        RecordBatch[] taken = [.. frames];
        frames.Clear();
        return taken;
    }

    private void EndStream()
    {
        long? latest = buffer.LatestNs;
        buffer.Complete();
        Decide(long.MaxValue, isEnd: true);
        foreach (var rows in released) rows.Clear();
        queue.Clear();
        releasedBytes = 0;
        farBehind = 0;
        firstNs = long.MaxValue;
        if (latest is { } last)
        {
            floorNs = Math.Max(floorNs, Nanoseconds.Add(last, 1));
            if (group.Options.Reference is ChannelReference reference) decidedNs = Math.Max(decidedNs, Nanoseconds.Add(last, reference.LatencyNs));
        }

        buffer = NewBuffer(null);
    }

    // A log that is played again, or a clock that was far ahead and has been put right.
    private void BeginAnew()
    {
        EndStream();
        (floorNs, decidedNs) = (long.MinValue, long.MinValue);
        buffer = NewBuffer(null);
    }

    /// <summary>What the watermark holds.</summary>
    internal readonly record struct Held(StreamSample Sample, int Bytes);
}

/// <summary>A message that came too late for frames.</summary>
/// <param name="Channel">Its channel.</param>
/// <param name="Offset">Where it lies in the log.</param>
/// <param name="LatenessNs">How far it lies before the watermark; 0 for one that lies far ahead of all others.</param>
/// <param name="Reason">Why.</param>
public readonly record struct StreamLate(string Channel, long Offset, long LatenessNs, LateReason Reason);
