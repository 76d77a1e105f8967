using System.Buffers.Binary;
using Mesh.Formats.Mdf;

namespace Mesh.Formats.Mdf4.Writing;

/// <summary>Writes a channel group's description: DG, CG, CN, CA and SI blocks (specification 4.1).</summary>
internal static class Mdf4GroupBlocks
{
    private const int ChannelLinks = 8;
    private const int ChannelBytes = 72;

    /// <summary>Writes the blocks; the data group's next and data links are set later.</summary>
    public static Mdf4GroupAddresses Write(Mdf4BlockFile file, MdfRecordLayout layout, string path)
    {
        long source = WriteSource(file, layout);
        long[] channels = new long[layout.Channels.Count];
        for (int i = 0; i < channels.Length; i++) channels[i] = WriteChannel(file, layout, layout.Channels[i], source);
        long first = Link(file, layout, channels);

        byte[] group = new byte[32];
        bool isBus = layout.Bus.Length > 0;
        BinaryPrimitives.WriteUInt16LittleEndian(group.AsSpan(16), (ushort)(isBus ? 0b110 : 0));
        BinaryPrimitives.WriteUInt16LittleEndian(group.AsSpan(18), (ushort)(isBus ? '.' : 0));
        BinaryPrimitives.WriteInt32LittleEndian(group.AsSpan(24), layout.DataBytes);
        BinaryPrimitives.WriteInt32LittleEndian(group.AsSpan(28), layout.InvalidationBytes);
        long comment = file.AddText(layout.Comment);
        long channelGroup = file.Add("CG", [0, first, file.AddText(path), source, 0, comment], group);
        long dataGroup = file.Add("DG", [0, channelGroup, 0, 0], stackalloc byte[8]);
        return new Mdf4GroupAddresses(dataGroup, channelGroup, channels);
    }

    private static long WriteSource(Mdf4BlockFile file, MdfRecordLayout layout)
    {
        if (layout.Bus.Length == 0 && layout.Source.Length == 0) return 0;
        Span<byte> data = stackalloc byte[8];
        data.Clear();

        // si_type: 2 bus, 4 tool; si_bus_type: 0 none, 1 other.
        data[0] = (byte)(layout.Bus.Length > 0 ? 2 : 4);
        data[1] = layout.Bus switch { "" => 0, "CAN" => 2, "LIN" => 3, "MOST" => 4, "FlexRay" => 5, "K-Line" => 6, "Ethernet" => 7, "USB" => 8, _ => 1 };
        return file.Share("SI", [file.AddText(layout.Source), 0, 0], data);
    }

    private static long WriteChannel(Mdf4BlockFile file, MdfRecordLayout layout, MdfChannelLayout channel, long source)
    {
        bool isMaster = channel.Type == MdfChannelType.Master;
        byte[] data = new byte[ChannelBytes];
        data[0] = (byte)channel.Type;
        data[1] = isMaster ? (byte)MdfMasterTime.SyncType(channel) : (byte)0;
        data[2] = (byte)channel.DataType;
        data[3] = (byte)channel.BitOffset;
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(4), channel.ByteOffset);
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(8), channel.BitCount);
        int flags = (channel.AllInvalid ? 1 : 0) | (channel.InvalidationBit >= 0 ? 2 : 0) | (layout.Bus.Length > 0 && !isMaster ? 0x400 : 0);
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(12), flags);
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(16), Math.Max(channel.InvalidationBit, 0));

        // Names may be empty, but the link is not optional.
        long name = channel.Name.Length == 0 ? file.Share("TX", [], [0]) : file.AddText(channel.Name);
        long conversion = Mdf4ConversionBlocks.Write(file, channel.Conversion);
        long unit = file.AddText(channel.Unit);
        long comment = file.AddText(channel.Comment);
        return file.Add("CN", [0, 0, name, source, conversion, 0, unit, comment], data);
    }

    /// <summary>Chains siblings, hangs members under their structure, arrays under their channel, and lengths beside their values.</summary>
    private static long Link(Mdf4BlockFile file, MdfRecordLayout layout, long[] channels)
    {
        // By parent, -1 (the top) first: the last sibling met.
        long[] last = new long[channels.Length + 1];
        long[] composition = new long[channels.Length];
        long first = 0;
        for (int i = 0; i < channels.Length; i++)
        {
            var channel = layout.Channels[i];
            if (channel.Array is not null)
            {
                (long top, composition[i]) = WriteArray(file, channel.Array);
                file.PatchLink(channels[i], 1, top);
            }

            if (channel.Type == MdfChannelType.MaximumLength && (uint)channel.SizeChannel < (uint)channels.Length)
            {
                file.PatchLink(channels[i], 5, channels[channel.SizeChannel]);
            }

            int parent = channel.Parent < i ? channel.Parent : -1;
            if (last[parent + 1] != 0) file.PatchLink(last[parent + 1], 0, channels[i]);
            else if (parent < 0) first = channels[i];
            else if (composition[parent] != 0) file.PatchLink(composition[parent], 0, channels[i]);
            else file.PatchLink(channels[parent], 1, channels[i]);
            last[parent + 1] = channels[i];
        }

        return first;
    }

    /// <summary>Addresses of the outermost and innermost CA block.</summary>
    private static (long Top, long Bottom) WriteArray(Mdf4BlockFile file, MdfArrayLayout array)
    {
        var dimensions = array.Dimensions;
        var strides = array.Strides;
        if (IsDense(dimensions, strides, fromLast: true)) return Same(Add(strides.Count == 0 ? 0 : strides[^1], 0, dimensions));
        if (IsDense(dimensions, strides, fromLast: false)) return Same(Add(strides[0], 1 << 6, dimensions));

        // Any other spacing is an array of arrays, one per dimension.
        long bottom = Add(strides[^1], 0, [dimensions[^1]]);
        long top = bottom;
        for (int i = dimensions.Count - 2; i >= 0; i--)
        {
            long outer = Add(strides[i], 0, [dimensions[i]]);
            file.PatchLink(outer, 0, top);
            top = outer;
        }

        return (top, bottom);

        long Add(int stride, int flags, IReadOnlyList<int> sizes)
        {
            byte[] data = new byte[16 + (sizes.Count * 8)];
            BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan(2), (ushort)sizes.Count);
            BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(4), flags);
            BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(8), stride);
            BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(12), array.InvalidationStride);
            for (int i = 0; i < sizes.Count; i++) BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(16 + (i * 8)), sizes[i]);
            return file.Add("CA", [0], data);
        }

        static (long Top, long Bottom) Same(long position) => (position, position);
    }

    /// <summary>Whether each stride is the next inner one times its size, counted from the last dimension (row by row) or from the first.</summary>
    private static bool IsDense(IReadOnlyList<int> dimensions, IReadOnlyList<int> strides, bool fromLast)
    {
        for (int i = 1; i < strides.Count; i++)
        {
            int inner = fromLast ? i : i - 1;
            int outer = fromLast ? i - 1 : i;
            if (strides[outer] != (long)strides[inner] * dimensions[inner]) return false;
        }

        return true;
    }
}
