using Mesh.Formats.Mdf;

namespace Mesh.Formats.Mdf4;

/// <content>Channels, composition and arrays.</content>
internal sealed partial class Mdf4Definitions
{
    private const uint AllInvalidFlag = 1;
    private const uint InvalidationBitFlag = 2;

    /// <summary>Reads the channels of a group, members directly after their structure.</summary>
    private async ValueTask ReadChannelsAsync(Mdf4ChannelGroup group, long first, CancellationToken cancellationToken)
    {
        var reading = new ChannelReading(group);
        await ReadListAsync(reading, first, parent: -1, depth: 0, cancellationToken).ConfigureAwait(false);
        foreach (var (channel, link) in reading.SizeLinks)
        {
            if (reading.Positions.TryGetValue(link, out int size))
            {
                group.Channels[channel] = group.Channels[channel] with { SizeChannel = size };
            }
            else
            {
                blocks.Losses.Report(
                    Mdf4Codes.BadChannel, link, 0, $"the length channel of '{group.Channels[channel].Name}' in its own group", "none there; the values keep their full length");
            }
        }
    }

    private async ValueTask ReadListAsync(ChannelReading reading, long link, int parent, int depth, CancellationToken cancellationToken)
    {
        while (link != 0)
        {
            if (!reading.Seen.Add(link))
            {
                ReportCycle(link, "a channel");
                return;
            }

            var block = await blocks.ReadAsync(link, Mdf4BlockId.Channel, cancellationToken).ConfigureAwait(false);
            if (block is null) return;
            await ReadChannelAsync(reading, block, parent, depth, cancellationToken).ConfigureAwait(false);
            link = block.Link(0);
        }
    }

