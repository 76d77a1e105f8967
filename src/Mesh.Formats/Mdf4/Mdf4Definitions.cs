using System.Globalization;
using Mesh.Formats.Mdf;

namespace Mesh.Formats.Mdf4;

/// <summary>Reads data groups, channel groups and channels into layouts.</summary>
internal sealed partial class Mdf4Definitions(Mdf4BlockReader blocks, Mdf4Header header)
{
    private const int MaxDepth = 32;
    private const int MaxInvalidationBytes = 1 << 20;
    private readonly Dictionary<long, string> texts = [];
    private readonly Dictionary<long, Mdf4Source> sources = [];
    private readonly HashSet<long> dataGroupsSeen = [];
    private readonly HashSet<long> channelGroupsSeen = [];

    public List<Mdf4DataGroup> DataGroups { get; } = [];

    public List<Mdf4ChannelGroup> Groups { get; } = [];

    public async ValueTask ReadAsync(CancellationToken cancellationToken)
    {
        long link = header.Block?.Link(0) ?? 0;
        bool broken = header.Block is null;
        while (link != 0)
        {
            if (!dataGroupsSeen.Add(link))
            {
                ReportCycle(link, "a data group");
                break;
            }

            var block = await blocks.ReadAsync(link, Mdf4BlockId.DataGroup, cancellationToken).ConfigureAwait(false);
            if (block is null)
            {
                broken = true;
                break;
            }

            await ReadDataGroupAsync(block, cancellationToken).ConfigureAwait(false);
            link = block.Link(0);
        }

        if (broken) await SalvageDataGroupsAsync(cancellationToken).ConfigureAwait(false);
        NameGroups();
    }

    private async ValueTask ReadDataGroupAsync(Mdf4Block block, CancellationToken cancellationToken)
    {
        int idBytes = block.Byte(0);
        var group = new Mdf4DataGroup { Index = DataGroups.Count, Position = block.Position, RecordIdBytes = idBytes, DataLink = block.Link(2) };
        if (idBytes is not (0 or 1 or 2 or 4 or 8))
        {
            blocks.Losses.Report(Mdf4Codes.BadHeader, block.DataAt, 0, "a record id of 0, 1, 2, 4 or 8 bytes", $"{idBytes}");
            group = new Mdf4DataGroup { Index = group.Index, Position = group.Position, RecordIdBytes = 0, DataLink = group.DataLink };
        }

        DataGroups.Add(group);
        long link = block.Link(1);
        while (link != 0)
        {
            if (!channelGroupsSeen.Add(link))
            {
                ReportCycle(link, "a channel group");
                return;
            }

            var channelGroup = await blocks.ReadAsync(link, Mdf4BlockId.ChannelGroup, cancellationToken).ConfigureAwait(false);
            if (channelGroup is null) return;
            await ReadGroupAsync(group, channelGroup, cancellationToken).ConfigureAwait(false);
            link = channelGroup.Link(0);
        }
    }

    private async ValueTask ReadGroupAsync(Mdf4DataGroup dataGroup, Mdf4Block block, CancellationToken cancellationToken)
    {
        ushort flags = block.UInt16(16);
        bool variable = (flags & Mdf4ChannelGroup.VariableLengthFlag) != 0;
        long dataBytes = block.UInt32(24), invalidationBytes = block.UInt32(28);
        if (variable)
        {
            // Their lengths are one 64-bit size of all values.
            dataBytes = invalidationBytes = 0;
        }
        else if (dataBytes + invalidationBytes > int.MaxValue / 2 || invalidationBytes > MaxInvalidationBytes)
        {
            blocks.Losses.Report(
                Mdf4Codes.MessageLimit, block.DataAt + 24, 0, $"records of less than 1 GiB, with at most {MaxInvalidationBytes:N0} bytes of invalidation bits",
                $"{dataBytes:N0} and {invalidationBytes:N0} bytes; the group is left out");
            return;
        }

        var group = new Mdf4ChannelGroup
        {
            Index = Groups.Count, DataGroup = dataGroup, Position = block.Position, RecordId = block.UInt64(0), CycleCount = Math.Max(0, block.Int64(8)), Flags = flags,
            DataBytes = (int)dataBytes, InvalidationBytes = (int)invalidationBytes,
            MasterLink = (flags & Mdf4ChannelGroup.RemoteMasterFlag) != 0 ? block.Link(6) : 0, ReductionLink = block.Link(4), ValueBytes = variable ? Math.Max(0, block.Int64(24)) : 0,
        };
        Groups.Add(group);
        dataGroup.Groups.Add(group);
        group.Name = await TextAsync(block.Link(2), cancellationToken).ConfigureAwait(false);
        group.Comment = await TextAsync(block.Link(5), cancellationToken).ConfigureAwait(false);
        var source = await SourceAsync(block.Link(3), cancellationToken).ConfigureAwait(false);
        (group.Source, group.SourcePath) = (source.Name, source.Path);
        if (variable) return;
        await ReadChannelsAsync(group, block.Link(1), cancellationToken).ConfigureAwait(false);
        if ((flags & Mdf4ChannelGroup.BusEventFlag) != 0) group.Bus = source.Bus.Length > 0 ? source.Bus : BusOf(group);
    }

