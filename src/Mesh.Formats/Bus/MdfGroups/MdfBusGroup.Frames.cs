using System.Buffers.Binary;
using Mesh.Formats.Bus.Frames;

namespace Mesh.Formats.Bus.MdfGroups;

/// <summary>The frames.</summary>
internal sealed partial class MdfBusGroup
{
    /// <summary>Appends the frame of one record to the buffer, whether it is wanted or not.</summary>
    /// <returns>Number of the bus channel; -1 when the record is too short for what it claims.</returns>
    public int Append(ReadOnlySpan<byte> record, in MessageRef source, FrameBuffer frames, BusChannels channels)
    {
        if (!TryData(record, out var data)) return -1;
        int number = (int)busChannel.Read(record) & 0xffff;
        int index = channels.IndexOf(Bus, number);
        switch (Bus)
        {
            case BusKind.Can:
                AppendCan(record, data, number, Begin(frames, source, index, CanFrame.HeaderBytes + data.Length));
                break;
            case BusKind.Lin:
                AppendLin(record, data, number, Begin(frames, source, index, LinFrame.HeaderBytes + data.Length));
                break;
            case BusKind.FlexRay:
                AppendFlexRay(record, data, number, Begin(frames, source, index, FlexRayFrame.HeaderBytes + data.Length));
                break;
            default:
                AppendEthernet(record, data, number, Begin(frames, source, index, EthernetFrame.HeaderBytes + EthernetFrame.MacHeaderBytes + data.Length));
                break;
        }

        return number;
    }

    /// <summary>What a database needs of a record with data of a CAN frame; false when the record is too short for what it claims.</summary>
    public bool TryCanData(ReadOnlySpan<byte> record, out uint identifier, out int number, out ReadOnlySpan<byte> data)
    {
        identifier = 0;
        number = 0;
        if (!TryData(record, out data)) return false;
        number = (int)busChannel.Read(record) & 0xffff;
        identifier = Identifier(record);
        return true;
    }

    private static Span<byte> Begin(FrameBuffer frames, in MessageRef source, int index, int length) =>
        frames.Append(index, source.LogTimeNs, source.PublishTimeNs, source.Sequence, source.FileOffset, length);

    private void AppendCan(ReadOnlySpan<byte> record, ReadOnlySpan<byte> data, int number, Span<byte> frame)
    {
        uint identifier = Identifier(record);
        var flags = dir.Exists ? dir.Read(record) == 1 ? CanFlags.Transmitted : CanFlags.None : CanFlags.DirectionUnknown;
        if (edl.Read(record) != 0) flags |= CanFlags.Fd;
        if (brs.Read(record) != 0) flags |= CanFlags.BitRateSwitch;
        if (esi.Read(record) != 0) flags |= CanFlags.ErrorStateIndicator;
        flags |= kind switch
        {
            MdfBusEvent.CanRemote => CanFlags.Remote,
            MdfBusEvent.CanError => CanFlags.Error,
            MdfBusEvent.CanOverload => CanFlags.Overload,
            _ => CanFlags.None,
        };
        byte code = dlc.Exists ? (byte)dlc.Read(record) : CanFrame.DlcOf(data.Length);
        CanFrame.WriteHeader(frame, number, flags, identifier, code, (byte)errorType.Read(record), (ushort)bitPosition.Read(record));
        data.CopyTo(frame[CanFrame.HeaderBytes..]);
    }

    /// <summary>The identifier, with bit 31 set in the extended format.</summary>
    private uint Identifier(ReadOnlySpan<byte> record)
    {
        uint value = (uint)id.Read(record);
        uint identifier = value & CanFrame.IdMask;

        // The mark of the extended format is bit 31 of the identifier or a channel of its own; some loggers have neither.
        return (value & CanFrame.ExtendedFlag) != 0 || ide.Read(record) != 0 || identifier > 0x7ff ? identifier | CanFrame.ExtendedFlag : identifier;
    }

