namespace Mesh.Synchronise;

/// <summary>Finds the sample of a channel that is nearest to ever later times.</summary>
internal sealed class NearestKey(SynchroniseInput input, ChannelRows channel)
{
    private readonly RowSource rows = channel.Read(keysOnly: true);
    private RowRef before;
    private RowRef after;
    private bool hasBegun;

    public string Channel => input.Channel;

    /// <summary>Moves to a time not before the last one and gives the nearest stamp, of two equally near the earlier.</summary>
    public async ValueTask<long> MoveToAsync(long time, CancellationToken cancellationToken)
    {
        if (!hasBegun) after = await ReadAsync(cancellationToken).ConfigureAwait(false);
        hasBegun = true;
        while (after.IsPresent && after.Time <= time)
        {
            before = after;
            after = await ReadAsync(cancellationToken).ConfigureAwait(false);
        }

        if (!before.IsPresent) return after.Time;
        if (!after.IsPresent) return before.Time;
        return Nanoseconds.Distance(before.Time, time) <= Nanoseconds.Distance(after.Time, time) ? before.Time : after.Time;
    }

    private async ValueTask<RowRef> ReadAsync(CancellationToken cancellationToken) =>
        await rows.MoveNextAsync(cancellationToken).ConfigureAwait(false) ? rows.Current.Shifted(input.LatencyNs) : default;
}
