using System.Runtime.CompilerServices;

namespace Mesh.Synchronise;

/// <summary>Why samples are in no frame.</summary>
public sealed partial class Synchroniser
{
    private async IAsyncEnumerable<SynchronisedRows> ExplainUnmatchedAsync(
        IReadOnlyList<InputMatcher> matchers, SetFrames? sets, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var matcher in matchers)
        {
            while (!await matcher.FinishAsync(cancellationToken).ConfigureAwait(false)) yield return TakeUnmatched();
        }

        var members = options.Inputs.Where(input => input.IsMember).ToArray();
        if (sets is not null)
        {
            if (sets.Dropped is not null)
            {
                await foreach (var rows in ExplainDroppedAsync(members, sets.Dropped, cancellationToken).ConfigureAwait(false)) yield return rows;
            }
        }
        else
        {
            await foreach (var rows in ExplainWithoutSetsAsync(members, cancellationToken).ConfigureAwait(false)) yield return rows;
        }

        if (unmatched is { HasRows: true }) yield return TakeUnmatched();
    }

    /// <summary>Members' messages that the matcher dropped, with the member whose nearest message is the farthest away.</summary>
    private async IAsyncEnumerable<SynchronisedRows> ExplainDroppedAsync(
        SynchroniseInput[] members, SpilledSort<DroppedMessage> dropped, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int channel = -1;
        MemberCursor? cursor = null;
        List<NearestKey> others = [];
        while (await dropped.MoveNextAsync(cancellationToken).ConfigureAwait(false))
        {
            var message = dropped.Current;
            if (cursor is null || message.Channel != channel)
            {
                channel = message.Channel;
                cursor = new MemberCursor(members[channel], channels[members[channel].Channel], keysOnly: true);
                others = [.. members.Where((_, i) => i != channel).Select(member => new NearestKey(member, channels[member.Channel]))];
            }

            await cursor.MoveToAsync(message.Ordinal, cancellationToken).ConfigureAwait(false);
            (string Channel, long TimeNs, long DistanceNs)? miss = null;
            foreach (var other in others)
            {
                long time = await other.MoveToAsync(cursor.Current.Time, cancellationToken).ConfigureAwait(false);
                long distance = Nanoseconds.Distance(time, cursor.Current.Time);
                if (miss is null || distance > miss.Value.DistanceNs) miss = (other.Channel, time, distance);
            }

            unmatched!.Add(members[channel], cursor.Current, SetReasons.Of(message.Reason), miss);
            if (unmatched.IsFull) yield return TakeUnmatched();
        }
    }

    /// <summary>Members of which another one is absent from the recording.</summary>
    private async IAsyncEnumerable<SynchronisedRows> ExplainWithoutSetsAsync(SynchroniseInput[] members, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var absent = members.FirstOrDefault(member => !IsPresent(member.Channel));
        foreach (var member in members.Where(member => IsPresent(member.Channel)))
        {
            var account = accounts[options.Inputs.ToList().IndexOf(member)];
            account.Samples = channels[member.Channel].Rows;
            account.CountUnmatched(UnmatchedReasons.PartnerAbsent, account.Samples);
            if (unmatched is null) continue;
            var rows = channels[member.Channel].Read(keysOnly: true);
            while (await rows.MoveNextAsync(cancellationToken).ConfigureAwait(false))
            {
                unmatched.AddAbsent(member, rows.Current.Shifted(member.LatencyNs), absent!.Channel);
                if (unmatched.IsFull) yield return TakeUnmatched();
            }
        }
    }

    private SynchronisedRows TakeUnmatched() => new(SynchronisedTable.Unmatched, unmatched!.Build());
}
