using Mesh.Formats.Mdf;

namespace Mesh.Formats.Mdf4;

/// <content>Choosing how a data group is read.</content>
public sealed partial class Mdf4RecordingReader
{
    // Masters that serve other groups are stored with little beside them.
    private const int MaxMasterRecordBytes = 1 << 20;

    private bool Wants(Mdf4ChannelGroup group)
    {
        if (group.ChannelIndex < 0 || !options.Query.Selects(channels[group.ChannelIndex])) return false;
        if (group.Layout!.FixedBytes <= options.MaxMessageBytes) return true;
        losses.Report(
            Mdf4Codes.MessageLimit, group.Position, 0, $"records of at most {options.MaxMessageBytes:N0} bytes (MaxMessageBytes)", $"group '{group.Name}' of {group.Layout.FixedBytes:N0}; it is left out");
        return false;
    }

    /// <summary>Records of a group by its cycle counter; without a bound in a file where it was never written.</summary>
    private long LimitOf(Mdf4ChannelGroup group) => header.Needs(Mdf4Header.CycleCounters) ? long.MaxValue : group.CycleCount;

    private async ValueTask<Mdf4GroupReader?> OpenGroupAsync(Mdf4DataGroup dataGroup, CancellationToken cancellationToken)
    {
        if (!dataGroup.Groups.Exists(Wants)) return null;
        if (dataGroup.RecordIdBytes > 0) return await OpenUnsortedAsync(dataGroup, cancellationToken).ConfigureAwait(false);
        var only = dataGroup.Groups[0];
        if (dataGroup.Groups.Count > 1)
        {
            // Without record ids the records of several groups could not be told apart; empty groups do no harm.
            var filled = dataGroup.Groups.FindAll(group => group.CycleCount > 0 && !group.IsVariableLength);
            if (filled.Count > 1 || (filled.Count == 0 && header.Needs(Mdf4Header.CycleCounters)))
            {
                losses.Report(
                    Mdf4Codes.BadHeader, dataGroup.Position, 0, "record ids in a data group of several channel groups", $"{dataGroup.Groups.Count} groups without; none of their records is read");
                return null;
            }

            if (filled.Count == 0) return null;
            only = filled[0];
            if (!Wants(only)) return null;
        }

        return only.IsVariableLength ? null : await OpenSortedAsync(only, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<Mdf4GroupReader> OpenSortedAsync(Mdf4ChannelGroup group, CancellationToken cancellationToken)
    {
        long link = group.DataGroup.DataLink;
        long limit = LimitOf(group);
        bool columns = await IsColumnStorageAsync(link, cancellationToken).ConfigureAwait(false);
        int stride = columns ? group.DataBytes : group.RecordBytes;
        var clock = Mdf4Clock.Of(group, header.StartNs);
        var remote = clock.HasTime ? null : await RemoteOfAsync(group, cancellationToken).ConfigureAwait(false);
        if (stride == 0)
        {
            // Records without bytes are a claim that nothing bears out: without channels there is nothing to give, else the file's size is a generous bound.
            long records = !group.Layout!.HasRecordIndex || limit == long.MaxValue ? 0 : Math.Min(limit, Math.Max(1 << 16, source.Length));
            if (records < group.CycleCount)
            {
                losses.Report(Mdf4Codes.RecordsMissing, group.Position, 0, $"{group.CycleCount:N0} records of group '{group.Name}'", $"no data for them; {records:N0} are given");
            }

            return new Mdf4IndexReader(group, clock, remote, records, options);
        }

        var walker = new Mdf4FragmentWalker(
            blocks, header, columns ? Mdf4BlockId.DataValues : Mdf4BlockId.Data, link, Expected(limit, stride), columns ? stride : 1);
        Mdf4RecordFeed? invalidation = null;
        if (columns && group.InvalidationBytes > 0)
        {
            var bits = new Mdf4FragmentWalker(
                blocks, header, Mdf4BlockId.DataInvalidation, await IsListAsync(link, cancellationToken).ConfigureAwait(false) ? link : 0, Expected(limit, group.InvalidationBytes), group.InvalidationBytes)
            {
                Invalidation = true,
            };
            // A value is not valid where nothing says so any more.
            invalidation = new Mdf4RecordFeed(new Mdf4DataStream(blocks, bits, options, group.InvalidationBytes), group.InvalidationBytes, losses, filler: 0xFF);
        }

        return new Mdf4SortedReader(
            group, new Mdf4DataStream(blocks, walker, options, stride), clock, remote, invalidation, SignalsOf(group), limit, options, losses);
    }

    private ValueTask<Mdf4GroupReader> OpenUnsortedAsync(Mdf4DataGroup dataGroup, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var streams = new Mdf4RecordStream?[dataGroup.Groups.Count];
        var signals = new Mdf4SignalData?[streams.Length][];
        for (int i = 0; i < streams.Length; i++)
        {
            var group = dataGroup.Groups[i];
            signals[i] = [];
            if (!Wants(group)) continue;
            streams[i] = new Mdf4RecordStream(group, Mdf4Clock.Of(group, header.StartNs), LimitOf(group));
            signals[i] = SignalsOf(group);
        }

        return new(new Mdf4UnsortedReader(dataGroup, header, streams, Open(), Open, options, losses) { Signals = signals });

        Mdf4DataStream Open() =>
            new(blocks, new Mdf4FragmentWalker(blocks, header, Mdf4BlockId.Data, dataGroup.DataLink, -1, 1), options, 1);
    }

    private static long Expected(long records, int stride) => records == long.MaxValue || records > long.MaxValue / stride ? -1 : records * stride;

    /// <summary>The signal data of each variable-length channel; null where its values are in a channel group, or nowhere.</summary>
    private Mdf4SignalData?[] SignalsOf(Mdf4ChannelGroup group)
    {
        var signals = new Mdf4SignalData?[group.Variables.Count];
        for (int i = 0; i < signals.Length; i++)
        {
            long link = group.Variables[i].DataLink;
            if (link == 0 || byPosition.ContainsKey(link)) continue;
            var walker = new Mdf4FragmentWalker(blocks, header, Mdf4BlockId.SignalData, link, -1, 1);
            signals[i] = new Mdf4SignalData(blocks, walker.NextAsync, options, losses);
        }

        return signals;
    }

    private async ValueTask<Mdf4RemoteMaster?> RemoteOfAsync(Mdf4ChannelGroup group, CancellationToken cancellationToken)
    {
        if (group.MasterLink == 0 || group.Master >= 0) return null;
        if (!byPosition.TryGetValue(group.MasterLink, out var master))
        {
            losses.Report(Mdf4Codes.BadMaster, group.Position, 0, $"the group with the master of '{group.Name}'", $"no group at byte {group.MasterLink:N0}; its records get the start time");
            return null;
        }

        var clock = Mdf4Clock.Of(master, header.StartNs);
        if (!clock.HasTime) return null;
        if (master.DataGroup.RecordIdBytes > 0 || master.DataGroup.Groups.Count > 1)
        {
            losses.Report(Mdf4Codes.NotRead, group.Position, 0, $"the master of '{group.Name}' in a sorted data group", "an unsorted one; its records get the start time");
            return null;
        }

        bool columns = await IsColumnStorageAsync(master.DataGroup.DataLink, cancellationToken).ConfigureAwait(false);
        int stride = Math.Max(1, columns ? master.DataBytes : master.RecordBytes);
        if (stride > MaxMasterRecordBytes)
        {
            losses.Report(
                Mdf4Codes.BadMaster, master.Position, 0, $"records of at most {MaxMasterRecordBytes:N0} bytes in the group with the master of '{group.Name}'", $"{stride:N0}; its records get the start time");
            return null;
        }

        var walker = new Mdf4FragmentWalker(
            blocks, header, columns ? Mdf4BlockId.DataValues : Mdf4BlockId.Data, master.DataGroup.DataLink, Expected(LimitOf(master), stride), columns ? stride : 1);
        return new Mdf4RemoteMaster(clock, new Mdf4RecordFeed(new Mdf4DataStream(blocks, walker, options, stride), stride, losses), stride);
    }

    private async ValueTask<bool> IsListAsync(long link, CancellationToken cancellationToken) =>
        link != 0 && (await blocks.ReadHeaderAsync(link, cancellationToken).ConfigureAwait(false)).Id == Mdf4BlockId.ListData;

    /// <summary>Whether invalidation bytes are kept apart from the data: DV blocks, alone, compressed or in an LD list.</summary>
    private async ValueTask<bool> IsColumnStorageAsync(long link, CancellationToken cancellationToken)
    {
        if (link == 0) return false;
        var (found, id, _, _) = await blocks.ReadHeaderAsync(link, cancellationToken).ConfigureAwait(false);
        if (!found) return false;
        if (id != Mdf4BlockId.Zipped) return id is Mdf4BlockId.ListData or Mdf4BlockId.DataValues;
        byte[] original = new byte[2];
        await blocks.ReadAsync(link + Mdf4Block.HeaderBytes, original, cancellationToken).ConfigureAwait(false);
        return original is [(byte)'D', (byte)'V'];
    }
}
