namespace Mesh.Synchronise.Streams;

/// <summary>
/// Finds an input's samples around ever later times, no farther than its limits reach: what lies beyond, and may have been let go of already, is as
/// if it were not there.
/// </summary>
internal sealed class StreamInput
{
    private readonly SynchroniseInput input;
    private readonly MatchRule rule;
    private IReadOnlyList<StreamSample> samples = [];
    private int next;

    public StreamInput(SynchroniseInput input, SynchroniseOptions options, int channel)
    {
        this.input = input;
        Channel = channel;
        rule = new MatchRule(input.Policy, MatchRule.ToleranceOf(input, options), input.MaxAgeNs, input.MaxGapNs);
        (BackNs, AheadNs) = input.Policy switch
        {
            SynchronisePolicy.Previous => (input.MaxAgeNs!.Value, 0),
            SynchronisePolicy.Next => (0, input.MaxAgeNs!.Value),
            SynchronisePolicy.Linear => (input.MaxGapNs!.Value, input.MaxGapNs.Value),
            _ => (rule.ToleranceNs, rule.ToleranceNs),
        };
    }

    /// <summary>Position of its channel in the group.</summary>
    public int Channel { get; }

    public long LatencyNs => input.LatencyNs;

    /// <summary>How far before a frame a sample may lie.</summary>
    public long BackNs { get; }

    /// <summary>How far after.</summary>
    public long AheadNs { get; }

    /// <summary>Begins anew with the samples in order.</summary>
    public void Open(IReadOnlyList<StreamSample> ordered)
    {
        samples = ordered;
        next = 0;
    }

    /// <summary>Time of the last sample not later than the time moved to; null when there is none.</summary>
    public long? BeforeNs => next == 0 ? null : TimeOf(next - 1);

    /// <summary>Time of the first later one.</summary>
    public long? AfterNs => next == samples.Count ? null : TimeOf(next);

    public void MoveTo(long time)
    {
        while (next < samples.Count && TimeOf(next) <= time) next++;
    }

    public void At(long time, SynchroniseAccount account, out Match match)
    {
        MoveTo(time);
        var before = next > 0 && Nanoseconds.Distance(TimeOf(next - 1), time) <= BackNs ? RowOf(next - 1) : default;
        var after = next < samples.Count && Nanoseconds.Distance(time, TimeOf(next)) <= AheadNs ? RowOf(LastOfStamp(next)) : default;
        match = rule.Find(before, after, time);
        if (match.MissingReason == MissingReasons.NoSample) match.MissingReason = input.Policy == SynchronisePolicy.Linear ? MissingReasons.Gap : MissingReasons.TooOld;
        account.Count(match);
    }

    // Of samples with equal stamps the last recorded counts.
    private int LastOfStamp(int index)
    {
        while (index + 1 < samples.Count && samples[index + 1].Row.Time == samples[index].Row.Time) index++;
        return index;
    }

    private long TimeOf(int index) => Nanoseconds.Add(samples[index].Row.Time, input.LatencyNs);

    private RowRef RowOf(int index) => samples[index].Row.Shifted(input.LatencyNs);
}

/// <summary>A message in a window.</summary>
internal sealed class StreamSample(long offset, int channel, RowRef row, long? latestBefore)
{
    public long Offset { get; } = offset;

    public int Channel { get; } = channel;

    public RowRef Row { get; } = row;

    /// <summary>Latest stamp of the vehicle when it came; null when it was the first.</summary>
    public long? LatestBefore { get; } = latestBefore;

    /// <summary>Bytes it is counted with once released.</summary>
    public int Bytes { get; set; }

    /// <summary>Whether no frame to come can need it.</summary>
    public bool IsDone { get; set; }
}
