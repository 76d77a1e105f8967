namespace Mesh.Synchronise;

/// <summary>Finds the samples of one input for ever later times. Of samples with equal stamps only the last recorded counts.</summary>
internal sealed class InputMatcher
{
    private const double DefaultPeriods = 2.5;

    private readonly SynchroniseInput input;
    private readonly long toleranceNs;
    private readonly RowSource rows;
    private readonly SynchroniseAccount account;
    private readonly UnmatchedRows? unmatched;
    private long? maxAgeNs;
    private long? maxGapNs;
    private Candidate before;
    private Candidate after;
    private RowRef run;
    private RowRef ahead;
    private bool isInRun;

    // Whether the sample after the time moved to is still to be read: at the beginning, and when reading stopped half-way.
    private bool isReading = true;
    private bool hasFrame;
    private long lastFrameNs;

    private InputMatcher(SynchroniseInput input, SynchroniseOptions options, RowSource rows, SynchroniseAccount account, UnmatchedRows? unmatched)
    {
        this.input = input;
        this.rows = rows;
        this.account = account;
        this.unmatched = unmatched;
        toleranceNs = MatchRule.ToleranceOf(input, options);
        maxAgeNs = input.MaxAgeNs;
        maxGapNs = input.MaxGapNs;
    }

    /// <summary>How far from a frame a sample can be of use, as far as that is limited.</summary>
    public long? ReachNs => input.Policy switch
    {
        SynchronisePolicy.Nearest => toleranceNs,
        SynchronisePolicy.Linear => maxGapNs,
        _ => maxAgeNs,
    };

    /// <summary>Time of the first sample after the time moved to; null when there is none.</summary>
    public long? NextTimeNs => after.Row.IsPresent ? after.Row.Time : isReading && ahead.IsPresent ? ahead.Time : null;

    /// <summary>Time of the last sample up to the time moved to; null when there is none.</summary>
    public long? LastTimeNs => before.Row.IsPresent ? before.Row.Time : null;

    public static async ValueTask<InputMatcher> OpenAsync(
        SynchroniseInput input, SynchroniseOptions options, ChannelRows channel, SynchroniseAccount account, UnmatchedRows? unmatched, CancellationToken cancellationToken)
    {
        var matcher = new InputMatcher(input, options, channel.Read(), account, unmatched);
        account.Samples = channel.Rows;
        if (input.Policy is SynchronisePolicy.Previous or SynchronisePolicy.Next)
        {
            matcher.maxAgeNs ??= await DefaultLimitAsync(channel, cancellationToken).ConfigureAwait(false);
        }

        if (input.Policy == SynchronisePolicy.Linear) matcher.maxGapNs ??= await DefaultLimitAsync(channel, cancellationToken).ConfigureAwait(false);
        matcher.ahead = await matcher.ReadAsync(cancellationToken).ConfigureAwait(false);
        return matcher;
    }

    /// <summary>Moves to a time; one before the last is not gone back to.</summary>
    /// <returns>Whether it is there; false when rows of unmatched samples are to be taken away first.</returns>
    public ValueTask<bool> AdvanceAsync(long time, CancellationToken cancellationToken) =>
        isReading || (after.Row.IsPresent && after.Row.Time <= time) ? ReadUpToAsync(time, cancellationToken) : ValueTask.FromResult(true);

    /// <summary>The input's value for the frame at the time moved to.</summary>
    public void At(long time, out Match match)
    {
        if (hasFrame && time < lastFrameNs)
        {
            match = Match.Missing(MissingReasons.OutOfOrder, Match.NoAge, Match.NoAge);
            account.Count(match);
            return;
        }

        match = new MatchRule(input.Policy, toleranceNs, maxAgeNs, maxGapNs).Find(before.Row, after.Row, time);
        hasFrame = true;
        lastFrameNs = time;
        account.Count(match);
        NoteFrame(ref before, time);
        NoteFrame(ref after, time);
        if (!match.HasValue) return;
        if (match.IsInterpolated || match.From == before.Row) Use(ref before);
        if (match.IsInterpolated || match.From == after.Row) Use(ref after);
    }