    private void AppendLin(ReadOnlySpan<byte> record, ReadOnlySpan<byte> data, int number, Span<byte> frame)
    {
        var flags = dir.Exists ? dir.Read(record) == 1 ? LinFlags.Transmitted : LinFlags.None : LinFlags.DirectionUnknown;
        if (checksum.Exists) flags |= LinFlags.HasChecksum;
        if (checksumModel.Exists)
        {
            // 0 classic, 1 enhanced; anything else (-1, 255) is unknown.
            flags |= checksumModel.Read(record) switch { 0 => LinFlags.ClassicChecksum, 1 => LinFlags.EnhancedChecksum, _ => LinFlags.None };
        }

        if (received.Exists) data = data[..(int)Math.Min((ulong)data.Length, received.Read(record))];
        ulong declared = hasLength ? length.Read(record) : (ulong)data.Length;
        LinFrame.WriteHeader(frame, number, flags, (LinKind)(kind - MdfBusEvent.LinFrame), (byte)id.Read(record), (byte)checksum.Read(record), (byte)Math.Min(declared, 255));
        data.CopyTo(frame[LinFrame.HeaderBytes..]);
    }

    private void AppendFlexRay(ReadOnlySpan<byte> record, ReadOnlySpan<byte> data, int number, Span<byte> frame)
    {
        var flags = dir.Exists ? dir.Read(record) == 1 ? FlexRayFlags.Transmitted : FlexRayFlags.None : FlexRayFlags.DirectionUnknown;
        ulong channel = flexRayChannel.Read(record);

        // A frame has a channel, 0 for A and 1 for B; a symbol a mask of them.
        if (kind == MdfBusEvent.FlexRaySymbol) flags |= (FlexRayFlags)((channel & 3) << 1) | FlexRayFlags.Symbol;
        else flags |= channel == 0 ? FlexRayFlags.ChannelA : FlexRayFlags.ChannelB;
        if (startup.Read(record) != 0) flags |= FlexRayFlags.Startup;
        if (sync.Read(record) != 0) flags |= FlexRayFlags.Sync;
        if (preamble.Read(record) != 0) flags |= FlexRayFlags.PayloadPreamble;
        if (kind == MdfBusEvent.FlexRayNullFrame) flags |= FlexRayFlags.NullFrame;
        if (kind == MdfBusEvent.FlexRayError) flags |= FlexRayFlags.Error;
        FlexRayFrame.WriteHeader(frame, number, flags, (ushort)id.Read(record), (byte)cycle.Read(record), (uint)headerCrc.Read(record), (uint)crc.Read(record));
        data.CopyTo(frame[FlexRayFrame.HeaderBytes..]);
    }

    private void AppendEthernet(ReadOnlySpan<byte> record, ReadOnlySpan<byte> data, int number, Span<byte> frame)
    {
        var flags = dir.Exists ? dir.Read(record) == 1 ? EthernetFlags.Transmitted : EthernetFlags.None : EthernetFlags.DirectionUnknown;
        if (kind == MdfBusEvent.EthernetError) flags |= EthernetFlags.Error;
        if (crc.Exists) flags |= EthernetFlags.HasFcs;
        EthernetFrame.WriteHeader(frame, number, flags, (uint)crc.Read(record));
        var mac = frame[EthernetFrame.HeaderBytes..];
        mac[..EthernetFrame.MacHeaderBytes].Clear();
        if (destinationOffset >= 0) record.Slice(destinationOffset, EthernetFrame.AddressBytes).CopyTo(mac);
        if (sourceOffset >= 0) record.Slice(sourceOffset, EthernetFrame.AddressBytes).CopyTo(mac[EthernetFrame.AddressBytes..]);
        BinaryPrimitives.WriteUInt16BigEndian(mac[(2 * EthernetFrame.AddressBytes)..], (ushort)etherType.Read(record));
        data.CopyTo(mac[EthernetFrame.MacHeaderBytes..]);
    }
}
