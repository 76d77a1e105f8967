namespace Mesh.Synchronise;

/// <summary>A frame per set of messages, at the latest stamp in it.</summary>
internal sealed class SetFrames : FrameSource
{
    private readonly SetFeed feed;
    private readonly MemberCursor[] cursors;
    private readonly bool[] isIn;
    private readonly SynchroniseAccount[] accounts;
    private long sequence;

    public SetFrames(SetFeed feed, IReadOnlyList<SynchroniseInput> members, IReadOnlyList<ChannelRows> channels, SynchroniseAccount[] accounts)
    {
        this.feed = feed;
        this.accounts = accounts;
        cursors = [.. members.Select((member, i) => new MemberCursor(member, channels[i], keysOnly: false))];
        isIn = new bool[cursors.Length];
    }

    /// <summary>Messages in no set; null unless they are kept.</summary>
    public SpilledSort<DroppedMessage>? Dropped => feed.Dropped;

    public override async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        if (!await feed.Sets.MoveNextAsync(cancellationToken).ConfigureAwait(false)) return false;
        long first = long.MaxValue, last = long.MinValue;
        for (int i = 0; i < cursors.Length; i++)
        {
            long ordinal = feed.Sets.Current[i];
            isIn[i] = ordinal >= 0;
            if (!isIn[i]) continue;
            await cursors[i].MoveToAsync(ordinal, cancellationToken).ConfigureAwait(false);
            first = Math.Min(first, cursors[i].Current.Time);
            last = Math.Max(last, cursors[i].Current.Time);
        }

        Current = new FrameInstant(last, sequence++, default, Nanoseconds.Distance(first, last));
        return true;
    }

    /// <summary>A member's message of the set.</summary>
    public void Member(int index, out Match match)
    {
        if (!isIn[index]) match = Match.Missing(UnmatchedReasons.NoSet, Match.NoAge, Match.NoAge);
        else
        {
            long error = Nanoseconds.Distance(cursors[index].Current.Time, Current.TimeNs);
            match = Match.Of(cursors[index].Current, error, error, Match.NoAge);
        }

        accounts[index].Count(match);
    }

    public override void Dispose() => feed.Dispose();
}
