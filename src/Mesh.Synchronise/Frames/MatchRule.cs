namespace Mesh.Synchronise;

/// <summary>What an input has for a frame, given the samples on either side of it.</summary>
/// <param name="Policy">How the value is made.</param>
/// <param name="ToleranceNs">Farthest sample taken.</param>
/// <param name="MaxAgeNs">Oldest, with <see cref="SynchronisePolicy.Next"/> latest sample taken; null for no limit.</param>
/// <param name="MaxGapNs">Longest time between two samples that is bridged; null for no limit.</param>
internal readonly record struct MatchRule(SynchronisePolicy Policy, long ToleranceNs, long? MaxAgeNs, long? MaxGapNs)
{
    public static long ToleranceOf(SynchroniseInput input, SynchroniseOptions options) =>
        input.ToleranceNs ?? (input.Policy == SynchronisePolicy.Nearest ? options.ToleranceNs : long.MaxValue);

    /// <param name="before">The last sample not later than the frame; absent when there is none.</param>
    /// <param name="after">The first sample later than the frame; absent when there is none.</param>
    /// <param name="time">The frame's time.</param>
    public Match Find(in RowRef before, in RowRef after, long time)
    {
        long age = before.IsPresent ? Nanoseconds.Distance(before.Time, time) : long.MaxValue;
        long wait = after.IsPresent ? Nanoseconds.Distance(after.Time, time) : long.MaxValue;
        long beforeAge = before.IsPresent ? age : Match.NoAge;
        long afterAge = after.IsPresent ? wait : Match.NoAge;
        switch (Policy)
        {
            case SynchronisePolicy.Nearest:
                bool earlier = age <= wait && before.IsPresent;
                if (Math.Min(age, wait) > ToleranceNs) return Missing(MissingReasons.OutsideTolerance);
                if (earlier && age > MaxAgeNs) return Missing(MissingReasons.TooOld);
                return earlier ? Match.Of(before, age, beforeAge, afterAge) : Match.Of(after, wait, beforeAge, afterAge);

            case SynchronisePolicy.Previous:
                if (!before.IsPresent) return Missing(MissingReasons.NoSample);
                if (age > MaxAgeNs) return Missing(MissingReasons.TooOld);
                return age > ToleranceNs ? Missing(MissingReasons.OutsideTolerance) : Match.Of(before, age, beforeAge, afterAge);

            case SynchronisePolicy.Next:
                if (before.IsPresent && age == 0) return Match.Of(before, 0, beforeAge, afterAge);
                if (!after.IsPresent) return Missing(MissingReasons.NoSample);
                if (wait > MaxAgeNs) return Missing(MissingReasons.TooOld);
                return wait > ToleranceNs ? Missing(MissingReasons.OutsideTolerance) : Match.Of(after, wait, beforeAge, afterAge);

            default:
                if (before.IsPresent && age == 0) return Match.Of(before, 0, beforeAge, afterAge);
                if (!before.IsPresent || !after.IsPresent) return Missing(MissingReasons.NoSample);
                long gap = Nanoseconds.Distance(before.Time, after.Time);
                if (gap > MaxGapNs) return Missing(MissingReasons.Gap);
                if (age > MaxAgeNs) return Missing(MissingReasons.TooOld);
                if (Math.Min(age, wait) > ToleranceNs) return Missing(MissingReasons.OutsideTolerance);

                // Differences are exact in 64 bits; absolute nanoseconds as double would be off by up to 128 ns.
                return new Match
                {
                    From = before, To = after, U = (double)age / gap, TimeNs = time, ErrorNs = Math.Min(age, wait), BeforeAgeNs = beforeAge, AfterAgeNs = afterAge,
                };
        }

        Match Missing(string reason) => Match.Missing(reason, beforeAge, afterAge);
    }
}
