namespace Mesh.Synchronise;

/// <summary>How far apart a channel's samples usually are.</summary>
internal static class MedianPeriod
{
    // Enough for a stable median, little enough to read twice.
    private const int MaxPeriods = 65_536;

    /// <summary>Median time between different stamps, from the channel's first 65 536, nanoseconds; null for a channel of a single stamp.</summary>
    public static async ValueTask<long?> OfAsync(ChannelRows channel, CancellationToken cancellationToken)
    {
        var rows = channel.Read(keysOnly: true);
        List<long> periods = [];
        long? last = null;
        while (periods.Count < MaxPeriods && await rows.MoveNextAsync(cancellationToken).ConfigureAwait(false))
        {
            long time = rows.Current.Time;
            if (last is { } earlier && earlier != time) periods.Add(Nanoseconds.Distance(earlier, time));
            last = time;
        }

        if (periods.Count == 0) return null;
        periods.Sort();
        return periods[(periods.Count - 1) / 2];
    }
}
