namespace Mesh.Synchronise.Matching;

/// <summary>What <see cref="ApproximateTimeMatcher"/> makes of the messages on their way to the sweep: a solution the sweep need not be worse than.</summary>
internal sealed class ApproximateTimeGuide : IMatchSink
{
    private const byte Dropped = 1;
    private const byte Used = 2;
    private readonly ApproximateTimeMatcher matcher;
    private readonly int channels;

    // A ring: what became of the messages from taken on, up to added; 0 is undecided.
    private byte[] fates = new byte[64];
    private long taken;
    private long added;

    public ApproximateTimeGuide(int channels, long toleranceNs)
    {
        this.channels = channels;
        matcher = new ApproximateTimeMatcher(channels, this, new ApproximateTimeOptions { MaxIntervalNs = toleranceNs, FlushAtEnd = true });
    }

    /// <summary>Whether it is known what becomes of the next message to take.</summary>
    public bool IsNextDecided => fates[taken & (fates.Length - 1)] != 0;

    public void Add(SweepEvent message)
    {
        if (added - taken == fates.Length) Grow();
        fates[added & (fates.Length - 1)] = 0;
        matcher.Add(message.Channel, message.Stamp, message.Stamp, added++);
    }

    public void Complete() => matcher.Complete();

    /// <summary>Takes the next message: whether it is in a set.</summary>
    public bool Take() => fates[taken++ & (fates.Length - 1)] == Used;

    /// <summary>Passes messages that are decided otherwise.</summary>
    public void Skip(int messages) => taken += messages;

    void IMatchSink.Matched(ReadOnlySpan<long> messages)
    {
        for (int c = 0; c < channels; c++) Decide(messages[c], Used);
    }

    void IMatchSink.Dropped(int channel, long message, DropReason reason) => Decide(message, Dropped);

    private void Decide(long message, byte fate)
    {
        if (message >= taken) fates[message & (fates.Length - 1)] = fate;
    }

    private void Grow()
    {
        byte[] larger = new byte[fates.Length * 2];
        for (long message = taken; message < added; message++) larger[message & (larger.Length - 1)] = fates[message & (fates.Length - 1)];
        fates = larger;
    }
}