    private async ValueTask ReadChannelAsync(ChannelReading reading, Mdf4Block block, int parent, int depth, CancellationToken cancellationToken)
    {
        var group = reading.Group;
        uint flags = block.UInt32(12);
        var type = (MdfChannelType)block.Byte(0);
        var dataType = (MdfDataType)block.Byte(2);
        long byteOffset = block.UInt32(4), bits = block.UInt32(8);
        int bitOffset = block.Byte(3);
        string name = await TextAsync(block.Link(2), cancellationToken).ConfigureAwait(false);
        bool isVirtual = type is MdfChannelType.VirtualMaster or MdfChannelType.VirtualData;
        if (isVirtual) (byteOffset, bitOffset) = (0, 0);
        string? problem = type > MdfChannelType.VirtualData ? $"channel type {(int)type}"
            : dataType > MdfDataType.ComplexBigEndian ? $"data type {(int)dataType}"
            : bitOffset > 7 ? $"bit offset {bitOffset}"
            : !isVirtual && (byteOffset * 8) + bitOffset + bits > group.DataBytes * 8L ? $"{bits:N0} bits from byte {byteOffset:N0} of a record of {group.DataBytes:N0} bytes"
            : type == MdfChannelType.VariableLength && (bits is 0 or > 64 || bits % 8 != 0 || bitOffset != 0) ? $"an offset of {bits:N0} bits"
            : null;
        if (problem is not null)
        {
            blocks.Losses.Report(Mdf4Codes.BadChannel, block.Position, 0, $"channel '{name}' as the specification allows it, within its record", problem + "; it is left out");
            return;
        }

        long invalidationBit = block.UInt32(16);
        bool hasBit = (flags & InvalidationBitFlag) != 0 && (flags & AllInvalidFlag) == 0 && invalidationBit < group.InvalidationBytes * 8L;
        var conversion = await ConversionAsync(block.Link(4), cancellationToken).ConfigureAwait(false);
        string unit = await TextAsync(block.Link(6), cancellationToken).ConfigureAwait(false);
        int index = group.Channels.Count;
        var layout = new MdfChannelLayout
        {
            Name = name, Type = type, SyncType = type is MdfChannelType.Master or MdfChannelType.VirtualMaster ? block.Byte(1) : 0, DataType = dataType, ByteOffset = (int)byteOffset, BitOffset = bitOffset, BitCount = (int)Math.Min(bits, int.MaxValue),
            InvalidationBit = hasBit ? (int)invalidationBit : -1, AllInvalid = (flags & AllInvalidFlag) != 0, Parent = parent, Conversion = conversion,
            Unit = unit.Length > 0 ? unit : conversion?.Unit ?? "", Comment = await TextAsync(block.Link(7), cancellationToken).ConfigureAwait(false),
        };
        reading.Positions[block.Position] = index;
        if (type == MdfChannelType.VariableLength)
        {
            layout = layout with { VariableIndex = group.Variables.Count };
            group.Variables.Add(new Mdf4VariableChannel(
                name, (int)byteOffset, (int)bits / 8, block.Link(5), hasBit ? (group.DataBytes * 8) + (int)invalidationBit : -1));
        }

        group.Channels.Add(layout);
        if (type == MdfChannelType.MaximumLength && block.Link(5) != 0) reading.SizeLinks.Add((index, block.Link(5)));
        if (type is MdfChannelType.Master or MdfChannelType.VirtualMaster && group.Master < 0) group.Master = index;
        if (block.Link(1) != 0) await ReadCompositionAsync(reading, index, block.Link(1), depth + 1, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What a channel consists of: members, or an array of values, arrays or structures.</summary>
    private async ValueTask ReadCompositionAsync(ChannelReading reading, int index, long link, int depth, CancellationToken cancellationToken)
    {
        if (depth > MaxDepth)
        {
            blocks.Losses.Report(Mdf4Codes.DefinitionLimit, link, 0, $"compositions of at most {MaxDepth} levels", "more; the inner ones are left out");
            return;
        }

        var block = await blocks.ReadAsync(link, Mdf4BlockId.Channel, Mdf4BlockId.Array, cancellationToken).ConfigureAwait(false);
        if (block is null) return;
        var channels = reading.Group.Channels;
        if (block.Id == Mdf4BlockId.Channel)
        {
            int before = channels.Count;
            await ReadListAsync(reading, link, index, depth, cancellationToken).ConfigureAwait(false);
            channels[index] = channels[index] with { IsStructure = channels.Count > before };
            return;
        }

        if (!reading.Seen.Add(link))
        {
            ReportCycle(link, "an array");
            return;
        }

        channels[index] = channels[index] with { Array = ReadArray(reading.Group, channels[index], block) };
        if (block.Link(0) != 0) await ReadCompositionAsync(reading, index, block.Link(0), depth + 1, cancellationToken).ConfigureAwait(false);
    }

    private MdfArrayLayout? ReadArray(Mdf4ChannelGroup group, MdfChannelLayout channel, Mdf4Block block)
    {
        const uint InverseLayout = 64;
        int dimensions = block.UInt16(2);
        uint flags = block.UInt32(4);
        int stride = (int)block.UInt32(8);
        int bitStride = (int)block.UInt32(12);
        if (block.Byte(1) != 0)
        {
            // Storage as CG or DG template: the other elements are records of their own, elsewhere.
            group.TemplateArrays++;
            blocks.Losses.Report(
                Mdf4Codes.NotRead, block.Position, 0, $"the elements of array '{channel.Name}' in one record", "elements stored as groups; the first one is read");
            return channel.Array;
        }

        var inner = channel.Array;
        var sizes = new List<int>(dimensions);
        long elements = 1;
        for (int i = 0; i < dimensions; i++)
        {
            ulong size = block.UInt64(16 + (i * 8));
            elements = size is 0 or > int.MaxValue || elements > int.MaxValue ? long.MaxValue : elements * (long)size;
            sizes.Add((int)Math.Min(size, int.MaxValue));
        }

        long first = channel.ByteOffset, reach = 0;
        if (elements <= int.MaxValue) reach = (elements - 1) * Math.Abs((long)stride);
        int elementBytes = (channel.BitOffset + channel.BitCount + 7) / 8;
        if (dimensions == 0 || elements > int.MaxValue || (stride < 0 ? first - reach < 0 : first + reach + elementBytes > group.DataBytes))
        {
            blocks.Losses.Report(
                Mdf4Codes.BadChannel, block.Position, 0, $"array '{channel.Name}' within its record of {group.DataBytes:N0} bytes",
                $"{dimensions} dimensions, {elements:N0} elements every {stride:N0} bytes; its first element is read");
            return inner;
        }

        int[] strides = new int[dimensions];
        long step = stride;
        for (int i = 0; i < dimensions; i++)
        {
            int at = (flags & InverseLayout) != 0 ? i : dimensions - 1 - i;
            strides[at] = (int)step;
            step *= sizes[at];
        }

        // An array of arrays is one array of more dimensions.
        return inner is null
            ? new MdfArrayLayout(sizes, strides, 0, bitStride)
            : new MdfArrayLayout([.. inner.Dimensions, .. sizes], [.. inner.Strides, .. strides], 0, inner.InvalidationStride);
    }

    private sealed class ChannelReading(Mdf4ChannelGroup group)
    {
        public Mdf4ChannelGroup Group => group;

        public HashSet<long> Seen { get; } = [];

        public Dictionary<long, int> Positions { get; } = [];

        public List<(int Channel, long Link)> SizeLinks { get; } = [];
    }
}
