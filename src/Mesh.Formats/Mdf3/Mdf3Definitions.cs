using System.Globalization;
using Mesh.Formats.Mdf;

namespace Mesh.Formats.Mdf3;

/// <summary>Reads what an MDF 2 or 3 file says about its records: DG, CG, CN, CC, CD, CE, TR and TX blocks (specification 3.30).</summary>
internal sealed partial class Mdf3Definitions(Mdf3BlockReader blocks, Mdf3Header header)
{
    private readonly HashSet<long> seen = [];
    private readonly Dictionary<long, (Mdf3ChannelGroup Group, int Channel)> channels = [];
    private readonly List<(Mdf3ChannelGroup Group, int Channel, long Link)> dependencies = [];

    public List<Mdf3DataGroup> DataGroups { get; } = [];

    public List<Mdf3ChannelGroup> Groups { get; } = [];

    public List<RecordingEvent> Events { get; } = [];

    public async ValueTask ReadAsync(CancellationToken cancellationToken)
    {
        if (header.Block?.UInt32(12) is > 0 and var program) await blocks.ReadAsync(program, "PR", 4, cancellationToken).ConfigureAwait(false);
        bool whole = header.Block is not null && await ReadDataGroupsAsync(header.Block.UInt32(4), cancellationToken).ConfigureAwait(false);
        if (!whole) await SearchAsync(cancellationToken).ConfigureAwait(false);
        foreach (var (group, channel, link) in dependencies) await ReadDependencyAsync(group, channel, link, cancellationToken).ConfigureAwait(false);
        Settle();
    }

    /// <summary>Follows the chain of data groups; false when it breaks.</summary>
    private async ValueTask<bool> ReadDataGroupsAsync(long link, CancellationToken cancellationToken)
    {
        while (link != 0)
        {
            if (!seen.Add(link))
            {
                blocks.Report(Mdf3Codes.Cycle, link, "each data group once", "a link back to it; what follows is left out");
                return false;
            }

            var block = await blocks.ReadAsync(link, "DG", 24, cancellationToken).ConfigureAwait(false);
            if (block is null) return false;
            await ReadDataGroupAsync(block, cancellationToken).ConfigureAwait(false);
            link = block.UInt32(4);
        }

        return true;
    }