    /// <summary>Accounts for samples that no frame follows.</summary>
    /// <returns>Whether none is left; false when rows of unmatched samples are to be taken away first.</returns>
    public async ValueTask<bool> FinishAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (isReading && !await ReadNextAsync(cancellationToken).ConfigureAwait(false)) return false;
            Leave(before);
            before = default;
            if (!after.Row.IsPresent) return true;
            if (hasFrame) NoteFrame(ref after, lastFrameNs);
            Leave(after);
            isReading = true;
        }
    }

    private async ValueTask<bool> ReadUpToAsync(long time, CancellationToken cancellationToken)
    {
        do
        {
            if (!isReading)
            {
                // Both are behind every later frame, so this one is the last that can be their nearest.
                NoteFrame(ref before, time);
                Leave(before);
                if (hasFrame) NoteFrame(ref after, lastFrameNs);
                NoteFrame(ref after, time);
                before = after;
                isReading = true;
            }

            if (!await ReadNextAsync(cancellationToken).ConfigureAwait(false)) return false;
        }
        while (after.Row.IsPresent && after.Row.Time <= time);
        return true;
    }

    /// <summary>Reads the last of the next samples that share a stamp; false when rows of unmatched samples are to be taken away first.</summary>
    private async ValueTask<bool> ReadNextAsync(CancellationToken cancellationToken)
    {
        if (!isInRun) run = ahead;
        isInRun = true;
        while (ahead.IsPresent)
        {
            if (unmatched is { IsFull: true }) return false;
            ahead = await ReadAsync(cancellationToken).ConfigureAwait(false);
            if (!ahead.IsPresent || ahead.Time != run.Time) break;
            account.CountUnmatched(UnmatchedReasons.RepeatedStamp);
            unmatched?.AddNearFrame(input, run, UnmatchedReasons.RepeatedStamp, null);
            run = ahead;
        }

        after = new Candidate { Row = run };
        isInRun = false;
        isReading = false;
        return true;
    }

    private void Use(ref Candidate candidate)
    {
        if (!candidate.IsUsed) account.UsedSamples++;
        candidate.IsUsed = true;
    }

    private static void NoteFrame(ref Candidate candidate, long time)
    {
        long distance = Nanoseconds.Distance(candidate.Row.Time, time);
        if (candidate.HasFrame && distance >= candidate.FrameDistanceNs) return;
        candidate.HasFrame = true;
        candidate.FrameNs = time;
        candidate.FrameDistanceNs = distance;
    }

    private void Leave(in Candidate candidate)
    {
        if (!candidate.Row.IsPresent || candidate.IsUsed) return;
        string reason = !candidate.HasFrame || candidate.FrameDistanceNs > (ReachNs ?? long.MaxValue) ? UnmatchedReasons.NoFrame : UnmatchedReasons.NotNeeded;
        account.CountUnmatched(reason);
        unmatched?.AddNearFrame(input, candidate.Row, reason, candidate.HasFrame ? (candidate.FrameNs, candidate.FrameDistanceNs) : null);
    }

    private async ValueTask<RowRef> ReadAsync(CancellationToken cancellationToken) =>
        await rows.MoveNextAsync(cancellationToken).ConfigureAwait(false) ? rows.Current.Shifted(input.LatencyNs) : default;

    /// <summary>2.5 median periods; null, which is no limit, for a channel of a single stamp.</summary>
    private static async ValueTask<long?> DefaultLimitAsync(ChannelRows channel, CancellationToken cancellationToken)
    {
        if (await MedianPeriod.OfAsync(channel, cancellationToken).ConfigureAwait(false) is not { } period) return null;
        double limit = period * DefaultPeriods;
        return limit >= long.MaxValue ? long.MaxValue : (long)limit;
    }

    /// <summary>A sample beside the time moved to, with the frame nearest to it so far.</summary>
    private struct Candidate
    {
        public RowRef Row;
        public bool IsUsed;
        public bool HasFrame;
        public long FrameNs;
        public long FrameDistanceNs;
    }
}
