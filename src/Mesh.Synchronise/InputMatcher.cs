namespace Mesh.Synchronise;

/// <summary>Finds the samples of one input for ever later times. Of samples with equal stamps only the last recorded counts.</summary>
internal sealed class InputMatcher
{
    // Periods looked at for the default limits: enough for a stable median, little enough to read twice.
    private const int MaxPeriods = 65_536;
    private const double DefaultPeriods = 2.5;

    private readonly SynchroniseInput input;
    private readonly long toleranceNs;
    private readonly RowSource rows;
    private readonly SynchroniseAccount account;
    private long? maxAgeNs;
    private long? maxGapNs;
    private RowRef before;
    private RowRef after;
    private RowRef ahead;
    private bool beforeUsed;
    private bool afterUsed;

    private InputMatcher(SynchroniseInput input, long toleranceNs, RowSource rows, SynchroniseAccount account)
    {
        this.input = input;
        this.toleranceNs = toleranceNs;
        this.rows = rows;
        this.account = account;
        maxAgeNs = input.MaxAgeNs;
        maxGapNs = input.MaxGapNs;
    }

    public static async ValueTask<InputMatcher> OpenAsync(
        SynchroniseInput input, long toleranceNs, ChannelRows channel, SynchroniseAccount account, CancellationToken cancellationToken)
    {
        var matcher = new InputMatcher(input, toleranceNs, channel.Read(), account);
        account.Samples = channel.Rows;
        if (input.Policy == SynchronisePolicy.Previous) matcher.maxAgeNs ??= await DefaultLimitAsync(channel, cancellationToken).ConfigureAwait(false);
        if (input.Policy == SynchronisePolicy.Linear) matcher.maxGapNs ??= await DefaultLimitAsync(channel, cancellationToken).ConfigureAwait(false);
        matcher.ahead = await matcher.ReadAsync(cancellationToken).ConfigureAwait(false);
        matcher.after = await matcher.ReadLastOfStampAsync(cancellationToken).ConfigureAwait(false);
        return matcher;
    }

    /// <summary>Moves to a time not before the last one.</summary>
    public ValueTask AdvanceAsync(long time, CancellationToken cancellationToken) =>
        after.IsPresent && after.Time <= time ? ReadUpToAsync(time, cancellationToken) : ValueTask.CompletedTask;

    private async ValueTask ReadUpToAsync(long time, CancellationToken cancellationToken)
    {
        while (after.IsPresent && after.Time <= time)
        {
            before = after;
            beforeUsed = afterUsed;
            after = await ReadLastOfStampAsync(cancellationToken).ConfigureAwait(false);
            afterUsed = false;
        }
    }

    /// <summary>The input's value at the time moved to.</summary>
    public Match At(long time)
    {
        var match = Find(time);
        if (match.MissingReason is { } reason)
        {
            account.CountMissing(reason);
            return match;
        }

        account.Matched++;
        if (match.IsInterpolated) account.Interpolated++;
        if (match.IsInterpolated || match.From == before) Use(ref beforeUsed);
        if (match.IsInterpolated || match.From == after) Use(ref afterUsed);
        return match;
    }

    private Match Find(long time)
    {
        long age = before.IsPresent ? Distance(before.Time, time) : long.MaxValue;
        long wait = after.IsPresent ? Distance(after.Time, time) : long.MaxValue;
        switch (input.Policy)
        {
            case SynchronisePolicy.Nearest:
                bool earlier = age <= wait && before.IsPresent;
                if (Math.Min(age, wait) > toleranceNs) return new Match(MissingReasons.OutsideTolerance);
                if (earlier && age > maxAgeNs) return new Match(MissingReasons.TooOld);
                return earlier ? new Match(before, age) : new Match(after, wait);

            case SynchronisePolicy.Previous:
                if (!before.IsPresent) return new Match(MissingReasons.NoSample);
                return age > maxAgeNs ? new Match(MissingReasons.TooOld) : new Match(before, age);

            default:
                if (before.IsPresent && age == 0) return new Match(before, 0);
                if (!before.IsPresent || !after.IsPresent) return new Match(MissingReasons.NoSample);
                long gap = Distance(before.Time, after.Time);
                if (gap > maxGapNs) return new Match(MissingReasons.Gap);
                if (age > maxAgeNs) return new Match(MissingReasons.TooOld);

                // Differences are exact in 64 bits; absolute nanoseconds as double would be off by up to 128 ns.
                return new Match(before, after, (double)age / gap, time, Math.Min(age, wait));
        }
    }

    private void Use(ref bool used)
    {
        if (!used) account.UsedSamples++;
        used = true;
    }

    private async ValueTask<RowRef> ReadLastOfStampAsync(CancellationToken cancellationToken)
    {
        var last = ahead;
        while (ahead.IsPresent)
        {
            ahead = await ReadAsync(cancellationToken).ConfigureAwait(false);
            if (!ahead.IsPresent || ahead.Time != last.Time) break;
            last = ahead;
        }

        return last;
    }

    private async ValueTask<RowRef> ReadAsync(CancellationToken cancellationToken) =>
        await rows.MoveNextAsync(cancellationToken).ConfigureAwait(false) ? rows.Current : default;

    /// <summary>2.5 median periods; null, which is no limit, for a channel of a single stamp.</summary>
    private static async ValueTask<long?> DefaultLimitAsync(ChannelRows channel, CancellationToken cancellationToken)
    {
        var rows = channel.Read();
        List<long> periods = [];
        long? last = null;
        while (periods.Count < MaxPeriods && await rows.MoveNextAsync(cancellationToken).ConfigureAwait(false))
        {
            long time = rows.Current.Time;
            if (last is { } earlier && earlier != time) periods.Add(Distance(earlier, time));
            last = time;
        }

        if (periods.Count == 0) return null;
        periods.Sort();
        double limit = periods[(periods.Count - 1) / 2] * DefaultPeriods;
        return limit >= long.MaxValue ? long.MaxValue : (long)limit;
    }

    /// <summary>Nanoseconds between two times, saturated: stamps of broken clocks lie further apart than 64 bits reach.</summary>
    private static long Distance(long from, long to)
    {
        ulong distance = to >= from ? (ulong)to - (ulong)from : (ulong)from - (ulong)to;
        return (long)Math.Min(distance, long.MaxValue);
    }
}