    private async ValueTask ReadDataGroupAsync(Mdf3Block block, CancellationToken cancellationToken)
    {
        int ids = block.UInt16(22);
        if (ids > 2)
        {
            blocks.Report(Mdf3Codes.BadLink, block.Position + 22, "0, 1 or 2 record ids", $"{ids}; taken as 1");
            ids = 1;
        }

        var dataGroup = new Mdf3DataGroup { Data = block.UInt32(16), IdBytes = ids };
        DataGroups.Add(dataGroup);
        if (dataGroup.Data != 0) blocks.Starts.Add(dataGroup.Data);
        int count = block.UInt16(20);
        long link = block.UInt32(8);
        for (int i = 0; link != 0 && (i < count || count == 0); i++)
        {
            if (!seen.Add(link))
            {
                blocks.Report(Mdf3Codes.Cycle, link, "each channel group once", "a link back to it; what follows is left out");
                break;
            }

            var group = await blocks.ReadAsync(link, "CG", 26, cancellationToken).ConfigureAwait(false);
            if (group is null) break;
            await ReadGroupAsync(dataGroup, group, cancellationToken).ConfigureAwait(false);
            link = group.UInt32(4);
        }

        if (block.UInt32(12) is not 0 and var trigger) await ReadTriggerAsync(trigger, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask ReadGroupAsync(Mdf3DataGroup dataGroup, Mdf3Block block, CancellationToken cancellationToken)
    {
        var group = new Mdf3ChannelGroup
        {
            Index = Groups.Count, RecordId = (byte)block.UInt16(16), RecordBytes = block.UInt16(20), Cycles = block.UInt32(22),
            Comment = await blocks.CommentAsync(block.UInt32(12), cancellationToken).ConfigureAwait(false),
        };
        Groups.Add(group);
        dataGroup.Groups.Add(group);
        await PassReductionsAsync(block.UInt32(26), cancellationToken).ConfigureAwait(false);
        long link = block.UInt32(8);
        while (link != 0)
        {
            if (!seen.Add(link))
            {
                blocks.Report(Mdf3Codes.Cycle, link, "each channel once", "a link back to it; what follows is left out");
                return;
            }

            var channel = await blocks.ReadAsync(link, "CN", 218, cancellationToken).ConfigureAwait(false);
            if (channel is null) return;
            await ReadChannelAsync(group, channel, cancellationToken).ConfigureAwait(false);
            link = channel.UInt32(4);
        }
    }

    /// <summary>Reduced copies of the data (SR blocks, since 3.30) are not read; where they lie bounds the data before them.</summary>
    private async ValueTask PassReductionsAsync(long link, CancellationToken cancellationToken)
    {
        while (link != 0 && seen.Add(link))
        {
            var block = await blocks.ReadAsync(link, "SR", 24, cancellationToken).ConfigureAwait(false);
            if (block is null) return;
            if (block.UInt32(8) != 0) blocks.Starts.Add(block.UInt32(8));
            link = block.UInt32(4);
        }
    }

    private async ValueTask ReadChannelAsync(Mdf3ChannelGroup group, Mdf3Block block, CancellationToken cancellationToken)
    {
        // A name of more than 31 characters is in a text block of its own (since 2.12).
        string name = block.UInt32(218) is not 0 and var longName ? await blocks.TextAsync(longName, cancellationToken).ConfigureAwait(false) : "";
        if (name.Length == 0) name = blocks.Text(block.Span(26, 32));
        string comment = await blocks.CommentAsync(block.UInt32(20), cancellationToken).ConfigureAwait(false);
        if (comment.Length == 0) comment = blocks.Text(block.Span(58, 128));
        int start = block.UInt16(186);
        int bits = block.UInt16(188);

        // Start offsets are 16 bits wide; the additional byte offset (since 3.00) reaches further.
        int at = (start / 8) + block.UInt16(226);
        bool isMaster = block.UInt16(24) == 1;
        bool isVirtual = isMaster && bits == 0;
        var (conversion, unit, canOpen) = await ConversionAsync(block.UInt32(8), cancellationToken).ConfigureAwait(false);
        var type = canOpen ?? TypeOf(block.UInt16(190));
        if (group.Source.Length == 0) group.Source = await SourceAsync(block.UInt32(12), cancellationToken).ConfigureAwait(false);
        string? problem = type is null ? $"data type {block.UInt16(190)}"
            : bits == 0 && !isVirtual && block.UInt32(16) == 0 ? "a width of 0 bits"
            : (at * 8L) + (start % 8) + bits > group.RecordBytes * 8L ? $"{bits} bits from byte {at} of a record of {group.RecordBytes} bytes"
            : null;
        if (problem is not null)
        {
            blocks.Report(Mdf3Codes.BadChannel, block.Position, $"channel '{name}' as the specification allows it, within its record", problem + "; it is left out");
            return;
        }

        // Without a place of its own the time is the sampling interval times the record's index.
        if (isVirtual) conversion = new MdfConversion { Kind = MdfConversionKind.Linear, Values = [0, block.Float64(210)] };
        channels[block.Position] = (group, group.Channels.Count);
        if (block.UInt32(16) is not 0 and var dependency) dependencies.Add((group, group.Channels.Count, dependency));
        group.Channels.Add(new MdfChannelLayout
        {
            Name = name, Type = isVirtual ? MdfChannelType.VirtualMaster : isMaster ? MdfChannelType.Master : MdfChannelType.Fixed, SyncType = isMaster ? 1 : 0,
            DataType = isVirtual ? MdfDataType.UnsignedLittleEndian : type!.Value, ByteOffset = isVirtual ? 0 : at, BitOffset = isVirtual ? 0 : start % 8, BitCount = bits,
            Conversion = conversion, Unit = unit.Length > 0 || !isMaster ? unit : "s", Comment = comment,
        });
    }

    /// <summary>The data type with the numbers of MDF 4; null when unknown. Types 0 to 3 are in the file's byte order.</summary>
    private MdfDataType? TypeOf(int type)
    {
        bool isBig = blocks.IsBigEndian;
        var floats = header.FloatFormat switch
        {
            1 => MdfDataType.VaxFloat,
            2 => MdfDataType.VaxDFloat,
            _ => isBig ? MdfDataType.FloatBigEndian : MdfDataType.FloatLittleEndian,
        };
        return type switch
        {
            0 => isBig ? MdfDataType.UnsignedBigEndian : MdfDataType.UnsignedLittleEndian,
            1 => isBig ? MdfDataType.SignedBigEndian : MdfDataType.SignedLittleEndian,
            2 or 3 => floats,
            4 or 5 => MdfDataType.VaxFloat,
            6 => MdfDataType.VaxDFloat,
            7 => MdfDataType.StringLatin1,
            8 => MdfDataType.ByteArray,
            9 => MdfDataType.UnsignedBigEndian,
            10 => MdfDataType.SignedBigEndian,
            11 or 12 => MdfDataType.FloatBigEndian,
            13 => MdfDataType.UnsignedLittleEndian,
            14 => MdfDataType.SignedLittleEndian,
            15 or 16 => MdfDataType.FloatLittleEndian,
            _ => null,
        };
    }

    /// <summary>Who sent or computed the value (CE block): the message, or the description of the control unit.</summary>
    private async ValueTask<string> SourceAsync(long link, CancellationToken cancellationToken)
    {
        if (link == 0) return "";
        var block = await blocks.ReadAsync(link, "CE", 6, cancellationToken).ConfigureAwait(false);
        return block?.UInt16(4) switch
        {
            2 => First(blocks.Text(block.Span(92, 32)), blocks.Text(block.Span(12, 80))),
            19 => First(blocks.Text(block.Span(14, 36)), blocks.Text(block.Span(50, 36))),
            _ => "",
        };

        static string First(string a, string b) => a.Length > 0 ? a : b;
    }

    private async ValueTask ReadTriggerAsync(long link, CancellationToken cancellationToken)
    {
        if (!seen.Add(link)) return;
        var block = await blocks.ReadAsync(link, "TR", 10, cancellationToken).ConfigureAwait(false);
        if (block is null) return;
        string comment = await blocks.CommentAsync(block.UInt32(4), cancellationToken).ConfigureAwait(false);
        int count = Math.Min(block.UInt16(8), (block.Length - 10) / 24);
        for (int i = 0; i < count; i++)
        {
            double seconds = block.Float64(10 + (i * 24));
            double ns = Math.Round(seconds * 1e9) + header.StartNs;
            Events.Add(new RecordingEvent("", "trigger", ns is >= 0 and < 1.8e19 ? (ulong)((long)header.StartNs + (long)Math.Round(seconds * 1e9)) : null, comment));
        }
    }

    private void Settle()
    {
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var group in Groups)
        {
            string name = FirstLine(group.Comment) ?? FirstLine(group.Source) ?? string.Create(CultureInfo.InvariantCulture, $"group {group.Index}");
            string unique = name;
            for (int i = 2; !used.Add(unique); i++) unique = string.Create(CultureInfo.InvariantCulture, $"{name} ({i})");
            group.Layout = new MdfRecordLayout
            {
                Group = unique, DataBytes = group.RecordBytes, HasRecordIndex = group.Channels.Exists(channel => channel.Type == MdfChannelType.VirtualMaster),
                Source = group.Source, Comment = group.Comment, Channels = group.Channels,
            };
            int master = group.Channels.FindIndex(channel => channel.Type is MdfChannelType.Master or MdfChannelType.VirtualMaster);
            if (master < 0) continue;
            group.Time = MdfMasterTime.TryCreate(group.Channels[master], group.RecordBytes);
            if (group.Time is null)
            {
                blocks.Report(Mdf3Codes.BadMaster, Mdf3Header.IdBytes, $"numbers in time channel '{group.Channels[master].Name}' of group '{unique}'", "another type; its records get the start time");
            }
        }
    }

    private static string? FirstLine(string text)
    {
        int end = text.AsSpan().IndexOfAny('\r', '\n');
        string line = (end < 0 ? text : text[..end]).Trim();
        return line.Length is > 0 and <= 256 ? line : null;
    }
}
