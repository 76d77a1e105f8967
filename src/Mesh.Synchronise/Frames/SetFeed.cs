using Mesh.Synchronise.Matching;

namespace Mesh.Synchronise;

/// <summary>Gives a matcher the messages of all members in an order that depends on the recording alone, and keeps what it decides.</summary>
internal sealed class SetFeed : IMatchSink, IDisposable
{
    private readonly IReadOnlyList<SynchroniseInput> members;
    private readonly IReadOnlyList<SynchroniseAccount> accounts;
    private readonly SpilledSort<DroppedMessage>? dropped;
    private readonly long[] drops;

    public SetFeed(SynchroniseOptions options, IReadOnlyList<SynchroniseInput> members, IReadOnlyList<SynchroniseAccount> accounts)
    {
        this.members = members;
        this.accounts = accounts;
        long share = options.MaxMemoryBytes / 8;
        Sets = new SetSpool(members.Count, options.SpillFolder, share);
        if (options.KeepUnmatched) dropped = new SpilledSort<DroppedMessage>(options.SpillFolder, share);
        drops = new long[members.Count];
    }

    /// <summary>The sets, by number of the message in order of (stamp, sequence) of its channel.</summary>
    public SetSpool Sets { get; }

    /// <summary>Messages in no set, by (channel, number); null unless they are kept.</summary>
    public SpilledSort<DroppedMessage>? Dropped => dropped;

    public async ValueTask RunAsync(SynchroniseOptions options, IReadOnlyList<ChannelRows> channels, CancellationToken cancellationToken)
    {
        var reference = (SetReference)options.Reference;
        long tolerance = reference.ToleranceNs ?? await DefaultToleranceAsync(reference.Policy, channels, cancellationToken).ConfigureAwait(false);
        var matcher = CreateMatcher(reference, tolerance, options);
        if (reference.EffectiveOrder == FeedOrder.Stamp) await FeedByStampAsync(matcher, channels, cancellationToken).ConfigureAwait(false);
        else await FeedByArrivalAsync(matcher, channels, options, cancellationToken).ConfigureAwait(false);
        matcher.Complete();
        await SpillAsync(cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < channels.Count; i++)
        {
            accounts[i].Samples = channels[i].Rows;
            accounts[i].UsedSamples = channels[i].Rows - drops[i];
        }
    }

    void IMatchSink.Matched(ReadOnlySpan<long> messages) => Sets.Add(messages);

    void IMatchSink.Dropped(int channel, long message, DropReason reason)
    {
        drops[channel]++;
        accounts[channel].CountUnmatched(SetReasons.Of(reason));
        dropped?.Add(new DroppedMessage(channel, message, reason));
    }

    public void Dispose()
    {
        Sets.Dispose();
        dropped?.Dispose();
    }

    // Every message of the slowest channel can be in a set so wide, however the phases of the others lie.
    private static async ValueTask<long> DefaultToleranceAsync(SetPolicy policy, IReadOnlyList<ChannelRows> channels, CancellationToken cancellationToken)
    {
        if (policy != SetPolicy.Optimal) return SynchroniseOptions.DefaultToleranceNs;
        long slowest = 0;
        foreach (var channel in channels) slowest = Math.Max(slowest, await MedianPeriod.OfAsync(channel, cancellationToken).ConfigureAwait(false) ?? 0);
        return slowest == 0 ? SynchroniseOptions.DefaultToleranceNs : Math.Min(slowest, 1L << 53);
    }

