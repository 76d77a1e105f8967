namespace Mesh.Synchronise.Matching;

/// <summary>Turns the messages that were decided to be used into sets: the j-th used message of every channel is set j.</summary>
internal sealed class SetAssembler
{
    private readonly IMatchSink sink;
    private readonly StampQueue[] used;
    private readonly long[] set;
    private int missing;

    public SetAssembler(int channels, IMatchSink sink)
    {
        this.sink = sink;
        used = new StampQueue[channels];
        for (int c = 0; c < channels; c++) used[c] = new StampQueue();
        set = new long[channels];
        missing = channels;
    }

    public long Sets { get; private set; }

    public Int128 TotalSpread { get; private set; }

    public void Use(SweepEvent message)
    {
        var queue = used[message.Channel];
        queue.Append(message.Stamp, message.Message);
        if (queue.Count > 1 || --missing > 0) return;
        long earliest = long.MaxValue, latest = long.MinValue;
        for (int c = 0; c < used.Length; c++)
        {
            var member = used[c][0];
            used[c].RemoveFirst();
            if (used[c].Count == 0) missing++;
            set[c] = member.Message;
            earliest = Math.Min(earliest, member.Stamp);
            latest = Math.Max(latest, member.Stamp);
        }

        Sets++;
        TotalSpread += StampMath.Subtract(latest, earliest);
        sink.Matched(set);
    }

    /// <summary>Gives up sets that cannot be completed any more.</summary>
    public void Abandon()
    {
        for (int c = 0; c < used.Length; c++)
        {
            for (; used[c].Count > 0; used[c].RemoveFirst()) sink.Dropped(c, used[c][0].Message, DropReason.TooFarApart);
        }

        missing = used.Length;
    }
}
