using System.Buffers.Binary;
using System.Globalization;
using Mesh.Formats.Blocks;

namespace Mesh.Formats.Mdf3;

public sealed partial class Mdf3RecordingReader
{
    // Records in a row that must make sense for a place to be one where records begin.
    private const int ChainRecords = 8;

    private readonly MessageRun run = new();
    private readonly Mdf3ChannelGroup?[] byId = new Mdf3ChannelGroup?[256];
    private readonly long[] indexes = new long[256];
    private SourceWindow? window;
    private byte[] indexed = [];
    private int dataGroupIndex = -1;
    private long sortedIndex;

    /// <inheritdoc/>
    public override async ValueTask<MessageBlock?> ReadBlockAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (window is null && !Begin()) return null;
            var dataGroup = definitions.DataGroups[dataGroupIndex];
            var block = dataGroup.IsSorted
                ? await ReadSortedAsync(dataGroup.Groups[0], cancellationToken).ConfigureAwait(false)
                : await ReadUnsortedAsync(dataGroup, cancellationToken).ConfigureAwait(false);
            if (block is null)
            {
                window!.Dispose();
                window = null;
            }
            else if (!block.Messages.IsEmpty)
            {
                return block;
            }
        }
    }

    /// <summary>Goes on to the next data group with records that are wanted; false at the end.</summary>
    private bool Begin()
    {
        while (++dataGroupIndex < definitions.DataGroups.Count)
        {
            var group = definitions.DataGroups[dataGroupIndex];
            var extent = Extent(group);
            Report(group, extent);
            if (extent.Bytes == 0 || !group.Groups.Exists(g => wanted[g.Index])) continue;
            if (group.IsSorted && !wanted[group.Groups[0].Index]) continue;
            window = new SourceWindow(source, group.Data, group.Data + extent.Bytes, ReadBytes);
            sortedIndex = 0;
            Array.Clear(byId);
            Array.Clear(indexes);
            foreach (var channelGroup in group.Groups) byId[channelGroup.RecordId] ??= channelGroup;
            return true;
        }

        dataGroupIndex = definitions.DataGroups.Count;
        return false;
    }

    private void Report(Mdf3DataGroup group, in DataExtent extent)
    {
        if (extent.IsCounted)
        {
            losses.Add(Mdf3Codes.Counted, group.Data, 0, "the number of records in the channel group", string.Create(CultureInfo.InvariantCulture, $"none written; {extent.Bytes:N0} bytes of records are there"));
        }
        else if (extent.Bytes < extent.ClaimedBytes)
        {
            losses.Add(
                Mdf3Codes.RecordsMissing, group.Data + extent.Bytes, extent.ClaimedBytes - extent.Bytes,
                string.Create(CultureInfo.InvariantCulture, $"{extent.ClaimedBytes:N0} bytes of records"), string.Create(CultureInfo.InvariantCulture, $"{extent.Bytes:N0} bytes of whole records before the next block or the end of the file"));
        }

        if (group.IsSorted && group.Groups.Count > 1)
        {
            losses.Add(Mdf3Codes.BadRecordId, group.Data, 0, "record ids in a data group of several channel groups", "none; only records of the first group are read");
        }
    }

    private async ValueTask<MessageBlock?> ReadSortedAsync(Mdf3ChannelGroup group, CancellationToken cancellationToken)
    {
        int stride = group.RecordBytes;
        int wish = (int)Math.Min(window!.Remaining, Math.Max(stride, ReadBytes));
        if (wish < stride || !await window.EnsureAsync(stride, cancellationToken).ConfigureAwait(false)) return null;
        int count = Math.Min(window.Span.Length, wish) / stride;
        run.Clear();
        Reserve(group.Layout.HasRecordIndex ? count * (stride + sizeof(long)) : 0);
        int used = 0;
        for (int i = 0; i < count; i++) Add(group, i * stride, sortedIndex++, group.Layout.HasRecordIndex, ref used);
        return Finish(count * stride, group.Layout.HasRecordIndex);
    }

    private async ValueTask<MessageBlock?> ReadUnsortedAsync(Mdf3DataGroup dataGroup, CancellationToken cancellationToken)
    {
        const int LargestRecord = ushort.MaxValue + 2;
        if (window!.Remaining == 0) return null;
        await window.EnsureAsync((int)Math.Min(window.Remaining, LargestRecord), cancellationToken).ConfigureAwait(false);
        bool withIndex = dataGroup.Groups.Exists(group => group.Layout.HasRecordIndex);
        run.Clear();
        int used = 0;
        int at = 0;
        int end = window.Span.Length;
        if (withIndex) Reserve(end * (1 + sizeof(long)));
        while (at < end)
        {
            int bytes = RecordAt(at, dataGroup.IdBytes);
            if (bytes > 0)
            {
                var group = byId[window.Span[at]]!;
                long index = indexes[group.RecordId]++;
                if (wanted[group.Index]) Add(group, at + 1, index, withIndex, ref used);
                at += bytes;
                continue;
            }

            // The rest may come with the next bytes, unless there are none.
            bool isCut = bytes == 0 && window.Remaining > end;
            if (isCut) break;
            int next = bytes < 0 ? Resynchronise(at + 1, dataGroup.IdBytes) : end;
            losses.Add(
                Mdf3Codes.BadRecordId, window.Position + at, next - at, "a record of one of the data group's channel groups",
                bytes == 0 ? "a part of one" : string.Create(CultureInfo.InvariantCulture, $"record id {window.Span[at]}"));
            at = next;
        }

        return Finish(at, withIndex);
    }

    /// <summary>Bytes of the record at a place in the window, ids included; 0 when it is cut there, -1 when there is none.</summary>
    private int RecordAt(int at, int idBytes)
    {
        var bytes = window!.Span;
        if (byId[bytes[at]] is not { } group) return -1;
        int length = group.RecordBytes + idBytes;
        if (length > bytes.Length - at) return 0;
        return idBytes == 2 && bytes[at + length - 1] != bytes[at] ? -1 : length;
    }

    /// <summary>The next place from which several records follow each other; the end of the window when there is none.</summary>
    private int Resynchronise(int from, int idBytes)
    {
        int end = window!.Span.Length;
        for (; from < end; from++)
        {
            int at = from;
            int records = 0;
            while (records < ChainRecords && at < end)
            {
                int bytes = RecordAt(at, idBytes);
                if (bytes < 0) break;
                records++;
                if (bytes == 0) break;
                at += bytes;
            }

            // A chain that reaches the end of what is there is as good as a long one.
            bool reachesEnd = records > 0 && (at >= end || RecordAt(at, idBytes) == 0);
            if (records >= ChainRecords || (reachesEnd && records > 1)) return from;
        }

        return end;
    }

    private void Add(Mdf3ChannelGroup group, int at, long index, bool copy, ref int used)
    {
        var record = window!.Span.Slice(at, group.RecordBytes);
        ulong time = TimeOf(group, record, index);
        int offset = window.Start + at;
        int length = record.Length;
        if (copy)
        {
            offset = used;
            record.CopyTo(indexed.AsSpan(used));
            used += length;
            if (group.Layout.HasRecordIndex)
            {
                BinaryPrimitives.WriteInt64LittleEndian(indexed.AsSpan(used), index);
                used += sizeof(long);
                length += sizeof(long);
            }
        }

        run.Add(new MessageRef(group.Index, 0, time, time, offset, length, window.Position + at));
    }

    private MessageBlock Finish(int consumed, bool copied)
    {
        var data = copied ? indexed.AsMemory() : window!.Buffer;
        window!.Advance(consumed);
        if (!options.Query.IsAll) run.Keep(options.Query, wanted);
        return run.ToBlock(data);
    }

    private void Reserve(int bytes)
    {
        if (indexed.Length < bytes) indexed = new byte[bytes];
    }
}