    private SetMatcher CreateMatcher(SetReference reference, long toleranceNs, SynchroniseOptions options) => reference.Policy switch
    {
        SetPolicy.ApproximateTime => new ApproximateTimeMatcher(members.Count, this, new ApproximateTimeOptions
        {
            QueueSize = reference.QueueSize, AgePenalty = reference.AgePenalty, MaxIntervalNs = reference.MaxIntervalNs ?? long.MaxValue,
        }),
        SetPolicy.ExactTime => new ExactTimeMatcher(members.Count, this, reference.QueueSize),
        SetPolicy.ApproximateEpsilonTime => new ApproximateEpsilonTimeMatcher(members.Count, this, toleranceNs, reference.QueueSize),
        SetPolicy.LatestTime => new LatestTimeMatcher(members.Count, this),
        _ => new OptimalMatcher(members.Count, this, new OptimalOptions
        {
            ToleranceNs = toleranceNs, RewardNs = reference.RewardNs, MaxMemoryBytes = Math.Max(1 << 20, options.MaxMemoryBytes / 4),
        }),
    };

    private async ValueTask FeedByStampAsync(SetMatcher matcher, IReadOnlyList<ChannelRows> channels, CancellationToken cancellationToken)
    {
        var sources = new RowSource[channels.Count];
        var ordinals = new long[channels.Count];
        var heads = new RowRef[channels.Count];
        for (int i = 0; i < sources.Length; i++)
        {
            sources[i] = channels[i].Read(keysOnly: true);
            heads[i] = await ReadAsync(sources[i], i, cancellationToken).ConfigureAwait(false);
        }

        while (true)
        {
            int first = -1;
            for (int i = 0; i < heads.Length; i++)
            {
                if (heads[i].IsPresent && (first < 0 || heads[i].Time < heads[first].Time)) first = i;
            }

            if (first < 0) return;
            matcher.Add(first, heads[first].Time, heads[first].ArrivalNs, ordinals[first]++);
            heads[first] = await ReadAsync(sources[first], first, cancellationToken).ConfigureAwait(false);
            if (IsFull) await SpillAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask FeedByArrivalAsync(
        SetMatcher matcher, IReadOnlyList<ChannelRows> channels, SynchroniseOptions options, CancellationToken cancellationToken)
    {
        using var arrivals = new SpilledSort<Arrival>(options.SpillFolder, options.MaxMemoryBytes / 8);
        for (int i = 0; i < channels.Count; i++)
        {
            var source = channels[i].Read(keysOnly: true);
            long ordinal = 0;
            while (await ReadAsync(source, i, cancellationToken).ConfigureAwait(false) is { IsPresent: true } row)
            {
                if (arrivals.IsFull) await arrivals.SpillAsync(cancellationToken).ConfigureAwait(false);
                arrivals.Add(new Arrival(row.ArrivalNs, row.Time, i, row.Sequence, ordinal++));
            }
        }

        while (await arrivals.MoveNextAsync(cancellationToken).ConfigureAwait(false))
        {
            var next = arrivals.Current;
            matcher.Add(next.Channel, next.Stamp, next.ArrivalNs, next.Ordinal);
            if (IsFull) await SpillAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private bool IsFull => Sets.IsFull || dropped is { IsFull: true };

    private async ValueTask SpillAsync(CancellationToken cancellationToken)
    {
        if (Sets.IsFull) await Sets.SpillAsync(cancellationToken).ConfigureAwait(false);
        if (dropped is { IsFull: true }) await dropped.SpillAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<RowRef> ReadAsync(RowSource source, int member, CancellationToken cancellationToken) =>
        await source.MoveNextAsync(cancellationToken).ConfigureAwait(false) ? source.Current.Shifted(members[member].LatencyNs) : default;

    /// <summary>A message in order of arrival.</summary>
    private readonly record struct Arrival(long ArrivalNs, long Stamp, int Channel, long Sequence, long Ordinal) : IComparable<Arrival>
    {
        public int CompareTo(Arrival other)
        {
            int order = ArrivalNs.CompareTo(other.ArrivalNs);
            if (order == 0) order = Stamp.CompareTo(other.Stamp);
            if (order == 0) order = Channel.CompareTo(other.Channel);
            if (order == 0) order = Sequence.CompareTo(other.Sequence);
            return order == 0 ? Ordinal.CompareTo(other.Ordinal) : order;
        }
    }
}