    /// <summary>The bus by the names that the bus logging standard gives the channels, when the source does not say it.</summary>
    private static string BusOf(Mdf4ChannelGroup group)
    {
        foreach (var channel in group.Channels)
        {
            int end = channel.Name.IndexOf('_', StringComparison.Ordinal);
            string bus = (end < 0 ? "" : channel.Name[..end]) switch
            {
                "CAN" => "CAN", "LIN" => "LIN", "FLX" => "FlexRay", "ETH" => "Ethernet", "MOST" => "MOST", "KLINE" or "K-LINE" => "K-Line", _ => "",
            };
            if (bus.Length > 0) return bus;
        }

        return "";
    }

    private void NameGroups()
    {
        var used = new HashSet<string>(StringComparer.Ordinal);
        int next = 0;
        foreach (var group in Groups)
        {
            if (group.IsVariableLength) continue;
            string name = FirstLine(group.Name, group.Source, group.Comment) ?? string.Create(CultureInfo.InvariantCulture, $"group {group.Index}");
            string unique = name;
            for (int i = 2; !used.Add(unique); i++) unique = string.Create(CultureInfo.InvariantCulture, $"{name} ({i})");
            group.Name = unique;
            group.ChannelIndex = next++;
            bool indexed = false;
            foreach (var channel in group.Channels) indexed |= channel.Type is MdfChannelType.VirtualMaster or MdfChannelType.VirtualData;
            group.Layout = new MdfRecordLayout
            {
                Group = unique, DataBytes = group.DataBytes, InvalidationBytes = group.InvalidationBytes, HasRecordIndex = indexed, VariableCount = group.Variables.Count,
                Bus = group.Bus, Source = group.Source, Comment = group.Comment, Channels = group.Channels,
            };
        }
    }

    private static string? FirstLine(params ReadOnlySpan<string> candidates)
    {
        foreach (string candidate in candidates)
        {
            int end = candidate.AsSpan().IndexOfAny('\r', '\n');
            string line = (end < 0 ? candidate : candidate[..end]).Trim();
            if (line.Length is > 0 and <= 256) return line;
        }

        return null;
    }

    /// <summary>The text of a TX block, or the text in the XML of an MD block.</summary>
    public async ValueTask<string> TextAsync(long link, CancellationToken cancellationToken)
    {
        if (link == 0) return "";
        if (texts.TryGetValue(link, out string? known)) return known;
        var block = await blocks.ReadAsync(link, Mdf4BlockId.Text, Mdf4BlockId.Comment, cancellationToken).ConfigureAwait(false);
        string text = block is null ? "" : block.Id == Mdf4BlockId.Comment ? Mdf4Xml.Text(block.Text()) : block.Text();
        if (!blocks.Exhausted) texts[link] = text;
        return text;
    }

    private async ValueTask<Mdf4Source> SourceAsync(long link, CancellationToken cancellationToken)
    {
        if (link == 0) return Mdf4Source.None;
        if (sources.TryGetValue(link, out var known)) return known;
        var block = await blocks.ReadAsync(link, Mdf4BlockId.Source, cancellationToken).ConfigureAwait(false);
        if (block is null) return Mdf4Source.None;
        string bus = block.Byte(1) switch
        {
            2 => "CAN", 3 => "LIN", 4 => "MOST", 5 => "FlexRay", 6 => "K-Line", 7 => "Ethernet", _ => "",
        };
        return sources[link] = new Mdf4Source(
            await TextAsync(block.Link(0), cancellationToken).ConfigureAwait(false), await TextAsync(block.Link(1), cancellationToken).ConfigureAwait(false), bus);
    }

    private void ReportCycle(long link, string what) =>
        blocks.Losses.Report(Mdf4Codes.Cycle, link, 0, $"{what} once", "a link back to it; what follows is left out");
}
