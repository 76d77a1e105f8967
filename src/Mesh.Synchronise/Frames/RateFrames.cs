namespace Mesh.Synchronise;

/// <summary>A frame per tick of a grid, from the first stamp of the inputs to the last.</summary>
internal sealed class RateFrames : FrameSource
{
    // Reach of an input without a limit, whose channel has a single stamp.
    private const long UnlimitedReachNs = 1_000_000_000;

    private readonly RateReference rate;
    private readonly long lastNs;
    private readonly long reachNs;
    private readonly IReadOnlyList<InputMatcher> matchers;
    private Int128 tick;
    private long sequence;

    /// <param name="rate">The grid.</param>
    /// <param name="firstNs">First stamp of all inputs.</param>
    /// <param name="lastNs">Last stamp.</param>
    /// <param name="matchers">The inputs, of which each frame is asked for before the next one.</param>
    public RateFrames(RateReference rate, long firstNs, long lastNs, IReadOnlyList<InputMatcher> matchers)
    {
        this.rate = rate;
        this.lastNs = lastNs;
        this.matchers = matchers;
        tick = rate.FirstFrom(firstNs);
        reachNs = rate.PeriodNs * 2;
        foreach (var matcher in matchers) reachNs = Math.Max(reachNs, matcher.ReachNs ?? UnlimitedReachNs);
    }

    public override ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        SkipIdle();
        var time = rate.TimeOf(tick);
        if (time > lastNs) return ValueTask.FromResult(false);
        Current = new FrameInstant((long)time, sequence++, default, 0);
        tick++;
        return ValueTask.FromResult(true);
    }

    public override void Dispose()
    {
    }

    // Stamps of a broken clock may lie decades away; between them no input has anything for a frame.
    private void SkipIdle()
    {
        var time = rate.TimeOf(tick);
        long next = long.MaxValue;
        foreach (var matcher in matchers)
        {
            if (matcher.LastTimeNs is { } last && time - last <= reachNs) return;
            next = Math.Min(next, matcher.NextTimeNs ?? long.MaxValue);
        }

        if (next - (Int128)reachNs <= time) return;
        long from = Nanoseconds.Add(next, -reachNs);
        tick = Int128.Max(tick, rate.FirstFrom(from));
    }
}
